import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { afterEach, expect, test } from 'vitest';
import { startWokenLoop, type WokenLoop, type WokenLoopOptions } from './woken-loop.ts';

/** A loop whose passes end when the test says so. */
function startScripted(
  given: Partial<Pick<WokenLoopOptions, 'retryMs' | 'againAfterMs' | 'firstAfterMs'>> = {},
) {
  const clock = createManualClock();
  const ends: PromiseWithResolvers<number | undefined>[] = [];
  const lines: string[] = [];
  const log = {
    info: (message: string) => lines.push(message),
    warn: (_: object, message: string) => lines.push(message),
  } as unknown as Logger;
  let signal: AbortSignal | null = null;
  const loop = startWokenLoop({
    clock,
    log,
    pass(stopping) {
      signal = stopping;
      const end = Promise.withResolvers<number | undefined>();
      ends.push(end);
      return end.promise;
    },
    everyMs: 1_000,
    failing: 'it fails',
    recovered: 'it works again',
    ...given,
  });
  loops.push(loop);
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...{ clock, loop, lines },
    begun: () => ends.length,
    aborted: () => signal?.aborted === true,
    async end(waitMs?: number) {
      ends.at(-1)?.resolve(waitMs);
      await settle();
    },
    async fail() {
      ends.at(-1)?.reject(new Error('away'));
      await settle();
    },
  };
}
const loops: WokenLoop[] = [];
afterEach(() => {
  for (const loop of loops.splice(0)) void loop.stop();
});

test('a pass is made at once, then after each wait, or after the wait that a pass asks for', async () => {
  const it = startScripted();
  expect(it.begun()).toBe(1);
  await it.end();
  it.clock.advance(999);
  expect(it.begun()).toBe(1);
  it.clock.advance(1);
  expect(it.begun()).toBe(2);
  await it.end(50);
  it.clock.advance(50);
  expect(it.begun()).toBe(3);
});

test('the first pass waits where that is asked for', () => {
  const it = startScripted({ firstAfterMs: 300 });
  it.clock.advance(299);
  expect(it.begun()).toBe(0);
  it.clock.advance(1);
  expect(it.begun()).toBe(1);
});

test('being woken makes a pass at once, and puts the next one off', async () => {
  const it = startScripted();
  await it.end();
  it.clock.advance(900);
  it.loop.wake();
  expect(it.begun()).toBe(2);
  await it.end();
  it.clock.advance(999);
  expect(it.begun()).toBe(2);
  it.clock.advance(1);
  expect(it.begun()).toBe(3);
});

test('woken many times during a pass, it makes one more when that has ended', async () => {
  const it = startScripted();
  for (let time = 0; time < 5; time += 1) it.loop.wake();
  expect(it.begun()).toBe(1);
  await it.end();
  expect(it.begun()).toBe(2);
  await it.end();
  expect(it.begun()).toBe(2);
});

test('the pass that was asked for meanwhile waits as long as is said, never longer than the next', async () => {
  const it = startScripted({ againAfterMs: (tookMs) => 50 + tookMs });
  it.loop.wake();
  it.clock.advance(20);
  await it.end();
  it.clock.advance(69);
  expect(it.begun()).toBe(1);
  it.clock.advance(1);
  expect(it.begun()).toBe(2);
  it.loop.wake();
  await it.end(10);
  it.clock.advance(10);
  expect(it.begun()).toBe(3);
});

test('a failure is told once, and tried again after its own wait, woken meanwhile or not', async () => {
  const it = startScripted({ retryMs: 200 });
  it.loop.wake();
  await it.fail();
  expect(it.begun()).toBe(1);
  it.clock.advance(199);
  expect(it.begun()).toBe(1);
  it.clock.advance(1);
  await it.fail();
  expect(it.lines).toEqual(['it fails']);
  it.clock.advance(200);
  await it.end();
  expect(it.lines).toEqual(['it fails', 'it works again']);
  it.clock.advance(1_000);
  await it.fail();
  expect(it.lines).toEqual(['it fails', 'it works again', 'it fails']);
});

test('stopped, it tells the pass that runs, waits for it and begins no other', async () => {
  const it = startScripted();
  it.loop.wake();
  let stopped = false;
  const stopping = it.loop.stop().then(() => {
    stopped = true;
  });
  expect(it.aborted()).toBe(true);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  await it.fail();
  await stopping;
  it.loop.wake();
  it.clock.advance(10_000);
  expect(it.begun()).toBe(1);
  expect(it.lines).toEqual([]);
});

test('a pass that wakes its own loop before it first waits does not run beside itself', async () => {
  const clock = createManualClock();
  let inside = 0;
  let most = 0;
  let passes = 0;
  const loop: WokenLoop = startWokenLoop({
    clock,
    log: {} as Logger,
    async pass() {
      passes += 1;
      inside += 1;
      most = Math.max(most, inside);
      if (passes === 2) loop.wake();
      await null;
      inside -= 1;
      return undefined;
    },
    everyMs: 1_000,
    failing: 'it fails',
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  loop.wake();
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect({ passes, most }).toEqual({ passes: 3, most: 1 });
  await loop.stop();
});
