import { createManualClock, type ManualClock, systemClock } from '@nigehban/config/clock/clock.ts';
import { openDatabase, type Sql } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { startTestServices, type TestServices } from '@nigehban/server/testing/test-services.ts';
import { addDistrictsOf } from '@nigehban/server/use-cases/import-districts.ts';
import { importPlan } from '@nigehban/server/use-cases/import-plan.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { exercisePlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { until } from '../fleet/test-tools.ts';
import { type EnrolmentSite, planRows, startEnrolmentSite } from './enrolment-site.ts';

const secretKey = Buffer.alloc(32, 9);
const models = ['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E', 'PX-9T', 'RS-1'];
const asker = { actor: 'technician', address: '127.0.0.1' };

let services: TestServices;
let fleet: Fleet;
let sql: Sql;
let site: EnrolmentSite | null = null;

beforeAll(async () => {
  services = await startTestServices();
  const plan = exercisePlan({ baseAddress: '127.232.9.1', httpPort: 8000, rtspPort: 8554 });
  fleet = await startFleet({
    cameras: {
      stations: plan.stations,
      cameras: plan.cameras.slice(0, models.length).map((camera, index) => ({
        ...camera,
        ...{ modelName: models[index] ?? '', audio: false, password: 'Right-2024' },
      })),
    },
    scenes: 'tiny',
    multicast: false,
  });
});
afterAll(async () => {
  await fleet?.stop();
  await services?.stop();
});

const identities = new Map<string, { serial: string; mac: string }>();
beforeEach(async () => {
  for (const { plan } of fleet.cameras) {
    identities.set(plan.id, { serial: plan.serial, mac: plan.mac });
  }
  sql = openDatabase(await services.createDatabase(), { maxConnections: 4 });
  await migrate(sql);
  const districts = new URL(import.meta.resolve('@nigehban/config/data/punjab_districts.csv'));
  await addDistrictsOf(sql, districts.pathname);
});
afterEach(async () => {
  await site?.stop();
  site = null;
  await sql.end({ timeout: 2 });
  for (const camera of fleet.cameras) {
    const identity = identities.get(camera.plan.id);
    if (identity !== undefined) await camera.setIdentity(identity);
    await camera.setFaults([]);
  }
});

async function load(rows: string): Promise<void> {
  await importPlan(sql, secretKey, { text: rows, actor: null, address: null }, Date.now());
}

function at(index: number): SimulatedCamera {
  const camera = fleet.cameras[index];
  if (camera === undefined) throw new Error(`no camera ${index}`);
  return camera;
}

interface CameraRow {
  readonly id: number;
  readonly code: string;
  readonly address: string | null;
  readonly serial: string | null;
  readonly registeredAt: number | null;
  readonly fault: string | null;
}

async function cameras(): Promise<Map<string, CameraRow>> {
  const rows = await sql<CameraRow[]>`select id, code, address, serial, registered_at,
    registration_fault as fault from camera`;
  return new Map(rows.map((row) => [row.code, row]));
}

async function registered(): Promise<number> {
  return [...(await cameras()).values()].filter((row) => row.registeredAt !== null).length;
}

async function begin(): Promise<EnrolmentSite> {
  site = await startEnrolmentSite({ sql, clock: systemClock, secretKey });
  return site;
}

async function runOver(runs: EnrolmentSite['parts']['runs'], id: number) {
  await until('the run is over', 20_000, async () => (await runs.get(id)).state !== 'RUNNING');
  return await runs.get(id);
}

