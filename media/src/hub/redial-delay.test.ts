import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError, type MediaErrorCode } from '../media-error.ts';
import { DEFAULT_REDIAL_SETTINGS, redialDelayMs } from './redial-delay.ts';
import type { StreamStop } from './stream-hub-types.ts';

function stopOf(code: MediaErrorCode | undefined): StreamStop {
  const error = code === undefined ? undefined : new MediaError(code, 'x');
  return { cause: 'failed', error, lastPacketUs: undefined };
}

const delay = (code: MediaErrorCode | undefined, failures: number, random: number): number =>
  redialDelayMs(stopOf(code), failures, random, DEFAULT_REDIAL_SETTINGS);

test('ordinary faults double from half a second to ten, half of it jitter', () => {
  expect([1, 2, 3, 4, 5, 6, 99].map((n) => delay('CONNECT_TIMEOUT', n, 0.999_999))).toEqual(
    [500, 1000, 2000, 4000, 8000, 10_000, 10_000].map((ms) => expect.closeTo(ms, 1)),
  );
  expect(delay(undefined, 1, 0)).toBe(250);
});

test('a refused credential waits a minute at least, a quarter of an hour and jitter at most', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, random) => {
        const delayMs = delay('AUTH_REFUSED', failures, random);
        expect(delayMs).toBeGreaterThanOrEqual(60_000);
        expect(delayMs).toBeLessThanOrEqual(900_000 * 1.2);
      },
    ),
  );
  expect(delay('AUTH_REFUSED', 2, 0)).toBe(120_000);
});

test('exhausted sessions and floods have times of their own', () => {
  expect(delay('SESSIONS_EXHAUSTED', 9, 0.5)).toBeCloseTo(5000);
  expect(delay('LIMIT_EXCEEDED', 1, 0.5)).toBeCloseTo(30_000);
});
