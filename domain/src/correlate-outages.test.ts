import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CorrelationPlan,
  correlateOutages,
  defaultCorrelationPolicy,
  type OpenIncident,
} from './correlate-outages.ts';
import { buildOutageContext, type OutageAlert, type StationTies } from './outage-groups.ts';

const atMs = 1_000_000;

/** `districts` districts of `size` stations, two in a building, three feeders, every other on uplink A. */
function province(districts: number, size: number): readonly StationTies[] {
  return Array.from({ length: districts * size }, (_, index) => {
    const district = Math.floor(index / size);
    return {
      stationId: index + 1,
      districtCode: `D${district}`,
      buildingId: Math.floor(index / 2),
      feeder: `F${district}-${Math.floor((3 * (index % size)) / size)}`,
      uplink: index % 2 === 0 ? 'A' : 'B',
      nodeId: `media-${district % 3}`,
    };
  });
}

function dark(
  stations: readonly StationTies[],
  overrides: Partial<OutageAlert> = {},
): readonly OutageAlert[] {
  return stations.map(({ stationId }, index) => ({
    alertId: 10_000 + stationId,
    stationId,
    beganAtMs: atMs + (index % 50) * 100,
    state: 'UNREACHABLE',
    expected: false,
    downShare: 1,
    incidentId: null,
    ...overrides,
  }));
}

/** Gives plans ids, as the store does. */
function carryOut(plan: CorrelationPlan, alerts: readonly OutageAlert[], nextId = 1) {
  const open: OpenIncident[] = plan.incidents.map((incident, index) => ({
    incidentId: incident.incidentId ?? nextId + index,
    cause: incident.cause,
    startedAtMs: incident.startedAtMs,
  }));
  const idOf = new Map<number, number>();
  for (const [index, incident] of plan.incidents.entries()) {
    for (const alertId of incident.alertIds) idOf.set(alertId, open[index]?.incidentId ?? 0);
  }
  return {
    open,
    alerts: alerts.map((alert) => ({ ...alert, incidentId: idOf.get(alert.alertId) ?? null })),
  };
}

const punjab = province(41, 146);
const context = buildOutageContext(punjab);
const causes = (plan: CorrelationPlan) =>
  plan.incidents.map(({ cause }) => `${cause.kind} ${cause.key}`.trim()).sort();

test('a province cut is one incident with its evidence, not 41', () => {
  const plan = correlateOutages(dark(punjab), context, [], []);
  expect(plan.incidents).toHaveLength(1);
  expect(plan.incidents[0]).toMatchObject({
    kind: 'OUTAGE',
    cause: { kind: 'province' },
    stations: punjab.length,
    ofStations: punjab.length,
    evidence: { withinMs: 4_900, districts: { hit: 41, of: 41 }, states: { UNREACHABLE: 100 } },
  });
});

test('rooms of a building that lost a camera each have nothing in common, those that lost most have', () => {
  const rooms = punjab.filter((s) => s.buildingId === 7);
  const of = (downShare: number) =>
    causes(correlateOutages(dark(rooms, { downShare }), context, [], []));
  expect(of(0.2)).toEqual([]);
  expect(of(0.5)).toEqual(['building 7']);
  const many = punjab.filter((s) => s.districtCode === 'D7');
  expect(correlateOutages(dark(many, { downShare: 0.2 }), context, [], []).incidents).toEqual([]);
});

test('a media node takes some cameras of many stations', () => {
  const stations = punjab.filter((s) => s.nodeId === 'media-1');
  const alerts = dark(stations, { downShare: 0.2, state: 'SILENT' });
  expect(causes(correlateOutages(alerts, context, [], []))).toEqual(['media-node media-1']);
  // Those that nobody reaches say nothing of the node, as when a province begins to go dark.
  const unreachable = dark(stations, { downShare: 0.2 });
  expect(correlateOutages(unreachable, context, [], []).incidents).toEqual([]);
});

