import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AvailabilityTransition } from './availability.ts';
import { cameraStateKinds } from './camera-state.ts';
import { gapCauses } from './footage.ts';
import {
  type CameraFacts,
  type CameraTime,
  sumCameraFacts,
  toFigures,
} from './report-availability.ts';

const minute = 60_000;
const facts = (part: Partial<CameraFacts>): CameraFacts => ({
  fromMs: 0,
  toMs: 60 * minute,
  history: { before: { state: 'ONLINE', fault: null }, transitions: [], unwatched: [] },
  recorded: [],
  gaps: [],
  expected: [],
  phases: [{ fromMs: 0, toMs: 60 * minute, phase: 'poll' }],
  ...part,
});
const poll = (part: Partial<CameraFacts>) => sumCameraFacts(facts(part)).get('poll');
const at = (
  minutes: number,
  to: AvailabilityTransition['to'],
  from: AvailabilityTransition['from'] = 'ONLINE',
): AvailabilityTransition => ({ atMs: minutes * minute, from, to, fault: null });
const span = (from: number, to: number) => ({ fromMs: from * minute, toMs: to * minute });

test('what was recorded came, whatever was thought of the camera', () => {
  const unreachable = {
    before: { state: 'UNREACHABLE' as const, fault: null },
    transitions: [],
    unwatched: [],
  };
  expect(poll({ history: unreachable })).toMatchObject({
    downMs: 60 * minute,
    upMs: 0,
    outages: 0,
  });
  expect(poll({ history: unreachable, recorded: [span(-5, 45)] })).toMatchObject({
    upMs: 45 * minute,
    recordedMs: 45 * minute,
    downMs: 15 * minute,
    downByCauseMs: { network: 15 * minute },
  });
});

test('a picture of nothing is none, though it was recorded', () => {
  const covered = {
    before: { state: 'ONLINE' as const, fault: null },
    transitions: [at(30, 'COVERED')],
    unwatched: [],
  };
  expect(poll({ history: covered, recorded: [span(0, 60)] })).toMatchObject({
    upMs: 30 * minute,
    downMs: 30 * minute,
    downByCauseMs: { view: 30 * minute },
    recordedMs: 60 * minute,
    outages: 1,
  });
});

test('where nobody watched, gaps tell of the camera, recordings clear it, and the rest is ours', () => {
  const unwatched = [span(0, 60)];
  const history = {
    before: { state: 'UNKNOWN' as const, fault: null },
    transitions: [],
    unwatched,
  };
  expect(
    poll({
      history,
      recorded: [span(0, 20)],
      gaps: [
        { ...span(20, 30), cause: 'refused' },
        { ...span(30, 40), cause: 'disk' },
      ],
    }),
  ).toMatchObject({
    upMs: 20 * minute,
    downMs: 10 * minute,
    downByCauseMs: { credentials: 10 * minute },
    oursMs: 30 * minute,
    notRecordedOursMs: 10 * minute,
    unknownMs: 0,
  });
});

test('announced darkness counts for nobody, and ends no outage', () => {
  const history = {
    before: { state: 'ONLINE' as const, fault: null },
    transitions: [at(10, 'UNREACHABLE'), at(50, 'ONLINE', 'UNREACHABLE')],
    unwatched: [],
  };
  expect(poll({ history, expected: [span(20, 40)] })).toMatchObject({
    upMs: 20 * minute,
    downMs: 20 * minute,
    expectedMs: 20 * minute,
    outages: 1,
  });
});

test('time is split at the changes of the phase', () => {
  const times = sumCameraFacts(
    facts({
      phases: [
        { ...span(0, 40), phase: 'poll' },
        { ...span(40, 60), phase: 'count' },
      ],
    }),
  );
  expect(times.get('poll')?.observedMs).toBe(40 * minute);
  expect(times.get('count')?.upMs).toBe(20 * minute);
});

const minutes = (low: number, high: number) => fc.integer({ min: low, max: high });
const spans = fc
  .array(fc.tuple(minutes(-20, 80), minutes(1, 30)), { maxLength: 5 })
  .map((list) =>
    list.map(([from, length]) => span(from, from + length)).sort((a, b) => a.fromMs - b.fromMs),
  );
