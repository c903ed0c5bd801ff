import { expect, test } from 'vitest';
import {
  type Election,
  gravestPhase,
  nextPhaseAt,
  nextPhaseChangeMs,
  phaseAt,
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
    [400, 500, 'count'],
    [500, 600, 'count'],
    [600, 700, 'idle'],
  ]);
});

test('the gravest of phases; of none the phase without a clock', () => {
  expect(gravestPhase(['idle', 'poll', 'custody'])).toBe('poll');
  expect(gravestPhase([])).toBe('drill');
});
