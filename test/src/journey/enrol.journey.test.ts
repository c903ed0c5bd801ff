import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DiscoveryRunView, QuarantineView } from '@nigehban/domain/api/discovery-types.ts';
import type { CameraHealthView } from '@nigehban/domain/api/health-types.ts';
import type { AlertView, CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { CameraPolicyView } from '@nigehban/domain/api/tool-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { openDatabase, type Sql } from '@nigehban/server/store/database.ts';
import { seedPerson } from '@nigehban/server/use-cases/seed-person.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { crowdModels } from '../fleet/crowd.ts';
import { generatedPlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { callOnvif } from '../fleet/test-onvif-client.ts';
import { type ApiSession, openSession } from './api-session.ts';
import { startChild } from './child-process.ts';
import { type Constellation, password, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { readChains, segmentsOf } from './footage-check.ts';

/**
 * The evening on which a district is enrolled, and what goes wrong with its cameras afterwards: a list
 * with defects, sixty cameras of all makes found by discovery, strangers among them, one that was given
 * another password, one whose clock is wrong, two that are plugged into each other's places.
 */
const nigehban = fileURLToPath(new URL('../../../bin/nigehban.ts', import.meta.url));
const cameraCount = 60;
/** The last ones stand in the network and in no list. */
const strangers = 3;
const [refusing, skewed, dying, swapped, swappedWith, covered] = [8, 13, 3, 12, 27, 0] as const;

let fleet: Fleet;
let constellation: Constellation;
let sql: Sql;
let administrator: ApiSession;
let technician: ApiSession;
let operator: ApiSession;
let supervisors: readonly [ApiSession, ApiSession];
let ids = new Map<string, number>();

function at(index: number): SimulatedCamera {
  const camera = fleet.cameras[index];
  if (camera === undefined) throw new Error(`no camera ${index}`);
  return camera;
}
const idOf = (index: number): number => ids.get(at(index).plan.id) ?? 0;
const detail = (index: number) => technician.get<CameraDetail>(`/api/cameras/${idOf(index)}`);
const health = (index: number) =>
  technician.get<CameraHealthView>(`/api/cameras/${idOf(index)}/health`);

beforeAll(async () => {
  const part = () => 1 + Math.floor(Math.random() * 250);
  const baseAddress = `127.${20 + Math.floor(Math.random() * 230)}.${part()}.1`;
  const addressing = { baseAddress, httpPort: 8000, rtspPort: 8554 };
  fleet = await startFleet({
    cameras: generatedPlan(cameraCount, addressing, crowdModels),
    scenes: 'tiny',
    multicast: false,
  });
  await at(refusing).setFaults([{ kind: 'wrong-password', password: 'changed' }]);
  await at(skewed).setFaults([{ kind: 'clock-offset', offsetMs: -5 * 3_600_000 }]);
  constellation = await startConstellation({
    form: 'a process for each role',
    planCsv: '',
    segmentSeconds: 5,
    prepare: async () => ({ NIGEHBAN_VIEW_APPROVAL: 'required' }),
  });
  sql = openDatabase(constellation.databaseUrl() ?? '', { maxConnections: 2 });
  await seedPerson(sql, {
    ...{ username: 'supervisor2', displayName: 'Second Supervisor' },
    ...{ role: 'supervisor', password },
  });
  const open = (username: string) => openSession(constellation.url, username);
  [administrator, technician, operator] = await Promise.all([
    open('administrator'),
    open('technician'),
    open('operator'),
  ]);
  supervisors = await Promise.all([open('supervisor'), open('supervisor2')]);
}, 120_000);

afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await constellation?.stop();
  await fleet?.stop();
});

/** The list of the cameras, but for one without their addresses, and four rows that are wrong. */
function dirtyList(): string {
  const { stations, cameras } = fleet.plan;
  const known = cameras.slice(0, cameraCount - strangers);
  const lines = buildPlanCsv({
    stations,
    cameras: known.map((camera, index) =>
      index === refusing ? camera : { ...camera, address: '' },
    ),
  })
    .trimEnd()
    .split(/\r?\n/);
  const model = lines[1]?.split(',') ?? [];
  const header = lines[0]?.split(',') ?? [];
  const spoilt = (changes: Readonly<Record<string, string>>) =>
    header.map((name, index) => changes[name] ?? model[index] ?? '').join(',');
  const twin = { serial: 'TWIN-1', mac: '', station_no: '9001' };
  return [
    ...lines,
    spoilt({ district_code: 'Lahroe', station_no: '9002', serial: 'X1', mac: '' }),
    spoilt({ station_no: 'forty-two', serial: 'X2', mac: '' }),
    spoilt({ ...twin, camera_no: '7' }),
    spoilt({ ...twin, camera_no: '8' }),
  ].join('\r\n');
}

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = startChild(nigehban, args, { NIGEHBAN_PASSWORD: password });
  await eventually(`nigehban ${args[0]} ends`, () => child.exited(), 30_000);
  return { code: await child.end('SIGTERM'), output: child.output() };
}

