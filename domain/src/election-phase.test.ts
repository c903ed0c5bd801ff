import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Election,
  gravestPhase,
  nextPhaseAt,
  nextPhaseChangeMs,
  phaseAt,
  phaseEdges,
  phaseWithoutClock,
  pollPhases,
  runningElectionPhase,
} from './election-phase.ts';
import { planPhaseSpans } from './report-availability.ts';

const general: Election = {
  id: 1,
  districtCodes: null,
  entries: [
    { districtCode: null, phase: 'drill', startsAtMs: 100 },
    { districtCode: null, phase: 'idle', startsAtMs: 200 },
    { districtCode: 'MUL', phase: 'custody', startsAtMs: 200 },
  ],
};
const byElection: Election = {
  id: 2,
  districtCodes: ['LHR', 'MUL'],
  entries: [
    { districtCode: null, phase: 'poll', startsAtMs: 300 },
    { districtCode: 'LHR', phase: 'count', startsAtMs: 400 },
    { districtCode: null, phase: 'idle', startsAtMs: 500 },
    { districtCode: 'LHR', phase: 'idle', startsAtMs: 600 },
  ],
};
const both = [general, byElection];

test('a district stands where the gravest of its elections puts it', () => {
  const at = (code: string, ms: number) => phaseAt(both, code, ms);
  expect(at('LHR', 99)).toBeNull();
  expect(at('LHR', 299)).toEqual({ electionId: 1, phase: 'idle', startsAtMs: 200 });
  expect(at('LHR', 300)).toEqual({ electionId: 2, phase: 'poll', startsAtMs: 300 });
  expect(at('LHR', 400)).toMatchObject({ electionId: 2, phase: 'count' });
  // What the by-election says of all its districts does not reach one that it is not held in.
  expect(at('RWP', 300)).toMatchObject({ electionId: 1, phase: 'idle' });
  // Bags are kept there for the other election.
  expect(at('MUL', 500)).toMatchObject({ electionId: 1, phase: 'custody' });
  expect(phaseAt([byElection], 'RWP', 300)).toBeNull();
});

test('a district’s own entry replaces the common one of its phase alone', () => {
  const clock = ['drill', 'eve', 'poll', 'count', 'custody', 'idle'] as const;
  const province: Election = {
    id: 1,
    districtCodes: null,
    entries: [
      ...clock.map((phase, index) => ({ districtCode: null, phase, startsAtMs: 100 * index })),
      { districtCode: 'LHR', phase: 'drill', startsAtMs: 50 },
      { districtCode: 'MUL', phase: 'count', startsAtMs: 350 },
      // Postponed.
      { districtCode: 'RWP', phase: 'poll', startsAtMs: 600 },
      { districtCode: 'RWP', phase: 'count', startsAtMs: 700 },
      { districtCode: 'RWP', phase: 'custody', startsAtMs: 800 },
    ],
  };
  const at = (code: string, ms: number) => phaseAt([province], code, ms)?.phase ?? null;
  const times = [0, 50, 150, 200, 300, 350, 450, 500, 650, 750, 850];
  const phases = (code: string) => times.map((ms) => at(code, ms));
  expect(phases('FSD')).toEqual([
    'drill',
    'drill',
    'eve',
    'poll',
    'count',
    'count',
    'custody',
    ...Array(4).fill('idle'),
  ]);
  expect(phases('LHR')).toEqual([null, ...phases('FSD').slice(1)]);
  expect(phases('MUL')).toEqual([
    'drill',
    'drill',
    'eve',
    'poll',
    'poll',
    'count',
    'custody',
    ...Array(4).fill('idle'),
  ]);
  expect(phases('RWP')).toEqual([
    'drill',
    'drill',
    ...Array(5).fill('eve'),
    'idle',
    'poll',
    'count',
    'custody',
  ]);
});

test('of two elections in the same phase the one that began first counts, in any order', () => {
  const late = { ...byElection, id: 3, entries: [{ ...byElection.entries[0], startsAtMs: 350 }] };
  const lists = [
    [byElection, late],
    [late, byElection],
  ] as (readonly Election[])[];
  for (const list of lists) expect(phaseAt(list, 'MUL', 360)?.electionId).toBe(2);
});

test('what comes next is the next change of the district, whichever election makes it', () => {
  expect(nextPhaseAt(both, 'LHR', 200)).toEqual({ phase: 'poll', atMs: 300 });
  expect(nextPhaseAt(both, 'LHR', 400)).toEqual({ phase: 'idle', atMs: 600 });
  expect(nextPhaseAt(both, 'MUL', 300)).toEqual({ phase: 'custody', atMs: 500 });
  expect(nextPhaseAt(both, 'RWP', 200)).toBeNull();
  expect(nextPhaseChangeMs(both, 300)).toBe(400);
  expect(nextPhaseChangeMs(both, 600)).toBeNull();
});

test('retention spares what any running poll or count recorded, from its own beginning', () => {
  const codes = ['LHR', 'MUL', 'RWP'];
  expect(runningElectionPhase(both, codes, 299)).toBeNull();
  expect(runningElectionPhase(both, codes, 450)).toEqual({ kind: 'count', sinceMs: 300 });
  expect(runningElectionPhase(both, ['RWP'], 450)).toBeNull();
  expect(runningElectionPhase(both, codes, 600)).toBeNull();
});

