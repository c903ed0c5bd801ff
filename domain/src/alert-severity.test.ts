import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AlertKind,
  type AlertWeight,
  decideSeverity,
  rankAlert,
  worstSeverity,
} from './alert-severity.ts';
import { type AlertSeverity, alertSeverities } from './api/alert-types.ts';
import { type Placement, placements } from './camera.ts';
import { type PollPhase, pollPhases } from './election-phase.ts';
import { type StationCategory, stationCategories } from './station-state.ts';

const kinds: readonly AlertKind[] = ['BLIND', 'PARTIAL', 'TAMPERED'];
const level = (severity: AlertSeverity) => -alertSeverities.indexOf(severity);

const weigh = (phase: PollPhase, kind: AlertKind, changes: Partial<AlertWeight> = {}) =>
  decideSeverity({
    phase,
    kind,
    category: 'NORMAL',
    lostPlacements: [],
    missingPlacements: [],
    ...changes,
  });

/** Of a normal station with nothing in particular lost: BLIND, PARTIAL, TAMPERED. */
test.each<[PollPhase, AlertSeverity, AlertSeverity, AlertSeverity]>([
  ['idle', 'info', 'info', 'info'],
  ['install', 'minor', 'info', 'info'],
  ['drill', 'major', 'minor', 'minor'],
  ['eve', 'major', 'minor', 'minor'],
  ['poll', 'major', 'minor', 'minor'],
  ['count', 'critical', 'minor', 'major'],
  ['custody', 'major', 'minor', 'major'],
])('%s: blind is %s, partly blind %s, a changed view %s', (phase, blind, partial, tampered) => {
  expect(kinds.map((kind) => weigh(phase, kind))).toEqual([blind, partial, tampered]);
});

test.each<[PollPhase, AlertKind, StationCategory, AlertSeverity]>([
  ['poll', 'BLIND', 'SENSITIVE', 'critical'],
  ['poll', 'BLIND', 'HIGHLY_SENSITIVE', 'critical'],
  ['poll', 'TAMPERED', 'SENSITIVE', 'minor'],
  ['poll', 'TAMPERED', 'HIGHLY_SENSITIVE', 'major'],
  ['poll', 'PARTIAL', 'HIGHLY_SENSITIVE', 'minor'],
  ['drill', 'BLIND', 'HIGHLY_SENSITIVE', 'major'],
])('%s, %s at a %s station is %s', (phase, kind, category, severity) => {
  expect(weigh(phase, kind, { category })).toBe(severity);
});

/** What the loss of one view makes of a partly blind station, in the phases where it counts. */
test.each<[PollPhase, Placement, AlertSeverity]>([
  ['poll', 'BOOTH', 'major'],
  ['poll', 'QUEUE', 'major'],
  ['poll', 'ENTRANCE', 'minor'],
  ['poll', 'STRONGROOM', 'minor'],
  ['count', 'BOOTH', 'major'],
  ['count', 'RO_OFFICE', 'major'],
  ['count', 'QUEUE', 'minor'],
  ['custody', 'STRONGROOM', 'critical'],
  ['custody', 'RO_OFFICE', 'major'],
  ['custody', 'BOOTH', 'minor'],
])('%s without %s is %s, lost or missing', (phase, placement, severity) => {
  expect(weigh(phase, 'PARTIAL', { lostPlacements: [placement] })).toBe(severity);
  expect(weigh(phase, 'PARTIAL', { missingPlacements: [placement] })).toBe(severity);
});

test('a count that nobody sees is critical; one that another camera shows is not', () => {
  expect(weigh('count', 'PARTIAL', { missingPlacements: ['COUNT_TABLE'] })).toBe('critical');
  expect(weigh('count', 'PARTIAL', { lostPlacements: ['COUNT_TABLE'] })).toBe('minor');
});

const anyPlacements = fc.uniqueArray(fc.constantFrom(...placements));
const anyWeight: fc.Arbitrary<AlertWeight> = fc.record({
  phase: fc.constantFrom(...pollPhases),
  kind: fc.constantFrom(...kinds),
  category: fc.constantFrom(...stationCategories),
  lostPlacements: anyPlacements,
  missingPlacements: anyPlacements,
  coverageShare: fc.double({ min: 0, max: 1, noNaN: true }),
  expected: fc.boolean(),
});

test('losing more, everything, or at a more sensitive station is never less grave', () => {
  fc.assert(
    fc.property(anyWeight, fc.constantFrom(...placements), (weight, placement) => {
      const least = level(decideSeverity(weight));
      const { lostPlacements, missingPlacements } = weight;
      const worse: readonly AlertWeight[] = [
        { ...weight, lostPlacements: [...lostPlacements, placement] },
        { ...weight, missingPlacements: [...missingPlacements, placement] },
        { ...weight, category: 'HIGHLY_SENSITIVE' },
        ...(weight.kind === 'PARTIAL' ? [{ ...weight, kind: 'BLIND' } as const] : []),
      ];
      for (const one of worse) expect(level(decideSeverity(one))).toBeGreaterThanOrEqual(least);
    }),
  );
});

test('the order of the placements makes no difference', () => {
  fc.assert(
    fc.property(anyWeight, (weight) => {
      const turned = {
        ...weight,
        lostPlacements: weight.lostPlacements.toReversed(),
        missingPlacements: weight.missingPlacements.toReversed(),
      };
      expect(decideSeverity(turned)).toBe(decideSeverity(weight));
      expect(rankAlert(turned)).toBe(rankAlert(weight));
    }),
  );
});

test('what is expected ranks below all else; then severity, category, kind and share decide', () => {
  fc.assert(
    fc.property(anyWeight, anyWeight, (a, b) => {
      const order = (weight: AlertWeight) => [
        weight.expected ? 0 : 1,
        level(decideSeverity(weight)),
        -stationCategories.indexOf(weight.category),
        ['PARTIAL', 'TAMPERED', 'BLIND'].indexOf(weight.kind),
        Math.round((1 - weight.coverageShare) * 9),
      ];
      const [first, second] = [order(a), order(b)];
      const index = first.findIndex((value, at) => value !== second[at]);
      const expected = index === -1 ? 0 : Math.sign((first[index] ?? 0) - (second[index] ?? 0));
      expect(Math.sign(rankAlert(a) - rankAlert(b))).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('a rank is a whole number between nothing and the worst there is', () => {
  const worst: AlertWeight = {
    phase: 'count',
    kind: 'BLIND',
    category: 'HIGHLY_SENSITIVE',
    lostPlacements: [],
    missingPlacements: [],
    coverageShare: 0,
    expected: false,
  };
  fc.assert(
    fc.property(anyWeight, (weight) => {
      const rank = rankAlert(weight);
      expect(Number.isInteger(rank)).toBe(true);
      expect(rank).toBeGreaterThanOrEqual(0);
      expect(rank).toBeLessThanOrEqual(rankAlert(worst));
    }),
  );
  expect(rankAlert(worst)).toBe(13_229);
});

test('the worst of severities, in any order; of none it is info', () => {
  expect(worstSeverity([])).toBe('info');
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alertSeverities), { minLength: 1 }), (list) => {
      const worst = worstSeverity(list);
      expect(list).toContain(worst);
      expect(Math.max(...list.map(level))).toBe(level(worst));
    }),
  );
});