test('a list with defects: a dry run names them, the good rows are applied', async () => {
  const file = join(constellation.dataFolder, 'district.csv');
  await writeFile(file, dirtyList());
  const options = ['import', file, '--server', constellation.url];
  const dry = await command(...options);
  expect(dry.code, dry.output).not.toBe(0);
  for (const code of ['UNKNOWN_DISTRICT', 'DUPLICATE_SERIAL', 'FIELD_INVALID']) {
    expect(dry.output).toContain(code);
  }
  expect(dry.output).not.toContain(at(0).plan.password);
  expect(await administrator.get<CameraView[]>('/api/cameras')).toEqual([]);
  const applied = await command(...options, '--apply', '--set-aside');
  expect(applied.code, applied.output).toBe(0);
  // Seldom is the rule; a journey has less time.
  const often = { sweepEveryMs: 5_000, viewEveryMs: 10_000 };
  await administrator.send('PUT', '/api/settings/watch', often);
  const cameras = await administrator.get<CameraView[]>('/api/cameras');
  expect(cameras).toHaveLength(cameraCount - strangers);
  ids = new Map(cameras.map(({ code, id }) => [code, id]));
});

test('a discovery run finds and binds all; strangers wait', async () => {
  const range = at(0).plan.address.replace(/\.\d+$/, '.0/26');
  const { id } = await technician.send<DiscoveryRunView>('POST', '/api/discovery/runs', {
    cidrs: [range],
    multicast: false,
    httpPorts: [8000],
    credentials: [{ username: at(0).plan.username, password: at(0).plan.password }],
  });
  const run = await eventually(
    'the run is over',
    async () => {
      const now = await technician.get<DiscoveryRunView>(`/api/discovery/runs/${id}`);
      return now.state === 'DONE' && now;
    },
    40_000,
  );
  expect(run.counts).toMatchObject({ found: cameraCount, failed: 0 });
  expect(run.counts.bound + run.counts.known).toBe(cameraCount - strangers - 1);
  const waiting = await technician.get<QuarantineView[]>('/api/quarantine');
  expect(waiting.map(({ address, reason }) => [address, reason]).sort()).toEqual(
    [...fleet.plan.cameras.slice(-strangers).map(({ address }) => [address, 'not-in-plan'])].sort(),
  );
  await eventually(
    'every bound camera is recorded',
    async () => {
      const cameras = await technician.get<CameraView[]>('/api/cameras');
      return cameras.filter(({ recording }) => recording).length === cameraCount - strangers - 1;
    },
    40_000,
  );
});