test('a run finds what discovery and HTTP answer, binds by serial, MAC and address, keeps strangers', async () => {
  // 0 to 2 by serial, 3 by its address alone, 4 is not in the plan, 5 has another password.
  await load(
    planRows(
      { ...fleet.plan, cameras: fleet.plan.cameras.filter((_, index) => index !== 4) },
      (_, index) => {
        if (index === 3) return { serial: '', mac: '' };
        return { ...(index === 4 ? { password: 'Wrong-2024' } : {}), mac: '', address: '' };
      },
    ),
  );
  const before = at(5).counters.onvifAuthFailures;
  const { parts } = await begin();
  const body = {
    cidrs: ['127.232.9.0/27'],
    multicast: false,
    httpPorts: [8000],
    credentials: [{ username: 'nigehban', password: 'Right-2024' }],
  };
  // A password that the plan has is tried at the place; the batch's own comes first.
  const started = await parts.runs.start(body, asker);
  expect(started).toMatchObject({
    state: 'RUNNING',
    chunks: 1,
    addresses: 32,
    startedBy: 'technician',
  });
  const run = await runOver(parts.runs, started.id);
  expect(run).toMatchObject({
    state: 'DONE',
    chunksDone: 1,
    addressesAsked: 32,
    counts: { found: 6, quarantined: 1, refused: 0, failed: 0 },
  });
  expect(run.counts.bound + run.counts.known).toBe(5);
  expect(await registered()).toBe(5);
  expect(at(5).counters.onvifAuthFailures).toBe(before);
  const [stranger, ...others] = await parts.quarantine.list();
  expect(others).toEqual([]);
  expect(stranger).toMatchObject({
    address: at(4).plan.address,
    reason: 'not-in-plan',
    identity: { model: 'PX-9T', serial: at(4).plan.serial },
  });
  const [stored] = await sql<{ credentials: Uint8Array | null }[]>`
    select credentials from discovery_run`;
  expect(stored?.credentials).toBeNull();

  // Bound by a person in the place of another, it is that camera; the former one is not any more.
  const code = fleet.plan.cameras[0]?.id ?? '';
  const left = await parts.quarantine.bind(stranger?.id ?? 0, code, asker);
  expect(left.map(({ id }) => id)).not.toContain(stranger?.id);
  expect((await cameras()).get(code)).toMatchObject({
    address: at(4).plan.address,
    serial: at(4).plan.serial,
    fault: null,
  });
  const audit = await sql<{ action: string; actor: string; subject: string }[]>`
    select action, actor, subject from audit_log order by id`;
  expect(audit.at(-1)).toMatchObject({
    action: 'quarantine.bind',
    actor: 'technician',
    subject: code,
  });
});

