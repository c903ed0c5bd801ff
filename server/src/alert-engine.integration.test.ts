import { createManualClock } from '@nigehban/config/clock/clock.ts';
import {
  type CameraStateKind,
  cameraStateKinds,
  initialCameraState,
  isDown,
} from '@nigehban/domain/camera-state.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { expectedAt } from '@nigehban/domain/expected-dark.ts';
import { defaultRequiredPlacements } from '@nigehban/domain/required-placements.ts';
import {
  deriveStationState,
  isTampered,
  type StationCamera,
} from '@nigehban/domain/station-state.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateStations, markResolved, readAlerts } from './store/alert-store.ts';
import { type CameraStateChange, storeCameraStates } from './store/camera-state-store.ts';
import { openDatabase, type Sql } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { seedFleet } from './testing/seed-fleet.ts';
import { startTestServices, type TestServices, testLog } from './testing/test-services.ts';
import { acknowledgeAlert, resolveAlert } from './use-cases/alert-life.ts';
import { startCorrelator } from './use-cases/correlate.ts';
import { reconcileStations } from './use-cases/evaluate-stations.ts';
import { addExpectedDark, endExpectedDark } from './use-cases/expected-dark.ts';
import { acknowledgeIncident } from './use-cases/incident-life.ts';
import { addElection, changeElection, removeElection } from './use-cases/manage-elections.ts';
import { enterPhases, readElectionPhase } from './use-cases/poll-phase.ts';

/** 40 stations with 4 or 5 cameras in 4 districts, on a PostgreSQL of this file's own. */
const fleet = { districts: 4, stations: 40, cameras: 190 };
const startMs = Date.UTC(2027, 1, 8, 3);
const operator = { username: 'operator', address: '127.0.0.1' };

let services: TestServices;
let sql: Sql;
let versions = 0;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase(), { maxConnections: 6 });
  await migrate(sql);
  await seedFleet(sql, fleet);
}, 60_000);

afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

function change(cameraId: number, kind: CameraStateKind, atMs: number): CameraStateChange {
  versions += 1;
  const before = initialCameraState(atMs);
  return {
    cameraId,
    recording: true,
    version: versions,
    state: { ...before, kind, sinceMs: atMs, fault: kind === 'ONLINE' ? null : 'CAMERA_SILENT' },
    transitions: [{ atMs, from: 'ONLINE', to: kind, fault: null, evidence: null }],
  };
}

async function everything(kind: CameraStateKind, atMs: number): Promise<void> {
  const ids = Array.from({ length: fleet.cameras }, (_, index) => index + 1);
  await storeCameraStates(
    sql,
    ids.map((id) => change(id, kind, atMs)),
    atMs,
  );
}

async function camerasOf(stationId: number): Promise<number[]> {
  const rows = await sql<{ cameraId: number }[]>`
    select camera_id from assignment where station_id = ${stationId} order by 1`;
  return rows.map((row) => row.cameraId);
}

/** What cameras say, straight from their rows, judged by the pure function. */
async function truth() {
  const rows = await sql<(StationCamera & { stationId: number; phase: string })[]>`
    select a.station_id, a.camera_id, a.placement, coalesce(cs.kind, 'UNKNOWN') as state,
      coalesce(cs.since, a.valid_from) as since_ms, coalesce(p.phase, 'drill') as phase
    from assignment a join station s on s.id = a.station_id
    left join camera_state cs on cs.camera_id = a.camera_id
    left join district_phase p on p.district_code = s.district_code
    where a.valid_to is null`;
  return [...Map.groupBy(rows, (row) => row.stationId)].map(([stationId, cameras]) => {
    const phase = pollPhases.find((one) => one === cameras[0]?.phase) ?? 'drill';
    return { stationId, ...deriveStationState(cameras, defaultRequiredPlacements[phase]) };
  });
}

async function expectTruth(): Promise<void> {
  const states = await sql<Record<string, unknown>[]>`
    select station_id, kind, cameras, down, tampered, required, covered, lost_placements,
      missing_placements from station_state order by station_id`;
  const wanted = (await truth()).sort((a, b) => a.stationId - b.stationId);
  expect([...states]).toEqual(wanted.map(({ sinceMs: _, ...state }) => state));
  const open = await sql<{ stationId: number; kind: string; down: number }[]>`
    select station_id, kind, down from alert where closed_at is null order by station_id, kind`;
  expect([...open]).toEqual(
    wanted
      .flatMap(({ stationId, kind, down, tampered }) => [
        ...(kind === 'OK' ? [] : [{ stationId, kind, down }]),
        ...(tampered === 0 ? [] : [{ stationId, kind: 'TAMPERED', down: tampered }]),
      ])
      .sort((a, b) => a.stationId - b.stationId || (a.kind < b.kind ? -1 : 1)),
  );
}