test('the policy sets time server, text and bitrate, and finds who changed them', async () => {
  const main = { bitrateKbps: 768 };
  await technician.send('PUT', '/api/policies', {
    ...{ scope: 'all', scopeValue: '' },
    policy: { ntpServer: '10.9.8.7', osdText: '{code}', main },
  });
  const apply = (correct: boolean) =>
    technician.send<CameraPolicyView>('POST', `/api/cameras/${idOf(0)}/policy/apply`, { correct });
  const { report } = await apply(true);
  const outcomes = new Map(report?.items.map(({ item, outcome }) => [item, outcome]));
  for (const item of ['ntp', 'osd', 'main.bitrate']) {
    expect([item, outcomes.get(item)]).toEqual([item, expect.stringMatching(/^(set|as-wanted)$/)]);
  }
  expect(at(0).counters.onvifRequests.SetNTP).toBeGreaterThanOrEqual(1);
  const ntp =
    '<FromDHCP>false</FromDHCP><NTPManual><tt:Type xmlns:tt="http://www.onvif.org/ver10/schema">IPv4</tt:Type>' +
    '<tt:IPv4Address xmlns:tt="http://www.onvif.org/ver10/schema">10.1.1.1</tt:IPv4Address></NTPManual>';
  const call = { service: 'tds', operation: 'SetNTP', content: ntp } as const;
  expect((await callOnvif(at(0), call)).status).toBe(200);
  const drifted = await eventually(
    'the drift is found',
    async () => (await apply(false).catch(() => null))?.report ?? undefined,
    10_000,
    500,
  );
  expect(drifted.items).toContainEqual(
    expect.objectContaining({ item: 'ntp', outcome: 'differs', found: '10.1.1.1' }),
  );
});

test('a view inside is hidden until two different people approved it; then it is compared', async () => {
  const inside = fleet.cameras.findIndex(({ plan }) => plan.placement === 'BOOTH');
  const path = `/api/cameras/${idOf(inside)}`;
  expect(await operator.status('GET', `${path}/snapshot.jpg`)).toBe(403);
  const taken = await technician.send<ReferenceView>('POST', `${path}/views`);
  const approve = (by: ApiSession) =>
    by.send<ReferenceView>('POST', `${path}/views/${taken.id}/approve`);
  expect((await approve(supervisors[0])).state).toBe('proposed');
  await expect(approve(supervisors[0])).rejects.toThrow('VIEW_APPROVER_SAME');
  expect(await operator.status('GET', `${path}/snapshot.jpg`)).toBe(403);
  expect(await approve(supervisors[1])).toMatchObject({ state: 'approved', comparable: true });
  expect(await operator.status('GET', `${path}/snapshot.jpg`)).toBe(200);
  const judged = await eventually(
    'its pictures are compared with the approved one',
    async () => {
      const { view } = await health(inside);
      return view?.verdict === 'WELL' && /match|standing|view/i.test(view.evidence) && view;
    },
    45_000,
    500,
  );
  expect(judged.evidence).toMatch(/\w{4}/);
});

test('a camera’s own tamper event arrives by its pull point', async () => {
  await at(covered).setFaults([{ kind: 'event', event: 'tamper', active: true }]);
  const told = await eventually(
    'the event is told',
    async () => (await health(covered)).tamper ?? undefined,
    20_000,
  );
  expect(told.evidence).toMatch(/\w{4}/);
  await at(covered).setFaults([{ kind: 'event', event: 'tamper', active: false }]);
  await eventually('and its end', async () => (await health(covered)).tamper === null, 20_000);
});

test('a recorded camera that dies is UNREACHABLE within ten seconds, one that never was by the sweep', async () => {
  const diedAtMs = Date.now();
  await Promise.all([
    at(dying).setFaults([{ kind: 'unplugged' }]),
    at(refusing).setFaults([
      { kind: 'unplugged' },
      { kind: 'wrong-password', password: 'changed' },
    ]),
  ]);
  expect(await health(refusing)).toMatchObject({ watchedBy: 'sweep' });
  await eventually(
    'the recorded one is UNREACHABLE',
    async () => (await health(dying)).state === 'UNREACHABLE',
    10_000 - (Date.now() - diedAtMs),
    100,
  );
  await eventually(
    'the other one too',
    async () => (await health(refusing)).state === 'UNREACHABLE',
    20_000 - (Date.now() - diedAtMs),
  );
  const alerts = await operator.get<AlertView[]>('/api/alerts?state=open');
  const stations = alerts.map(({ stationCode }) => stationCode);
  for (const index of [dying, refusing]) expect(stations).toContain(at(index).plan.stationId);
  await at(dying).setFaults([]);
  await at(refusing).setFaults([{ kind: 'wrong-password', password: 'changed' }]);
});