const apart = spans.map((list) =>
  list.filter(
    (one, index) =>
      index === 0 || one.fromMs >= Math.max(...list.slice(0, index).map((x) => x.toMs)),
  ),
);
const arbitraryFacts = fc
  .record({
    before: fc.constantFrom(...cameraStateKinds),
    changes: fc.array(fc.tuple(minutes(0, 59), fc.constantFrom(...cameraStateKinds)), {
      maxLength: 8,
    }),
    unwatched: spans,
    recorded: apart,
    gaps: fc.tuple(spans, fc.constantFrom(...gapCauses)),
    expected: spans,
    change: minutes(1, 59),
  })
  .map(({ before, changes, unwatched, recorded, gaps: [gaps, cause], expected, change }) =>
    facts({
      history: {
        before: { state: before, fault: null },
        transitions: changes.sort((a, b) => a[0] - b[0]).map(([minutes, to]) => at(minutes, to)),
        unwatched,
      },
      recorded,
      gaps: gaps.map((gap) => ({ ...gap, cause })),
      expected,
      phases: [
        { ...span(0, change), phase: 'poll' },
        { ...span(change, 60), phase: 'count' },
      ],
    }),
  );

const total = (times: Iterable<CameraTime>) => {
  const list = [...times];
  const sum = (
    key:
      | 'observedMs'
      | 'upMs'
      | 'downMs'
      | 'expectedMs'
      | 'oursMs'
      | 'unknownMs'
      | 'recordedMs'
      | 'impairedMs',
  ) => list.reduce((all, time) => all + time[key], 0);
  return {
    ...{ observedMs: sum('observedMs'), upMs: sum('upMs'), downMs: sum('downMs') },
    ...{ expectedMs: sum('expectedMs'), oursMs: sum('oursMs'), unknownMs: sum('unknownMs') },
    ...{ recordedMs: sum('recordedMs'), impairedMs: sum('impairedMs') },
  };
};

test('the parts always sum up to the span, and causes to what was down', () => {
  fc.assert(
    fc.property(arbitraryFacts, (given) => {
      const times = [...sumCameraFacts(given).values()];
      const all = total(times);
      expect(all.observedMs).toBe(60 * minute);
      expect(all.upMs + all.downMs + all.expectedMs + all.oursMs + all.unknownMs).toBe(60 * minute);
      expect(all.impairedMs).toBeLessThanOrEqual(all.upMs);
      for (const time of times) {
        const causes = Object.values(time.downByCauseMs).reduce((sum, ms) => sum + ms, 0);
        expect(causes).toBe(time.downMs);
      }
    }),
  );
});

test('adjoining spans add up to the whole, wherever they are cut', () => {
  fc.assert(
    fc.property(arbitraryFacts, minutes(1, 59), (given, cut) => {
      const cutMs = cut * minute;
      const { before, transitions, unwatched } = given.history;
      const first = { ...given, toMs: cutMs };
      const last = transitions.filter((one) => one.atMs < cutMs).at(-1);
      const second = {
        ...given,
        fromMs: cutMs,
        history: {
          before: last === undefined ? before : { state: last.to, fault: last.fault },
          transitions: transitions.filter((one) => one.atMs >= cutMs),
          unwatched,
        },
      };
      // Both halves see what comes after them, as readers of a slice do.
      const whole = total(sumCameraFacts(given).values());
      const halves = total([...sumCameraFacts(first).values(), ...sumCameraFacts(second).values()]);
      expect(halves).toEqual(whole);
    }),
  );
});

test('shares leave out what is announced, ours or unknown', () => {
  const time = poll({
    history: {
      before: { state: 'ONLINE', fault: null },
      transitions: [at(30, 'UNREACHABLE')],
      unwatched: [span(0, 20)],
    },
    recorded: [span(20, 30)],
    expected: [span(50, 60)],
  });
  if (time === undefined) throw new Error('no time');
  expect(toFigures(time, 1)).toMatchObject({
    availabilityPercent: (10 / 30) * 100,
    recordedPercent: 20,
  });
});