const storms = fc.array(
  fc.record({
    cameraId: fc.integer({ min: 1, max: 30 }),
    kind: fc.constantFrom(...cameraStateKinds),
    afterMs: fc.nat({ max: 5_000 }),
  }),
  { minLength: 1, maxLength: 40 },
);

test('any order and repetition of changes, on several connections, gives the same states and alerts', async () => {
  let atMs = startMs;
  await fc.assert(
    fc.asyncProperty(storms, fc.infiniteStream(fc.nat({ max: 1_000 })), async (storm, order) => {
      atMs += 10_000;
      const changes = storm.map(({ cameraId, kind, afterMs }) =>
        change(cameraId, kind, atMs + afterMs),
      );
      const newest = new Map(changes.map((one) => [one.cameraId, one]));
      const shuffled = [...changes, ...changes]
        .map((one) => ({ one, at: order.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one);
      const third = Math.ceil(shuffled.length / 3);
      await Promise.all(
        [0, 1, 2].map((part) =>
          storeCameraStates(sql, shuffled.slice(part * third, (part + 1) * third), atMs + 6_000),
        ),
      );
      const stored = await sql<{ cameraId: number; kind: string; version: number }[]>`
        select camera_id, kind, version from camera_state
        where camera_id = any(${[...newest.keys()]}::int[]) order by camera_id`;
      expect([...stored]).toEqual(
        [...newest.values()]
          .sort((a, b) => a.cameraId - b.cameraId)
          .map(({ cameraId, state, version }) => ({ cameraId, kind: state.kind, version })),
      );
      await reconcileStations(sql, atMs + 6_000);
      await expectTruth();
    }),
    { numRuns: 25 },
  );
  const [twice] = await sql<{ count: number }[]>`
    select count(*)::int as count from (select 1 from alert where closed_at is null
      group by station_id, family having count(*) > 1) x`;
  expect(twice?.count).toBe(0);
}, 60_000);

test('SQL and the pure functions use the same words', async () => {
  const rows = await sql<{ kind: CameraStateKind; down: boolean; tampered: boolean }[]>`
    select kind, camera_is_down(kind) as down, camera_is_tampered(kind) as tampered
    from unnest(${[...cameraStateKinds]}::text[]) kind`;
  for (const { kind, down, tampered } of rows) {
    expect({ kind, down, tampered }).toEqual({
      kind,
      down: isDown(kind),
      tampered: isTampered(kind),
    });
  }
  const stored = await sql<{ phase: keyof typeof defaultRequiredPlacements }[]>`
    select phase, placement, need, substitute from phase_placement order by phase, placement`;
  const wanted = pollPhases.flatMap((phase) =>
    defaultRequiredPlacements[phase].map((need) => ({ phase, ...need })),
  );
  const byKey = (a: { phase: string }, b: { phase: string }) =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
  expect([...stored].sort(byKey)).toEqual(wanted.sort(byKey));
});

test('an alert that comes again within the window is the same; later it is a new one', async () => {
  await everything('ONLINE', startMs + 1_000_000_000);
  await reconcileStations(sql, startMs + 1_000_000_000);
  const t = startMs + 2_000_000_000;
  const [camera = 0] = await camerasOf(20);
  const open = async () => (await readAlerts(sql, { state: 'open', limit: 10 })).map((a) => a.id);
  await storeCameraStates(sql, [change(camera, 'SILENT', t)], t);
  const [first = 0] = await open();
  await storeCameraStates(sql, [change(camera, 'ONLINE', t + 60_000)], t + 60_000);
  expect(await open()).toEqual([]);
  await storeCameraStates(sql, [change(camera, 'SILENT', t + 120_000)], t + 120_000);
  expect(await open()).toEqual([first]);
  await storeCameraStates(sql, [change(camera, 'ONLINE', t + 180_000)], t + 180_000);
  await storeCameraStates(sql, [change(camera, 'SILENT', t + 900_000)], t + 900_000);
  expect((await open())[0]).toBeGreaterThan(first);
  await storeCameraStates(sql, [change(camera, 'ONLINE', t + 960_000)], t + 960_000);
});

test('closed by hand it stays closed until another camera fails; of two persons one wins', async () => {
  const t = startMs + 3_000_000_000;
  const [one = 0, two = 0] = await camerasOf(21);
  await storeCameraStates(sql, [change(one, 'SILENT', t)], t);
  const [alert] = await readAlerts(sql, { state: 'open', limit: 1 });
  if (alert === undefined) throw new Error('no alert');
  const given = { ...operator, alertId: alert.id, version: alert.version };
  const cause = { cause: 'power', note: 'transformer' } as const;
  const both = await Promise.allSettled([
    resolveAlert(sql, { ...given, ...cause }, t + 1_000),
    acknowledgeAlert(sql, given, t + 1_000),
  ]);
  expect(both.map((one_) => one_.status).sort()).toEqual(['fulfilled', 'rejected']);
  const [now] = await readAlerts(sql, { ids: [alert.id], limit: 1 });
  if (now !== undefined && now.state !== 'closed') {
    await resolveAlert(sql, { ...given, version: now.version, ...cause }, t + 2_000);
  }
  await reconcileStations(sql, t + 3_000);
  await sql.begin((tx) => evaluateStations(tx, [21], t + 3_000));
  expect(await readAlerts(sql, { state: 'open', limit: 1 })).toEqual([]);
  await storeCameraStates(sql, [change(two, 'SILENT', t + 4_000)], t + 4_000);
  const [again] = await readAlerts(sql, { state: 'open', limit: 1 });
  expect(again).toMatchObject({ id: alert.id, down: 2, reopened: 1, resolution: null });
  const stale = await sql.begin((tx) =>
    markResolved(tx, alert.id, alert.version, cause, 'x', t + 5_000),
  );
  expect(stale).toBe(false);
  const audit = await sql<{ action: string }[]>`
    select action from audit_log where subject = ${String(alert.id)} and action like 'alert.%'`;
  expect(audit.map((row) => row.action)).toContain('alert.resolve');
  await storeCameraStates(
    sql,
    [one, two].map((id) => change(id, 'ONLINE', t + 6_000)),
    t + 6_000,
  );
});

test('the count requires its view: the phase alone opens and ends alerts', async () => {
  const t = startMs + 4_000_000_000;
  await everything('ONLINE', t);
  const entries = [
    { districtCode: 'D01', phase: 'poll', startsAtMs: t - 1_000 },
    { districtCode: 'D01', phase: 'count', startsAtMs: t + 60_000 },
  ] as const;
  const general = { name: 'General election', nameUr: '', districtCodes: null, version: 1 };
  await changeElection(sql, 1, { ...general, entries }, operator, t);
  await expect(
    changeElection(sql, 1, { ...general, entries: [] }, operator, t),
  ).rejects.toMatchObject({ code: 'ALERT_CHANGED', details: { version: 2 } });
  await enterPhases(sql, t);
  await reconcileStations(sql, t);
  expect(await readAlerts(sql, { state: 'open', limit: 100 })).toEqual([]);
  // Stations of the district whose cameras show neither the table nor a booth.
  const blindToCount = await sql<{ stationId: number }[]>`
    select a.station_id from assignment a join station s on s.id = a.station_id
    where s.district_code = 'D01' group by 1
    having not bool_or(placement in ('COUNT_TABLE', 'BOOTH')) order by 1`;
  const entered = await enterPhases(sql, t + 60_000);
  expect(entered).toEqual([{ districtCode: 'D01', phase: 'count', sinceMs: t + 60_000 }]);
  await reconcileStations(sql, t + 60_000);
  await expectTruth();
  const open = await readAlerts(sql, { state: 'open', limit: 100 });
  expect(open).toHaveLength(blindToCount.length);
  for (const alert of open) {
    expect(alert).toMatchObject({ severity: 'critical', missingPlacements: ['COUNT_TABLE'] });
  }
  expect(await readElectionPhase(sql, t + 60_000)).toEqual({
    kind: 'count',
    sinceUs: (t - 1_000) * 1_000,
  });
  await changeElection(sql, 1, { ...general, version: 2, entries: [] }, operator, t + 120_000);
  await enterPhases(sql, t + 120_000);
  await reconcileStations(sql, t + 120_000);
  expect(await readAlerts(sql, { state: 'open', limit: 1 })).toEqual([]);
});

test('a by-election has a clock of its own: its districts vote while the others are idle', async () => {
  const t = startMs + 4_500_000_000;
  const general = { name: 'General election', nameUr: '', districtCodes: null, version: 3 };
  const idle = [{ districtCode: null, phase: 'idle', startsAtMs: t - 10_000 }] as const;
  await changeElection(sql, 1, { ...general, entries: idle }, operator, t);
  const byElection = {
    name: 'By-election PP-1 and PP-2',
    nameUr: '',
    districtCodes: ['D03', 'D02'],
    entries: [
      { districtCode: null, phase: 'poll', startsAtMs: t - 5_000 },
      { districtCode: 'D03', phase: 'count', startsAtMs: t + 60_000 },
    ],
  } as const;
  const { elections, districts } = await addElection(sql, byElection, operator, t);
  const added = elections.at(-1);
  expect(added).toMatchObject({ ...byElection, districtCodes: ['D02', 'D03'], version: 1 });
  expect(districts.map(({ phase, electionId }) => [phase, electionId])).toEqual([
    ['idle', 1],
    ['poll', added?.id],
    ['poll', added?.id],
    ['idle', 1],
  ]);
  expect(districts[2]).toMatchObject({ nextPhase: 'count', nextAtMs: t + 60_000 });
  await enterPhases(sql, t);
  expect(await enterPhases(sql, t + 60_000)).toMatchObject([
    { districtCode: 'D03', phase: 'count' },
  ]);
  expect(await readElectionPhase(sql, t)).toEqual({ kind: 'poll', sinceUs: (t - 5_000) * 1_000 });

  const wrong = [
    { ...byElection, name: 'by-election pp-1 AND pp-2' },
    { ...byElection, name: '  ' },
    { ...byElection, name: 'B', districtCodes: ['D02'] },
    { ...byElection, name: 'B', districtCodes: ['D02', 'D03', 'XX'] },
    { ...byElection, name: 'B', entries: [...byElection.entries, ...byElection.entries] },
  ];
  for (const body of wrong) {
    const refused = addElection(sql, body, operator, t);
    await expect(refused).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  }
  const seen = { id: added?.id ?? 0, version: 1 };
  await expect(removeElection(sql, { ...seen, version: 9 }, operator, t)).rejects.toMatchObject({
    code: 'ALERT_CHANGED',
  });
  const after = await removeElection(sql, seen, operator, t);
  expect(after.districts.map(({ phase }) => phase)).toEqual(['idle', 'idle', 'idle', 'idle']);
  expect(await readElectionPhase(sql, t)).toBeNull();
  await expect(removeElection(sql, seen, operator, t)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await changeElection(sql, 1, { ...general, version: 4, entries: [] }, operator, t);
  await enterPhases(sql, t + 70_000);
  const audit = await sql<{ action: string }[]>`
    select action from audit_log where action like 'election.%' order by id`;
  expect(audit.map(({ action }) => action.slice('election.'.length))).toEqual([
    ...['change', 'change', 'change', 'add', 'remove', 'change'],
  ]);
});

test('expected darkness is recorded and does not page; when it ends the alert counts', async () => {
  const clock = createManualClock(startMs + 5_000_000_000);
  const t = clock.nowMs();
  const correlator = startCorrelator({ sql, clock, log: testLog, holder: 'expected' });
  const span = {
    kind: 'load-shedding',
    scope: { kind: 'station', key: 'GE24-NA1-PS0030' },
    startsAtMs: t,
    endsAtMs: t + 3_600_000,
    reason: 'schedule of the week',
  } as const;
  const added = await addExpectedDark(sql, span, operator, t);
  const ids = await camerasOf(30);
  await storeCameraStates(
    sql,
    ids.map((id) => change(id, 'UNREACHABLE', t)),
    t,
  );
  const [alert] = await readAlerts(sql, { state: 'open', limit: 1 });
  expect(alert).toMatchObject({ kind: 'BLIND', expected: { id: added.id, kind: 'load-shedding' } });
  expect(alert?.rank).toBeLessThan(10_000);
  const place = {
    stationCode: 'GE24-NA1-PS0030',
    districtCode: 'D03',
    buildingId: 15,
    uplink: 'B',
    feeder: null,
  };
  expect(expectedAt([{ ...added }], place, t)?.id).toBe(added.id);
  const look = async (byMs: number) => {
    clock.advance(byMs);
    correlator.alertsChanged();
    await correlator.pass();
  };
  await look(30_000);
  const paged = async () => (await readAlerts(sql, { state: 'open', limit: 1 }))[0]?.pagedAtMs;
  expect(await paged()).toBeNull();
  await endExpectedDark(sql, added.id, operator, clock.nowMs());
  await reconcileStations(sql, clock.nowMs());
  await look(1_000);
  expect(await paged()).toBe(clock.nowMs());
  const put = await sql<{ payload: unknown }[]>`
    select payload from outbox where topic = 'alert-step' and payload->>'step' = 'page'`;
  expect(put.map((row) => row.payload)).toContainEqual(
    expect.objectContaining({ alertId: alert?.id, step: 'page' }),
  );
  await storeCameraStates(
    sql,
    ids.map((id) => change(id, 'ONLINE', clock.nowMs())),
    clock.nowMs(),
  );
  await correlator.stop();
});

test('a province that goes dark is one incident, told once, acknowledged with its alerts, and ends', async () => {
  const clock = createManualClock(startMs + 6_000_000_000);
  await sql`delete from outbox`;
  const correlator = startCorrelator({ sql, clock, log: testLog, holder: 'province' });
  const other = startCorrelator({ sql, clock, log: testLog, holder: 'other' });
  const look = async (byMs: number) => {
    clock.advance(byMs);
    for (const one of [correlator, other]) {
      one.alertsChanged();
      await one.pass();
    }
  };
  await everything('UNREACHABLE', clock.nowMs());
  for (let second = 0; second < 8; second++) await look(1_000);
  const incidents = await sql<
    { id: number; causeKind: string; stations: number; version: number }[]
  >`
    select id, cause_kind, stations, version from incident where closed_at is null`;
  expect(incidents).toMatchObject([{ causeKind: 'province', stations: fleet.stations }]);
  const [incident] = incidents;
  const open = await readAlerts(sql, { state: 'open', limit: 100 });
  expect(open.every((alert) => alert.incidentId === incident?.id)).toBe(true);
  const told = await sql<{ topic: string }[]>`select topic from outbox`;
  expect([...told]).toEqual([{ topic: 'incident-step' }]);

  const moved = open[0]?.id ?? 0;
  await sql`update alert set version = version + 1 where id = ${moved}`;
  const seen = open.map(({ id, version }) => ({ id, version }));
  const given = {
    ...operator,
    incidentId: incident?.id ?? 0,
    version: incident?.version ?? 0,
    seen,
  };
  const done = await acknowledgeIncident(sql, given, clock.nowMs());
  expect(done.conflicts).toEqual([moved]);
  expect(done.acknowledged).toHaveLength(fleet.stations - 1);
  await expect(acknowledgeIncident(sql, given, clock.nowMs())).rejects.toMatchObject({
    code: 'ALERT_CHANGED',
  });

  await everything('ONLINE', clock.nowMs());
  await look(1_000);
  const [left] = await sql<{ incidents: number; alerts: number }[]>`
    select (select count(*)::int from incident where closed_at is null) as incidents,
      (select count(*)::int from alert where closed_at is null) as alerts`;
  expect(left).toEqual({ incidents: 0, alerts: 0 });
  await correlator.stop();
  await other.stop();
});

test('a media node that is gone is a fault of our own, and ends when it is settled again', async () => {
  const clock = createManualClock(startMs + 7_000_000_000);
  const t = clock.nowMs();
  await sql`
    insert into node (role, id, version, started_at, linked_at, lease_until)
    values ('media', 'm1', '0', ${t}, ${t}, ${t + 30_000})`;
  await sql`insert into camera_node (camera_id, node_id) select id, 'm1' from camera`;
  const correlator = startCorrelator({ sql, clock, log: testLog, holder: 'own' });
  await correlator.pass();
  const look = async (byMs: number) => {
    clock.advance(byMs);
    await correlator.pass();
    return await sql<{ kind: string; causeKey: string; stations: number }[]>`
      select kind, cause_key, stations from incident where closed_at is null`;
  };
  expect(await look(6_000)).toHaveLength(0);
  await sql`update node set unlinked_at = ${clock.nowMs()} where id = 'm1'`;
  expect(await look(6_000)).toHaveLength(0);
  await look(6_000);
  expect([...(await look(1_000))]).toEqual([
    { kind: 'OWN', causeKey: 'm1', stations: fleet.stations },
  ]);
  await sql`
    update node set unlinked_at = null, linked_at = ${clock.nowMs()},
      lease_until = ${clock.nowMs() + 3_600_000} where id = 'm1'`;
  expect(await look(6_000)).toHaveLength(1);
  await look(30_000);
  expect(await look(6_000)).toHaveLength(0);
  await correlator.stop();
});