test('two cameras that change places: no order, and no footage, of one is the other’s', async () => {
  const [one, other] = [at(swapped), at(swappedWith)];
  const [idOne, idOther] = [idOf(swapped), idOf(swappedWith)];
  const was = { serial: one.plan.serial, mac: one.plan.mac };
  const now = { serial: other.plan.serial, mac: other.plan.mac };
  const swappedAtMs = Date.now();
  await Promise.all([one.setIdentity(now), other.setIdentity(was)]);
  await eventually(
    'both are where they are now, and recorded',
    async () => {
      const [first, second] = await Promise.all([detail(swapped), detail(swappedWith)]);
      return (
        first.address === other.plan.address &&
        second.address === one.plan.address &&
        [first, second].every(({ state, recording }) => recording && state !== 'UNKNOWN')
      );
    },
    30_000,
  );
  const boundAtMs = Date.now();
  expect((await detail(swapped)).identity?.serial).toBe(was.serial);
  expect((await detail(swappedWith)).identity?.serial).toBe(now.serial);
  // Whatever was written at the wrong place in between is known to be doubtful, or was not written.
  const written = await eventually(
    'segments of after the change are closed',
    async () => {
      const all = segmentsOf(await readChains(constellation.footageFolder)).filter(
        ({ cameraId, endUs }) =>
          (cameraId === idOne || cameraId === idOther) && endUs > swappedAtMs * 1_000,
      );
      const later = all.filter(({ startUs }) => startUs > boundAtMs * 1_000);
      return new Set(later.map(({ cameraId }) => cameraId)).size === 2 && all;
    },
    25_000,
  );
  const doubts = await sql<{ cameraId: number; fromAt: number; toAt: number | null }[]>`
    select camera_id, from_at, to_at from identity_doubt`;
  const between = written.filter(
    ({ startUs }) => startUs > swappedAtMs * 1_000 && startUs < boundAtMs * 1_000 - 5_000_000,
  );
  for (const { cameraId, startUs } of between) {
    const doubted = doubts.some(
      (doubt) =>
        doubt.cameraId === cameraId &&
        Number(doubt.fromAt) * 1_000 <= startUs &&
        (doubt.toAt === null || startUs < Number(doubt.toAt) * 1_000),
    );
    const wasBound = await sql`
      select 1 from camera_history where camera_id = ${cameraId} and kind in ('address', 'registered')
        and at > ${swappedAtMs}::timestamptz and at <= ${startUs / 1_000}::timestamptz`;
    expect([cameraId, startUs, doubted || wasBound.length > 0]).toEqual([cameraId, startUs, true]);
  }
});

test('a clock that is five hours behind degrades its camera, with what to do', async () => {
  const reason = await eventually(
    'the wrong clock is told',
    async () => (await health(skewed)).reasons.find(({ kind }) => kind === 'clock-offset'),
    20_000,
  );
  expect(reason.nextAction).toMatch(/\w{4}/);
  await eventually(
    'the camera is degraded by it, and recorded all the same',
    async () => {
      const { state, recording } = await detail(skewed);
      return state === 'DEGRADED' && recording;
    },
    10_000,
  );
});

test('the wrong password was tried exactly once, and no secret was written anywhere', async () => {
  const { onvifAuthFailures, rtspAuthFailures, lockOuts } = at(refusing).counters;
  expect({ onvifAuthFailures, rtspAuthFailures, lockOuts }).toEqual({
    ...{ onvifAuthFailures: 1, rtspAuthFailures: 0, lockOuts: 0 },
  });
  const others = fleet.cameras.filter(
    (_, index) => index !== refusing && index < cameraCount - strangers,
  );
  expect(
    others.map(({ counters }) => counters.onvifAuthFailures + counters.rtspAuthFailures),
  ).toEqual(others.map(() => 0));
  expect(constellation.output()).not.toContain(at(0).plan.password);
});