test('a station whose cameras come back one by one stays in its incident until it is back', () => {
  const rooms = punjab.filter((s) => s.buildingId === 7);
  const first = correlateOutages(dark(rooms), context, [], []);
  const { open, alerts } = carryOut(first, dark(rooms));
  const returning = alerts.map((alert) => ({ ...alert, downShare: 0.2 }));
  const next = correlateOutages(returning, context, open, []);
  expect(next.incidents.map(({ incidentId, stations }) => [incidentId, stations])).toEqual([
    [open[0]?.incidentId, 2],
  ]);
  expect(next.ended).toEqual([]);
});

test('the cause that explains the most with the least unsaid wins', () => {
  const of = (pick: (s: StationTies) => boolean) =>
    causes(correlateOutages(dark(punjab.filter(pick)), context, [], []));
  expect(of((s) => s.districtCode === 'D7')).toEqual(['district D7']);
  expect(of((s) => s.feeder === 'F7-1')).toEqual(['feeder F7-1']);
  expect(of((s) => s.uplink === 'A')).toEqual(['uplink A']);
  expect(of((s) => s.buildingId === 12)).toEqual(['building 12']);
  // Fourteen whole districts are a third of the province, which is up elsewhere.
  const some = of((s) => Number(s.districtCode.slice(1)) < 14);
  expect(some).toHaveLength(14);
  expect(some.every((cause) => cause.startsWith('district'))).toBe(true);
  // Cameras that the gateway reaches and the node does not.
  const node = punjab.filter((s) => s.nodeId === 'media-1');
  expect(causes(correlateOutages(dark(node, { state: 'SILENT' }), context, [], []))).toEqual([
    'media-node media-1',
  ]);
});

test('below the thresholds, apart in time or expected: no incident', () => {
  const district = punjab.filter((s) => s.districtCode === 'D3');
  const every = (step: number, count: number) =>
    district.filter((s, index) => index % step === 0 && s.stationId > 0).slice(0, count);
  expect(correlateOutages(dark(every(4, 4)), context, [], []).incidents).toEqual([]);
  expect(correlateOutages(dark(every(4, 36)), context, [], []).incidents).toEqual([]);
  const apart = dark(district).map((a, i) => ({ ...a, beganAtMs: atMs + i * 600_000 }));
  expect(correlateOutages(apart, context, [], []).incidents).toEqual([]);
  expect(correlateOutages(dark(district, { expected: true }), context, [], []).incidents).toEqual(
    [],
  );
});

test('it opens at the threshold, stays until half of it, and ends once', () => {
  const plain = punjab.map((s) => ({ ...s, feeder: null, uplink: null, buildingId: null }));
  const bare = buildOutageContext(plain);
  const district = plain.filter((s) => s.districtCode === 'D3');
  expect(correlateOutages(dark(district.slice(0, 43)), bare, [], []).incidents).toEqual([]);
  const first = correlateOutages(dark(district.slice(0, 44)), bare, [], []);
  expect(causes(first)).toEqual(['district D3']);
  const { open, alerts } = carryOut(first, dark(district.slice(0, 44)));
  const half = correlateOutages(alerts.slice(0, 22), bare, open, []);
  expect(half.incidents).toMatchObject([{ incidentId: 1, stations: 22 }]);
  const fewer = correlateOutages(alerts.slice(0, 21), bare, open, []);
  expect(fewer).toEqual({ incidents: [], ended: [{ incidentId: 1, mergedInto: null }] });
});

