import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AvailabilityHistory,
  type AvailabilityTransition,
  planAvailability,
  planAvailabilityDays,
  sumAvailability,
} from './availability.ts';
import { type CameraStateKind, cameraStateKinds } from './camera-state.ts';

const hourMs = 3_600_000;
const unknown = { state: 'UNKNOWN', fault: null } as const;

function steps(
  from: CameraStateKind,
  ...path: readonly (readonly [atMs: number, to: CameraStateKind])[]
): AvailabilityTransition[] {
  let former = from;
  return path.map(([atMs, to]) => {
    const transition: AvailabilityTransition = { atMs, from: former, to, fault: null };
    former = to;
    return transition;
  });
}

test('up, down by cause, unknown: each has its time, and only what is judged counts', () => {
  const history: AvailabilityHistory = {
    before: unknown,
    transitions: steps(
      'UNKNOWN',
      [hourMs, 'ONLINE'],
      [2 * hourMs, 'SUSPECTED'],
      [2 * hourMs + 5_000, 'UNREACHABLE'],
      [3 * hourMs, 'DEGRADED'],
      [4 * hourMs, 'REFUSED'],
      [5 * hourMs, 'COVERED'],
      [6 * hourMs, 'SILENT'],
      [7 * hourMs, 'ONLINE'],
    ),
    unwatched: [],
  };
  const intervals = planAvailability(history, 0, 10 * hourMs);
  const sum = sumAvailability(intervals, 0, 10 * hourMs);
  expect(sum).toMatchObject({
    unknownMs: hourMs,
    upMs: 5 * hourMs,
    downMs: 4 * hourMs,
    oursMs: 0,
    impairedMs: hourMs,
    outages: 2,
    // The suspicion that an outage followed was its beginning.
    downByCauseMs: { network: hourMs, credentials: hourMs, view: hourMs, camera: hourMs },
  });
  expect(sum.availabilityPercent).toBeCloseTo((5 / 9) * 100, 9);
});

test('a suspicion that passed was no outage', () => {
  const history: AvailabilityHistory = {
    before: { state: 'ONLINE', fault: null },
    transitions: steps('ONLINE', [1_000, 'SUSPECTED'], [2_000, 'ONLINE']),
    unwatched: [],
  };
  const sum = sumAvailability(planAvailability(history, 0, 10_000), 0, 10_000);
  expect(sum).toMatchObject({
    upMs: 10_000,
    impairedMs: 1_000,
    outages: 0,
    availabilityPercent: 100,
  });
});

test('what the system itself did not watch is ours, and no camera’s fault', () => {
  const history: AvailabilityHistory = {
    before: { state: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE' },
    transitions: [],
    unwatched: [
      { fromMs: -5, toMs: 2_000 },
      { fromMs: 1_000, toMs: 4_000 },
      { fromMs: 9_000, toMs: 99_000 },
    ],
  };
  const intervals = planAvailability(history, 0, 10_000);
  expect(intervals.map(({ fromMs, toMs, verdict }) => [fromMs, toMs, verdict])).toEqual([
    [0, 4_000, 'ours'],
    [4_000, 9_000, 'down'],
    [9_000, 10_000, 'ours'],
  ]);
  expect(sumAvailability(intervals, 0, 10_000)).toMatchObject({
    oursMs: 5_000,
    downMs: 5_000,
    availabilityPercent: 0,
  });
});

test('nothing judged: no percentage is invented', () => {
  const intervals = planAvailability({ before: unknown, transitions: [], unwatched: [] }, 0, 5);
  expect(sumAvailability(intervals, 0, 5)).toMatchObject({
    unknownMs: 5,
    availabilityPercent: null,
  });
});

test('days begin at midnight of Pakistan, the first and last are cut', () => {
  const offsetMs = 5 * hourMs;
  const from = Date.parse('2024-02-08T03:00:00Z');
  const to = Date.parse('2024-02-09T20:00:00Z');
  expect(
    planAvailabilityDays(from, to, offsetMs).map((day) => [
      new Date(day.fromMs).toISOString(),
      new Date(day.toMs).toISOString(),
    ]),
  ).toEqual([
    ['2024-02-08T03:00:00.000Z', '2024-02-08T19:00:00.000Z'],
    ['2024-02-08T19:00:00.000Z', '2024-02-09T19:00:00.000Z'],
    ['2024-02-09T19:00:00.000Z', '2024-02-09T20:00:00.000Z'],
  ]);
});

test('any history: intervals cover the range without holes, parts sum up, days sum up to the whole', () => {
  const range = 5 * 24 * hourMs;
  const history = fc
    .record({
      before: fc.constantFrom(...cameraStateKinds),
      path: fc.array(
        fc.tuple(fc.integer({ min: 1, max: range - 1 }), fc.constantFrom(...cameraStateKinds)),
        { maxLength: 30 },
      ),
      unwatched: fc.array(
        fc.tuple(fc.integer({ min: -hourMs, max: range }), fc.integer({ min: 1, max: range })),
        { maxLength: 4 },
      ),
    })
    .map(
      ({ before, path, unwatched }): AvailabilityHistory => ({
        before: { state: before, fault: null },
        transitions: steps(before, ...path.sort((a, b) => a[0] - b[0])),
        unwatched: unwatched.map(([fromMs, forMs]) => ({ fromMs, toMs: fromMs + forMs })),
      }),
    );
  fc.assert(
    fc.property(history, (one) => {
      const intervals = planAvailability(one, 0, range);
      let reachedMs = 0;
      for (const interval of intervals) {
        expect(interval.fromMs).toBe(reachedMs);
        expect(interval.toMs).toBeGreaterThan(interval.fromMs);
        expect(interval.cause === null).toBe(interval.verdict !== 'down');
        reachedMs = interval.toMs;
      }
      expect(reachedMs).toBe(range);
      const whole = sumAvailability(intervals, 0, range);
      expect(whole.upMs + whole.downMs + whole.oursMs + whole.unknownMs).toBe(range);
      const causes = Object.values(whole.downByCauseMs).reduce((a, b) => a + b, 0);
      expect(causes).toBe(whole.downMs);
      const days = planAvailabilityDays(0, range, 5 * hourMs).map((day) =>
        sumAvailability(intervals, day.fromMs, day.toMs),
      );
      expect(days.reduce((sum, day) => sum + day.upMs, 0)).toBe(whole.upMs);
      expect(days.reduce((sum, day) => sum + day.outages, 0)).toBe(whole.outages);
    }),
  );
});