test('the spans of a district have no holes and change where its phase does', () => {
  const spans = planPhaseSpans(both, 'LHR', { fromMs: 50, toMs: 700 });
  expect(spans.map((span) => [span.fromMs, span.toMs, span.phase])).toEqual([
    [50, 100, 'drill'],
    [100, 200, 'drill'],
    [200, 300, 'idle'],
    [300, 400, 'poll'],
    [400, 600, 'count'],
    [600, 700, 'idle'],
  ]);
});

test('the gravest of phases; of none the phase without a clock', () => {
  expect(gravestPhase(['idle', 'poll', 'custody'])).toBe('poll');
  expect(gravestPhase([])).toBe('drill');
});

const codes = ['LHR', 'MUL', 'RWP'] as const;
const anyElection = (id: number): fc.Arbitrary<Election> =>
  fc.record({
    id: fc.constant(id),
    districtCodes: fc.option(fc.uniqueArray(fc.constantFrom(...codes))),
    entries: fc.array(
      fc.record({
        districtCode: fc.option(fc.constantFrom(...codes)),
        phase: fc.constantFrom(...pollPhases),
        startsAtMs: fc.integer({ min: 1, max: 12 }).map((hour) => hour * 10),
      }),
      { maxLength: 6 },
    ),
  });
const anyElections = fc
  .integer({ min: 0, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, id) => anyElection(id))));
const anyCode = fc.constantFrom(...codes);
const anyTime = fc.integer({ min: 0, max: 130 });

test('a phase holds from one edge to the next, and other places have no part in it', () => {
  fc.assert(
    fc.property(anyElections, anyCode, anyTime, (elections, code, nowMs) => {
      const edge = phaseEdges(elections, code).findLast((atMs) => atMs <= nowMs);
      const now = phaseAt(elections, code, nowMs);
      if (edge === undefined) expect(now).toBeNull();
      else expect(now).toEqual(phaseAt(elections, code, edge));
      const elsewhere = elections.map((election) => ({
        ...election,
        entries: election.entries.filter(
          ({ districtCode }) => districtCode === null || districtCode === code,
        ),
      }));
      expect(phaseAt(elsewhere, code, nowMs)).toEqual(now);
    }),
  );
});

test('the order of the elections makes no difference to phase, its beginning or what is spared', () => {
  fc.assert(
    fc.property(anyElections, anyCode, anyTime, (elections, code, nowMs) => {
      const turned = elections.toReversed();
      const { electionId: _, ...stands } = phaseAt(elections, code, nowMs) ?? { electionId: 0 };
      const { electionId: __, ...same } = phaseAt(turned, code, nowMs) ?? { electionId: 0 };
      expect(same).toEqual(stands);
      const running = runningElectionPhase(elections, codes, nowMs);
      expect(runningElectionPhase(turned, codes.toReversed(), nowMs)).toEqual(running);
    }),
  );
});

test('what comes next is a change, and nothing changes before it', () => {
  fc.assert(
    fc.property(anyElections, anyCode, anyTime, (elections, code, nowMs) => {
      const phase = (atMs: number) => phaseAt(elections, code, atMs)?.phase ?? phaseWithoutClock;
      const next = nextPhaseAt(elections, code, nowMs);
      const untilMs = next?.atMs ?? 200;
      for (let atMs = nowMs; atMs < untilMs; atMs++) expect(phase(atMs)).toBe(phase(nowMs));
      if (next === null) return;
      expect(next.atMs).toBeGreaterThan(nowMs);
      expect(next.phase).not.toBe(phase(nowMs));
      expect(phase(next.atMs)).toBe(next.phase);
      expect(nextPhaseChangeMs(elections, nowMs) ?? Infinity).toBeLessThanOrEqual(next.atMs);
    }),
  );
});

test('of what runs everything is spared since it began, and of what does not run nothing', () => {
  const isElection = (elections: readonly Election[], code: string, atMs: number) =>
    elections.some((election) => {
      const phase = phaseAt([election], code, atMs)?.phase;
      return phase === 'poll' || phase === 'count';
    });
  fc.assert(
    fc.property(anyElections, anyTime, (elections, nowMs) => {
      const running = runningElectionPhase(elections, codes, nowMs);
      const here = codes.filter((code) => isElection(elections, code, nowMs));
      expect(running === null).toBe(here.length === 0);
      if (running === null) return;
      expect(running.sinceMs).toBeLessThanOrEqual(nowMs);
      // Some district has voted or counted without a break since, and none of them for longer.
      const votes = (code: string, fromMs: number) =>
        elections.some((election) => {
          for (let atMs = fromMs; atMs <= nowMs; atMs++) {
            if (!isElection([election], code, atMs)) return false;
          }
          return true;
        });
      expect(codes.some((code) => votes(code, running.sinceMs))).toBe(true);
      expect(codes.some((code) => votes(code, running.sinceMs - 1))).toBe(false);
    }),
  );
});