test('a run goes on where it stopped, and one that is cancelled ends', async () => {
  await load(planRows(fleet.plan, () => ({ address: '' })));
  const first = await begin();
  const cidrs = ['127.232.9.0/27', '127.232.10.0/27', '127.232.11.0/27'];
  const { id } = await first.parts.runs.start({ cidrs, multicast: false }, asker);
  await until(
    'a part is done',
    20_000,
    async () => (await first.parts.runs.get(id)).chunksDone > 0,
  );
  await first.stop();
  const done = (await sql<{ chunksDone: number }[]>`select chunks_done from discovery_run`)[0];
  expect(done?.chunksDone).toBeLessThan(3);
  const second = await begin();
  const run = await runOver(second.parts.runs, id);
  expect(run).toMatchObject({ state: 'DONE', chunksDone: 3, addressesAsked: 96 });
  expect(run.counts.found).toBe(6);
  expect(await registered()).toBe(6);
  const other = await second.parts.runs.start({ cidrs, multicast: false }, asker);
  expect(await second.parts.runs.cancel(other.id, asker)).toMatchObject({ state: 'CANCELLED' });
  await expect(second.parts.runs.get(99)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(
    second.parts.runs.start({ cidrs: ['10.0.0.0/4'], multicast: false }, asker),
  ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('one camera at two addresses is one camera', async () => {
  await load(planRows(fleet.plan));
  const { parts } = await begin();
  await until('all are registered', 20_000, async () => (await registered()) === 6);
  // The second address of camera 0: the device that stood there was taken away.
  await at(1).setIdentity({ serial: at(0).plan.serial, mac: at(0).plan.mac });
  const { address, httpPort } = at(1).plan;
  const found = { address, onvifPort: httpPort, path: '/', endpointReference: '', scopes: [] };
  const outcomes: unknown[] = [];
  await parts.registration.enrolFound([found], [], (_, outcome) => outcomes.push(outcome));
  expect(outcomes).toMatchObject([{ kind: 'twice', code: at(0).plan.id }]);
  expect((await cameras()).get(at(0).plan.id)).toMatchObject({ address: at(0).plan.address });
});

test('two cameras that changed places are both put right, and nothing of one is ordered as the other', async () => {
  await load(planRows(fleet.plan));
  const { parts, directory } = await begin();
  await sql`insert into node (role, id, version, started_at, linked_at, lease_until)
    values ('media', 'media-1', 'test', now(), now(), now() + interval '1 day')`;
  await until('all are registered', 20_000, async () => (await registered()) === 6);
  await sql`insert into camera_node (camera_id, node_id) select id, 'media-1' from camera`;
  const [one, other] = [at(0), at(1)];
  const ids = await cameras();
  const idOf = (camera: SimulatedCamera) => ids.get(camera.plan.id)?.id ?? 0;
  const was = { serial: one.plan.serial, mac: one.plan.mac };
  const now = { serial: other.plan.serial, mac: other.plan.mac };
  const facts = (kind: 'down' | 'flowing') =>
    [one, other].map((camera) => ({
      ...{ cameraId: idOf(camera), quality: 'main' as const, atMs: Date.now() },
      ...(kind === 'flowing'
        ? { kind: 'stream-flowing' as const }
        : {
            ...{ kind: 'stream-down' as const, lastFrameMs: null, evidence: '' },
            fault: 'CAMERA_SILENT' as const,
          }),
    }));
  parts.facts(facts('down'));
  await one.setIdentity(now);
  await other.setIdentity(was);
  parts.facts(facts('flowing'));
  const wrong: string[] = [];
  await until('both are where they are', 20_000, async () => {
    await directory.load();
    const rows = await cameras();
    return (
      rows.get(one.plan.id)?.address === other.plan.address &&
      rows.get(other.plan.id)?.address === one.plan.address &&
      rows.get(one.plan.id)?.registeredAt !== null &&
      rows.get(other.plan.id)?.registeredAt !== null
    );
  });
  await directory.load();
  for (const order of directory.ordersFor('media-1')) {
    const serial = (await cameras()).get(order.cameraCode)?.serial;
    const there = fleet.cameras.find(({ plan }) =>
      order.streams.every(({ url }) => url.includes(`//${plan.address}:`)),
    );
    if (there?.plan.serial !== serial) wrong.push(order.cameraCode);
  }
  expect(wrong).toEqual([]);
  expect(directory.ordersFor('media-1')).toHaveLength(6);
  const doubts = await sql<{ cameraId: number }[]>`select camera_id from identity_doubt`;
  expect(doubts.length).toBeGreaterThan(0);
});

test('a device in the place of a registered camera stops its recording and waits for a person', async () => {
  await load(planRows(fleet.plan));
  const { parts, directory } = await begin();
  await until('all are registered', 20_000, async () => (await registered()) === 6);
  const code = at(2).plan.id;
  await at(2).setIdentity({ serial: 'STRANGER-1', mac: '02:99:99:99:99:01' });
  await parts.verify((await cameras()).get(code)?.id ?? 0);
  expect((await cameras()).get(code)).toMatchObject({
    registeredAt: null,
    fault: 'CAMERA_IDENTITY_MISMATCH',
  });
  await directory.load();
  expect(directory.all().find(({ asset }) => asset.code === code)?.asset.registered).toBe(false);
  expect(await parts.quarantine.list()).toMatchObject([
    { reason: 'conflict', candidates: [code], identity: { serial: 'STRANGER-1' } },
  ]);
});

test('a wrong password is tried exactly once in a day of sweeps, retries, runs and restarts', async () => {
  await load(planRows(fleet.plan));
  const before = fleet.cameras.map(({ counters }) => counters.onvifAuthFailures);
  const rtspBefore = fleet.cameras.map(({ counters }) => counters.rtspAuthFailures);
  for (const camera of fleet.cameras) await camera.setFaults([{ kind: 'wrong-password' }]);
  const clock: ManualClock = createManualClock(Date.now());
  const idle = async () => {
    let calm = 0;
    await until('nothing is under way', 20_000, () => {
      clock.advance(10);
      calm = site?.busy() === 0 ? calm + 1 : 0;
      return calm > 2;
    });
  };
  const start = async () => {
    site = await startEnrolmentSite({ sql, clock, secretKey });
    return site;
  };
  let current = await start();
  const stepMs = 60 * 60_000;
  for (let elapsedMs = 0; elapsedMs < 23 * 3_600_000; elapsedMs += stepMs) {
    clock.advance(1_000);
    await idle();
    const entries = current.directory.all();
    await Promise.all(
      entries.flatMap(({ asset, endpoint, credentials }) => {
        if (endpoint === null) return [];
        const check = { cameraId: asset.id, endpoint, credentials, streamUrl: null, serial: null };
        const snapshot = { endpoint, credentials, profileToken: 'x' };
        return [
          current.ask('gateway.check', check, 1_000),
          current.ask('gateway.snapshot', snapshot, 1_000).catch(() => {}),
        ];
      }),
    );
    if (elapsedMs === 4 * 3_600_000) {
      await current.parts.runs.start({ cidrs: ['127.232.9.0/28'], multicast: false }, asker);
    }
    if (elapsedMs === 12 * 3_600_000) {
      await current.stop();
      current = await start();
    }
    clock.advance(stepMs - 1_000);
    await idle();
  }
  const tried = fleet.cameras.map(
    ({ counters }, index) => counters.onvifAuthFailures - (before[index] ?? 0),
  );
  expect(tried).toEqual([1, 1, 1, 1, 1, 1]);
  const byRtsp = fleet.cameras.map(
    ({ counters }, index) => counters.rtspAuthFailures - (rtspBefore[index] ?? 0),
  );
  expect(byRtsp).toEqual([0, 0, 0, 0, 0, 0]);
  // A person who insists is let through, once; so is another password.
  const id = (await cameras()).get(at(0).plan.id)?.id ?? 0;
  const probing = current.parts.registration.probe(id);
  expect((await probing).fault).toMatchObject({ code: 'CAMERA_AUTH_REFUSED' });
  expect(at(0).counters.onvifAuthFailures - (before[0] ?? 0)).toBe(2);
}, 90_000);
