import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OpenIncident } from './correlate-outages.ts';
import type { IncidentCause } from './incident.ts';
import { buildOutageContext, type OutageAlert } from './outage-groups.ts';
import {
  defaultOwnFaultPolicy,
  findOwnFaults,
  type NodeStanding,
  type OwnFault,
  planOwnIncidents,
} from './own-faults.ts';

const nowMs = 1_800_000_000_000;
const secondMs = 1_000;
const { afterMs, settleMs, forgetMs } = defaultOwnFaultPolicy;
/** Somebody has looked for an hour. */
const watchingMs = nowMs - 3_600_000;

/** `downForMs` null: it is linked, since so long. */
const node = (
  role: NodeStanding['role'],
  id: string,
  downForMs: number | null,
  linkedForMs = 1_800_000,
): NodeStanding => ({
  role,
  id,
  downSinceMs: downForMs === null ? null : nowMs - downForMs,
  linkedSinceMs: nowMs - linkedForMs,
});
const open = (
  kind: IncidentCause['kind'],
  key: string,
  startedAtMs = nowMs - 60_000,
): OpenIncident => ({ incidentId: 7, cause: { kind, key }, startedAtMs });
const found = (
  nodes: readonly NodeStanding[],
  incidents: readonly OpenIncident[] = [],
  watchingSinceMs = watchingMs,
) => findOwnFaults(nodes, null, incidents, watchingSinceMs, nowMs);

test.each<[string, NodeStanding, readonly OpenIncident[], number, boolean]>([
  ['linked', node('media', 'm1', null), [], watchingMs, false],
  ['away for a blip', node('media', 'm1', afterMs - 1), [], watchingMs, false],
  ['away', node('media', 'm1', afterMs), [], watchingMs, true],
  [
    'away again while its fault is told',
    node('media', 'm1', 1),
    [open('media-node', 'm1')],
    watchingMs,
    true,
  ],
  [
    'away before anybody looked long enough',
    node('media', 'm1', 60_000),
    [],
    nowMs - afterMs + 1,
    false,
  ],
  ['away, and looked at for long enough', node('media', 'm1', 60_000), [], nowMs - afterMs, true],
  [
    'back, and finding its cameras',
    node('media', 'm1', null, settleMs - 1),
    [open('media-node', 'm1')],
    watchingMs,
    true,
  ],
  [
    'back and settled',
    node('media', 'm1', null, settleMs),
    [open('media-node', 'm1')],
    watchingMs,
    false,
  ],
  ['newly linked for the first time', node('media', 'm1', null, 1), [], watchingMs, false],
  [
    'newly linked while another one’s fault is told',
    node('media', 'm1', null, 1),
    [open('media-node', 'm2')],
    watchingMs,
    false,
  ],
  ['away for a day', node('media', 'm1', forgetMs), [], watchingMs, true],
  ['taken away', node('media', 'm1', forgetMs + 1), [open('media-node', 'm1')], watchingMs, false],
])('a media node that is %s', (_, standing, incidents, watchingSinceMs, isFault) => {
  const faults = found([standing], incidents, watchingSinceMs);
  expect(faults.map(({ cause }) => cause)).toEqual(
    isFault ? [{ kind: 'media-node', key: 'm1' }] : [],
  );
});

test('a clock that is set back hides no node that is away', () => {
  const ahead = node('media', 'm1', -600_000);
  expect(found([ahead], [], nowMs + 600_000)).toMatchObject([{ sinceMs: nowMs }]);
  const gateway = node('gateway', 'g1', -600_000);
  expect(found([gateway], [], nowMs + 600_000)).toMatchObject([{ sinceMs: nowMs }]);
  // Another server's clock is a little ahead: it has to be away for as long as always.
  expect(found([node('media', 'm1', -1_000)])).toEqual([]);
});

test('a media node’s fault is told since it went away, also while it settles', () => {
  expect(found([node('media', 'm1', 60_000)])).toMatchObject([{ sinceMs: nowMs - 60_000 }]);
  const told = open('media-node', 'm1', nowMs - 90_000);
  expect(found([node('media', 'm1', null, 1_000)], [told])).toMatchObject([
    { sinceMs: nowMs - 90_000 },
  ]);
});

test.each<[string, readonly (number | null)[], readonly OpenIncident[], number | null]>([
  ['there is none', [], [], null],
  ['one of two is there', [60_000, null], [], null],
  ['both are away, one for a blip', [60_000, afterMs - 1], [], null],
  ['both are away', [60_000, afterMs], [], nowMs - afterMs],
  ['both are away while it is told', [60_000, 1], [open('gateway', '')], nowMs - 1],
  ['the only one that was not taken away is', [forgetMs + 1, 60_000], [], nowMs - 60_000],
  ['the only one that was not taken away is there', [forgetMs + 1, null], [], null],
  ['all were taken away', [forgetMs + 1, forgetMs + 1], [], null],
])('camera gateways: %s', (_, downForMs, incidents, sinceMs) => {
  const nodes = downForMs.map((ms, index) => node('gateway', `g${index}`, ms));
  const faults = found(nodes, incidents);
  expect(faults.map((fault) => fault.sinceMs)).toEqual(sinceMs === null ? [] : [sinceMs]);
  expect(faults.every(({ cause }) => cause.kind === 'gateway' && cause.key === '')).toBe(true);
});