test('districts that fail one after another merge into the province, which splits as they return', () => {
  const firstTen = dark(punjab.filter((s) => Number(s.districtCode.slice(1)) < 10));
  const before = carryOut(correlateOutages(firstTen, context, [], []), firstTen);
  expect(before.open).toHaveLength(10);
  const known = new Map(before.alerts.map((alert) => [alert.alertId, alert]));
  const all = dark(punjab).map((alert) => known.get(alert.alertId) ?? alert);
  const merged = correlateOutages(all, context, before.open, []);
  expect(causes(merged)).toEqual(['province']);
  expect(merged.ended).toHaveLength(10);
  expect(merged.ended.every(({ mergedInto }) => mergedInto === 0)).toBe(true);
  const after = carryOut(merged, all, 100);
  const left = after.alerts.filter((alert) => context.districtOf.get(alert.stationId) === 'D5');
  const split = correlateOutages(left, context, after.open, []);
  expect(causes(split)).toEqual(['district D5']);
  expect(split.ended).toEqual([{ incidentId: 100, mergedInto: 0 }]);
});

test('a media node that failed takes what its stations raise, and nothing else does', () => {
  const node = punjab.filter((s) => s.nodeId === 'media-2').slice(0, 300);
  const cause = { kind: 'media-node', key: 'media-2' } as const;
  const faults = [{ cause, sinceMs: atMs - 1, note: 'not linked' }];
  const plan = correlateOutages(dark(node), context, [], faults);
  expect(plan.incidents).toMatchObject([{ kind: 'OWN', cause, evidence: { note: 'not linked' } }]);
  expect(plan.incidents[0]?.alertIds).toHaveLength(300);
  const { open, alerts } = carryOut(plan, dark(node));
  expect(correlateOutages(alerts, context, open, faults).incidents[0]?.incidentId).toBe(1);
});

const small = province(6, 12);
const smallContext = buildOutageContext(small);
const anyAlerts = fc
  .uniqueArray(fc.nat({ max: small.length - 1 }), { minLength: 0, maxLength: small.length })
  .chain((indices) =>
    fc.tuple(
      fc.constant(indices),
      fc.array(fc.nat({ max: 120_000 }), { minLength: indices.length, maxLength: indices.length }),
      fc.array(fc.boolean(), { minLength: indices.length, maxLength: indices.length }),
    ),
  )
  .map(([indices, times, expected]) =>
    indices.map(
      (index, i): OutageAlert => ({
        alertId: index + 1,
        stationId: index + 1,
        beganAtMs: atMs + (times[i] ?? 0),
        state: 'UNREACHABLE',
        expected: expected[i] === true && index % 3 === 0,
        downShare: [1, 0.2, 0.5, 0.8][index % 4] ?? 1,
        incidentId: null,
      }),
    ),
  );

test('any alerts: the order does not matter, none is in two incidents, and it settles', () => {
  fc.assert(
    fc.property(anyAlerts, (alerts) => {
      const plan = correlateOutages(alerts, smallContext, [], []);
      expect(correlateOutages(alerts.toReversed(), smallContext, [], [])).toEqual(plan);
      const ids = plan.incidents.flatMap((incident) => incident.alertIds);
      expect(new Set(ids).size).toBe(ids.length);
      for (const incident of plan.incidents) {
        const { stations, share } = defaultCorrelationPolicy.thresholds[incident.cause.kind];
        expect(incident.stations).toBeGreaterThanOrEqual(
          Math.max(stations, share * incident.ofStations),
        );
      }
      let now = carryOut(plan, alerts, 1);
      let before = plan;
      for (let round = 0; round < 3; round++) {
        before = correlateOutages(now.alerts, smallContext, now.open, []);
        now = carryOut(before, now.alerts, 1_000 * (round + 1));
      }
      const again = correlateOutages(now.alerts, smallContext, now.open, []);
      expect(again.ended).toEqual([]);
      expect(again.incidents.map((i) => i.alertIds)).toEqual(
        before.incidents.map((i) => i.alertIds),
      );
      const none = correlateOutages([], smallContext, now.open, []);
      expect(none.incidents).toEqual([]);
      expect(none.ended).toHaveLength(now.open.length);
    }),
    { numRuns: 200 },
  );
});
