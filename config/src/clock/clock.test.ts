import { expect, test } from 'vitest';
import { createManualClock } from './clock.ts';

test('a step of the wall clock is no time that passes: timers and measures do not follow it', () => {
  const clock = createManualClock(1_000);
  const rung: number[] = [];
  clock.after(100, () => rung.push(clock.nowMs()));
  clock.step(3_600_000);
  expect({ wallMs: clock.nowMs(), passedMs: clock.monotonicMs(), rung }).toEqual({
    wallMs: 3_601_000,
    passedMs: 0,
    rung: [],
  });
  clock.step(-3_600_500);
  clock.advance(100);
  expect({ wallMs: clock.nowMs(), passedMs: clock.monotonicMs(), rung }).toEqual({
    wallMs: 600,
    passedMs: 100,
    rung: [600],
  });
});