test.each<[number, boolean]>([
  [0, true],
  [settleMs - 1, true],
  [settleMs, false],
])('a span without any server is told until %d ms after it', (agoMs, isFault) => {
  const untilMs = nowMs - agoMs;
  const gap = { fromMs: untilMs - 45_400, untilMs };
  const faults = findOwnFaults([], gap, [], watchingMs, nowMs);
  expect(faults).toEqual(
    isFault
      ? [
          {
            cause: { kind: 'server', key: '' },
            sinceMs: gap.fromMs,
            note: 'No server ran for 45 s',
          },
        ]
      : [],
  );
});

const anyNode: fc.Arbitrary<NodeStanding> = fc.record({
  role: fc.constantFrom('media', 'gateway'),
  id: fc.constantFrom('a', 'b', 'c'),
  downSinceMs: fc.option(fc.integer({ min: 0, max: 100_000 }).map((s) => nowMs - s * secondMs)),
  linkedSinceMs: fc.integer({ min: 0, max: 100 }).map((s) => nowMs - s * secondMs),
});
const anyNodes = fc.uniqueArray(anyNode, { selector: ({ role, id }) => `${role} ${id}` });

test('each fault is told once, whatever the order, and goes on while it is told', () => {
  fc.assert(
    fc.property(anyNodes, (nodes) => {
      const faults = found(nodes);
      const causes = faults.map(({ cause }) => `${cause.kind} ${cause.key}`);
      expect(new Set(causes).size).toBe(causes.length);
      const turned = found(nodes.toReversed());
      expect(turned).toEqual(expect.arrayContaining([...faults]));
      expect(turned).toHaveLength(faults.length);
      // Once told of, it does not end without a node coming back or being taken away.
      const told = faults.map(({ cause, sinceMs }, index) => ({
        incidentId: index,
        cause,
        startedAtMs: sinceMs,
      }));
      expect(found(nodes, told)).toEqual(expect.arrayContaining([...faults]));
    }),
  );
});

/** Three stations on m1, one on m2. */
const context = buildOutageContext(
  [1, 2, 3, 4].map((stationId) => ({
    stationId,
    districtCode: 'LHR',
    buildingId: null,
    uplink: null,
    feeder: null,
    nodeId: stationId === 4 ? 'm2' : 'm1',
  })),
);
const alert = (stationId: number, changes: Partial<OutageAlert> = {}): OutageAlert => ({
  alertId: 100 + stationId,
  stationId,
  beganAtMs: nowMs - 30_000,
  state: 'SILENT',
  expected: false,
  downShare: 1,
  incidentId: null,
  ...changes,
});
const mediaFault: OwnFault = {
  cause: { kind: 'media-node', key: 'm1' },
  sinceMs: nowMs - 60_000,
  note: 'away',
};

test('what a media node’s stations raise after it failed is its; of what came before it is not', () => {
  const alerts = [alert(3), alert(1), alert(2, { beganAtMs: nowMs - 60_001 }), alert(4)];
  const [plan] = planOwnIncidents(alerts, context, [], [mediaFault]);
  expect(plan).toMatchObject({
    incidentId: null,
    kind: 'OWN',
    cause: mediaFault.cause,
    startedAtMs: mediaFault.sinceMs,
    stations: 3,
    ofStations: 3,
    alertIds: [101, 103],
    evidence: { stations: 2, states: { SILENT: 100 }, note: 'away' },
  });
});

test('what was announced is not the node’s; an incident that is told keeps its beginning', () => {
  const told = open('media-node', 'm1', nowMs - 90_000);
  const alerts = [alert(1, { expected: true }), alert(2, { beganAtMs: nowMs - 80_000 })];
  const [plan] = planOwnIncidents(alerts, context, [told], [mediaFault]);
  expect(plan).toMatchObject({ incidentId: 7, startedAtMs: nowMs - 90_000, alertIds: [102] });
});

test('a gateway’s and a server’s faults concern every station and take no alert', () => {
  const faults: readonly OwnFault[] = [
    { cause: { kind: 'server', key: '' }, sinceMs: nowMs, note: '' },
    { cause: { kind: 'gateway', key: '' }, sinceMs: nowMs, note: '' },
  ];
  const plans = planOwnIncidents([alert(1), alert(4)], context, [], faults);
  expect(
    plans.map(({ cause, ofStations, alertIds }) => [cause.kind, ofStations, alertIds]),
  ).toEqual([
    ['gateway', 4, []],
    ['server', 4, []],
  ]);
});

test('a media node that no station hangs on is told of all the same', () => {
  const unknown = { ...mediaFault, cause: { kind: 'media-node', key: 'm9' } } as const;
  expect(planOwnIncidents([alert(1)], context, [], [unknown])).toMatchObject([
    { ofStations: 0, alertIds: [] },
  ]);
});
