import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimerWheel } from './timer-wheel.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function wheel() {
  return new TimerWheel(() => Date.now());
}

test('runs what is due within one tick of its time, and only once', () => {
  const timers = wheel();
  const startMs = Date.now();
  const ranAtMs: number[] = [];
  for (const afterMs of [1, 50, 51, 4095, 4096, 5000, 20_000]) {
    timers.schedule(startMs + afterMs, () => ranAtMs.push(Date.now() - startMs - afterMs));
  }
  vi.advanceTimersByTime(30_000);
  expect(ranAtMs).toHaveLength(7);
  expect(Math.max(...ranAtMs)).toBeLessThanOrEqual(8);
  expect(Math.min(...ranAtMs)).toBeGreaterThanOrEqual(0);
});

test('what is taken back does not run, and an empty wheel stands still', () => {
  const timers = wheel();
  const run = vi.fn();
  const cancel = timers.schedule(Date.now() + 100, run);
  cancel();
  vi.advanceTimersByTime(1000);
  expect(run).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test('a chain of its own making keeps running, also after standing still', () => {
  const timers = wheel();
  let count = 0;
  const again = () => {
    count += 1;
    if (count % 10 !== 0) timers.schedule(Date.now() + 40, again);
  };
  timers.schedule(Date.now(), again);
  vi.advanceTimersByTime(10_000);
  expect(count).toBe(10);
  timers.schedule(Date.now() + 40, again);
  vi.advanceTimersByTime(10_000);
  expect(count).toBe(20);
  expect(vi.getTimerCount()).toBe(0);
});
