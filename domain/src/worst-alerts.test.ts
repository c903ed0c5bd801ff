import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AlertWeight, rankAlert } from './alert-severity.ts';
import { placements } from './camera.ts';
import { pollPhases } from './election-phase.ts';
import { type AlertGroup, pickWorstAlerts } from './worst-alerts.ts';

const weight: fc.Arbitrary<AlertWeight> = fc.record({
  phase: fc.constantFrom(...pollPhases),
  kind: fc.constantFrom('PARTIAL', 'BLIND', 'TAMPERED'),
  category: fc.constantFrom('HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL'),
  lostPlacements: fc.subarray([...placements], { maxLength: 2 }),
  missingPlacements: fc.subarray([...placements], { maxLength: 2 }),
  coverageShare: fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
  expected: fc.boolean(),
});

function groupsOf(alerts: readonly { id: number; weight: AlertWeight }[], most: number) {
  const groups = new Map<string, AlertGroup & { ids: number[] }>();
  for (const { id, weight: one } of [...alerts].sort((a, b) => b.id - a.id)) {
    const key = JSON.stringify(one);
    const group = groups.get(key) ?? { ...one, ids: [] };
    if (group.ids.length < most) group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

test('what is picked from groups is what sorting all alerts gives', () => {
  fc.assert(
    fc.property(
      fc.array(weight, { maxLength: 80 }),
      fc.integer({ min: 1, max: 30 }),
      (weights, most) => {
        const alerts = weights.map((one, index) => ({ id: index + 1, weight: one }));
        const sorted = [...alerts]
          .sort((a, b) => rankAlert(b.weight) - rankAlert(a.weight) || b.id - a.id)
          .slice(0, most)
          .map(({ id }) => id);
        expect(pickWorstAlerts(groupsOf(alerts, most), most)).toEqual(sorted);
      },
    ),
  );
});
