import { randomBytes } from 'node:crypto';
import { isSealedWithCurrent } from '@nigehban/config/secrets/sealed-box.ts';
import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type {
  AssetView,
  AssignmentView,
  CameraHistory,
  ResealReport,
  StationCameraAt,
} from '@nigehban/domain/api/lifecycle-types.ts';
import type { CameraPolicyView, PolicyReportView } from '@nigehban/domain/api/tool-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import type { CameraToolMethods } from '@nigehban/domain/camera-tools.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { probeOf, startFakeGateway, startFakeMediaNode } from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testSecretKey,
} from '../testing/test-services.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';
import { createCredentials } from './rotate-credentials.ts';

type ApplyParams = CameraToolMethods['gateway.apply-policy'][0];
type ApplyResult = CameraToolMethods['gateway.apply-policy'][1];

const closers: (() => Promise<unknown>)[] = [];
let services: TestServices;
let server: TestServer;
let node: ReturnType<typeof startFakeMediaNode>;
let cameras: readonly CameraView[];
const rebooted: string[] = [];
const applied: ApplyParams[] = [];
let applyPolicy: (params: ApplyParams) => Promise<ApplyResult> = async () => ({ items: [] });
/** Passwords that the one camera of the credential tests accepts. */
let validPassword = '';

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  closers.push(() => services.stop());
  server = await startTestServer(services);
  closers.push(() => server.stop());
  const gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
    'gateway.ping': async ({ endpoint }) => ({
      ports: [{ port: endpoint.onvifPort, connectMs: 1.5, fault: null }],
    }),
    'gateway.reboot': async ({ endpoint }) => {
      rebooted.push(endpoint.address);
      return { message: 'Rebooting' };
    },
    'gateway.set-time': async () => ({ beforeMs: -3_600_000, afterMs: 200 }),
    'gateway.try-credentials': async ({ credentials }) => ({
      accepted: credentials?.password === validPassword,
      fault: null,
    }),
    'gateway.apply-policy': async (params) => {
      applied.push(params);
      return await applyPolicy(params);
    },
  });
  closers.push(() => gateway.stop());
  node = startFakeMediaNode(server.url);
  closers.push(() => node.link.stop());
  await server.importPlan(planOf(2, 3));
  await vi.waitFor(
    async () => {
      cameras = (await ask('GET', '/api/cameras')).body as CameraView[];
      expect(cameras.every((camera) => camera.registered)).toBe(true);
      expect(node.orders()).toHaveLength(6);
    },
    { timeout: 15_000 },
  );
}, 60_000);

afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function ask(method: string, path: string, body?: unknown, role: Role = 'technician') {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      cookie: await server.signIn(role),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

function codeOf(answer: { body: unknown }): string | undefined {
  return (answer.body as { error?: { code: string } }).error?.code;
}

function cameraAt(index: number): CameraView {
  const camera = cameras[index];
  if (camera === undefined) throw new Error(`no camera ${index}`);
  return camera;
}

async function historyOf(cameraId: number): Promise<CameraHistory> {
  return (await ask('GET', `/api/cameras/${cameraId}/history`)).body as CameraHistory;
}

const [firstStation, secondStation] = ['GE24-NA117-PS001', 'GE24-NA117-PS002'];

test('a transfer moves a camera in one step, and its footage of before stays the first station’s', async () => {
  const camera = cameraAt(0);
  const beforeMs = Date.now();
  const body = {
    stationCode: secondStation,
    placement: 'COUNT_TABLE',
    booth: null,
    reason: 'moved',
  };
  const moved = await ask('POST', `/api/cameras/${camera.id}/transfer`, body);
  expect(moved.body).toMatchObject({
    stationCode: secondStation,
    placement: 'COUNT_TABLE',
    approvedBy: 'technician',
    reason: 'moved',
    toMs: null,
    approval: 'unapproved',
  });
  expect(codeOf(await ask('POST', `/api/cameras/${camera.id}/transfer`, body))).toBe(
    'ASSIGNMENT_CONFLICT',
  );
  const elsewhere = { ...body, stationCode: 'GE24-NA117-PS099' };
  expect(codeOf(await ask('POST', `/api/cameras/${camera.id}/transfer`, elsewhere))).toBe(
    'STATION_UNKNOWN',
  );
  const { assignments } = await historyOf(camera.id);
  expect(assignments).toMatchObject([
    { stationCode: secondStation, endedHow: null },
    { stationCode: firstStation, endedHow: 'transfer', endedBy: 'technician', endReason: 'moved' },
  ]);
  expect(assignments[1]?.toMs).toBe(assignments[0]?.fromMs);
  const at = async (code: string, atMs: number) =>
    ((await ask('GET', `/api/stations/${code}/cameras-at?atMs=${atMs}`)).body as StationCameraAt[])
      .map((one) => one.cameraId)
      .includes(camera.id);
  const changedMs = assignments[0]?.fromMs ?? 0;
  expect([await at(firstStation, beforeMs), await at(secondStation, beforeMs)]).toEqual([
    true,
    false,
  ]);
  expect([await at(firstStation, changedMs), await at(secondStation, changedMs)]).toEqual([
    false,
    true,
  ]);
  await vi.waitFor(
    () =>
      expect(node.orders().find((order) => order.cameraId === camera.id)?.stationCode).toBe(
        secondStation,
      ),
    { timeout: 10_000 },
  );
});

test('a spare replaces a camera and is looked for in its place; both know of each other', async () => {
  const old = cameraAt(1);
  const spare = await ask('POST', '/api/assets', { code: 'SPARE-1', serial: 'SN00012', mac: null });
  expect(codeOf(spare)).toBe('ASSIGNMENT_CONFLICT');
  const body = { code: 'SPARE-1', serial: 'SN77', mac: '02-aa-aa-aa-aa-01' };
  const fresh = (await ask('POST', '/api/assets', body)).body as AssetView;
  expect(fresh).toMatchObject({ lifecycle: 'spare', mac: '02:aa:aa:aa:aa:01', stationCode: null });
  const replace = { replacementId: fresh.id, replacedBecomes: 'retired', reason: 'lens broken' };
  const replaced = await ask('POST', `/api/cameras/${old.id}/replace`, replace);
  expect(replaced.body).toMatchObject({
    cameraId: fresh.id,
    stationCode: old.stationCode,
    placement: old.placement,
    booth: old.booth,
  });
  expect(codeOf(await ask('POST', `/api/cameras/${old.id}/replace`, replace))).toBe(
    'ASSIGNMENT_CONFLICT',
  );
  const [row] = await server.sql<{ code: string; address: string; credentials: Buffer }[]>`
    select code, address, credentials from camera where id = ${fresh.id}`;
  const [former] = await server.sql`select address from camera where id = ${old.id}`;
  expect(row?.address).toBe(former?.address);
  // The seal is of the new asset: the old one's would not open for it.
  expect(openCredentials(testSecretKey, 'SPARE-1', row?.credentials ?? Buffer.alloc(0))).toEqual({
    username: 'admin',
    password: 'p,"w',
  });
  const of = await historyOf(old.id);
  expect(of.asset).toMatchObject({ lifecycle: 'retired', stationCode: null });
  expect(of.assignments[0]).toMatchObject({ endedHow: 'replace', endReason: 'lens broken' });
  expect(of.events.map((event) => event.kind)).toEqual(['replaced', 'lifecycle', 'registered']);
  const freshHistory = await historyOf(fresh.id);
  expect(freshHistory.events[0]).toMatchObject({
    kind: 'replaces',
    actor: 'technician',
    details: { camera: old.code },
  });
  const listed = (await ask('GET', '/api/cameras')).body as CameraView[];
  expect(listed.map((camera) => camera.id)).not.toContain(old.id);

  const back = { stationCode: secondStation, placement: 'REAR', booth: null, reason: 'repaired' };
  const reinstated = (await ask('POST', `/api/cameras/${old.id}/reinstate`, back))
    .body as AssignmentView;
  expect(reinstated).toMatchObject({ stationCode: secondStation, approval: 'not-needed' });
  const retire = { becomes: 'spare', reason: 'not needed' };
  const retired = await ask('POST', `/api/cameras/${old.id}/retire`, retire);
  expect(retired.body).toMatchObject({ lifecycle: 'spare', stationCode: null });
  const audit = await server.sql<{ action: string }[]>`
    select action from audit_log where action like 'camera.%' order by id`;
  expect(audit.map((entry) => entry.action)).toEqual([
    'camera.transfer',
    'camera.add-spare',
    'camera.replace',
    'camera.reinstate',
    'camera.retire',
  ]);
});

test('two people who move the same camera at once: one does, the other is told', async () => {
  const camera = cameraAt(2);
  const body = { stationCode: secondStation, placement: 'REAR', booth: null, reason: 'moved' };
  const both = await Promise.all([
    ask('POST', `/api/cameras/${camera.id}/transfer`, body),
    ask('POST', `/api/cameras/${camera.id}/transfer`, body),
  ]);
  expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
  const { assignments } = await historyOf(camera.id);
  expect(assignments.filter((one) => one.toMs === null)).toHaveLength(1);
});

test('credentials are set by batch, noted without themselves, and never told', async () => {
  const secret = 'a very new password';
  const body = { username: 'root', password: secret, stationCode: secondStation };
  const both = { ...body, districtCode: 'LHR' };
  expect(codeOf(await ask('POST', '/api/credentials', both))).toBe('REQUEST_INVALID');
  const none = { ...body, stationCode: 'GE24-NA117-PS099' };
  expect(codeOf(await ask('POST', '/api/credentials', none))).toBe('CAMERA_UNKNOWN');
  const set = (await ask('POST', '/api/credentials', body)).body as { changed: number };
  expect(set.changed).toBeGreaterThan(3);
  expect((await ask('POST', '/api/credentials', body)).body).toEqual({
    changed: 0,
    unchanged: set.changed,
  });
  await vi.waitFor(
    () =>
      expect(
        node
          .orders()
          .filter((order) => order.stationCode === secondStation)
          .map((order) => order.credentials?.password),
      ).toEqual(Array.from({ length: set.changed }, () => secret)),
    { timeout: 10_000 },
  );
  const { events } = await historyOf(cameraAt(0).id);
  expect(events[0]).toMatchObject({ kind: 'credentials', actor: 'technician', details: {} });
  for (const path of ['/api/cameras', '/api/assets', `/api/cameras/${cameraAt(0).id}/history`]) {
    expect(JSON.stringify((await ask('GET', path)).body)).not.toContain(secret);
  }
  const audit = await server.sql`select details::text from audit_log`;
  expect(JSON.stringify(audit)).not.toContain(secret);
});

test('everything is sealed again with a new key, also after a start in the middle', async () => {
  const ring = { current: randomBytes(32), old: [testSecretKey] };
  const person = { username: 'administrator', address: '127.0.0.1' };
  const credentials = createCredentials({
    sql: server.sql,
    clock: { nowMs: Date.now } as never,
    secretKey: ring,
  });
  const [lost] = await server.sql<{ code: string }[]>`
    insert into camera (code, credentials) values ('LOST-1', ${sealCredentials(randomBytes(32), 'LOST-1', { username: 'a', password: 'b' })})
    returning code`;
  const before = await credentials.state();
  expect(before).toMatchObject({ done: false, lost: [lost?.code] });
  // Somebody began and was killed: half of them are sealed with the new key already.
  const rows = await server.sql<{ id: number; code: string; credentials: Buffer }[]>`
    select id, code, credentials from camera where credentials is not null and code <> 'LOST-1'
    order by id`;
  const open = (row: { code: string; credentials: Buffer }): CameraCredentials =>
    openCredentials(ring, row.code, row.credentials);
  const [one] = rows;
  if (one === undefined) throw new Error('no camera');
  await server.sql.begin(async (tx) => {
    await tx`select set_config('nigehban.resealing', 'on', true)`;
    await tx`update camera set credentials = ${sealCredentials(ring, one.code, open(one))} where id = ${one.id}`;
  });
  const report: ResealReport = await credentials.reseal(person);
  expect(report).toMatchObject({ resealed: rows.length - 1, remaining: 0, lost: ['LOST-1'] });
  const after = await server.sql<{ id: number; code: string; credentials: Buffer }[]>`
    select id, code, credentials from camera where credentials is not null and code <> 'LOST-1'
    order by id`;
  expect(after.map(open)).toEqual(rows.map(open));
  expect(after.every((row) => isSealedWithCurrent(ring, row.credentials))).toBe(true);
  expect((await credentials.reseal(person)).resealed).toBe(0);
  // The same secrets under another key are no change of credentials.
  const { events } = await historyOf(one.id);
  expect(events.filter((event) => event.kind === 'credentials').length).toBeLessThan(2);
  // Back under the server's key, for the tests to come.
  const backRing = { current: testSecretKey, old: [ring.current] };
  await createCredentials({
    sql: server.sql,
    clock: { nowMs: Date.now } as never,
    secretKey: backRing,
  }).reseal(person);
});

test('tools are for technicians, one at a time, and a reboot wants to be confirmed', async () => {
  const base = `/api/cameras/${cameraAt(3).id}/tools`;
  expect((await ask('POST', `${base}/ping`, undefined, 'operator')).status).toBe(403);
  expect((await ask('POST', `${base}/ping`)).body).toMatchObject({ ports: [{ connectMs: 1.5 }] });
  expect(codeOf(await ask('POST', `${base}/ping`))).toBe('CAMERA_TOOL_BUSY');
  const other = `/api/cameras/${cameraAt(4).id}/tools`;
  expect((await ask('POST', `${other}/reboot`, {})).status).toBe(400);
  expect((await ask('POST', `${other}/reboot`, { confirm: false })).status).toBe(400);
  expect((await ask('POST', `${other}/reboot`, { confirm: true })).body).toEqual({
    message: 'Rebooting',
  });
  expect(rebooted).toHaveLength(1);
  const audit = await server.sql<{ action: string; subject: string }[]>`
    select action, subject from audit_log where action in ('camera.ping', 'camera.reboot')
    order by id`;
  expect([...audit]).toEqual([
    { action: 'camera.ping', subject: cameraAt(3).code },
    { action: 'camera.reboot', subject: cameraAt(4).code },
  ]);
  validPassword = 'found on the sticker';
  const tried = { username: 'root', password: validPassword, store: true };
  const last = `/api/cameras/${cameraAt(5).id}/tools`;
  expect((await ask('POST', `${last}/credentials`, tried)).body).toMatchObject({
    accepted: true,
    stored: true,
  });
});

test('a policy is applied once, told when it drifts, and its password is never shown', async () => {
  const camera = cameraAt(3);
  const item = { item: 'ntp', wanted: '10.0.0.1', found: '10.0.0.1', fault: null } as const;
  applyPolicy = async () => ({ items: [{ ...item, outcome: 'set' }] });
  const secret = 'policy password 1';
  validPassword = secret;
  const policy = { ntpServer: '10.0.0.1', hostName: '{code}' };
  const put = await ask('PUT', '/api/policies', {
    scope: 'all',
    scopeValue: '',
    policy,
    newPassword: secret,
  });
  expect(put.body).toMatchObject({ policy: { ...policy, hasPassword: true } });
  expect(JSON.stringify(put.body)).not.toContain(secret);
  const reportOf = async () =>
    ((await ask('GET', `/api/cameras/${camera.id}/policy`)).body as CameraPolicyView).report;
  await vi.waitFor(async () => expect(await reportOf()).toMatchObject({ corrected: true }), {
    timeout: 10_000,
  });
  const hostName = camera.code.toLowerCase();
  expect(applied.find((params) => params.policy.hostName === hostName)).toMatchObject({
    correct: true,
    policy: { ntpServer: '10.0.0.1', newPassword: secret },
  });
  applyPolicy = async () => ({ items: [{ ...item, found: 'by DHCP', outcome: 'differs' }] });
  await server.sql`update camera_policy_report set due_at = now() where camera_id = ${camera.id}`;
  await vi.waitFor(
    async () => expect(await reportOf()).toMatchObject({ corrected: false, differs: 1 }),
    { timeout: 10_000 },
  );
  const drifted = (await ask('GET', '/api/policy-reports?differs=1')).body as PolicyReportView[];
  expect(drifted.map((report) => report.cameraCode)).toContain(camera.code);
});

test('a change of password that was cut short is found out: the camera is never locked out', async () => {
  const camera = cameraAt(4);
  const readRow = async () => {
    const [row] = await server.sql<{ credentials: Buffer; pendingCredentials: Buffer | null }[]>`
      select credentials, pending_credentials from camera where id = ${camera.id}`;
    if (row === undefined) throw new Error('no camera');
    const { password } = openCredentials(testSecretKey, camera.code, row.credentials);
    return { password, isPending: row.pendingCredentials !== null };
  };
  const apply = (newPassword: string) => {
    const body = { scope: 'all', scopeValue: '', policy: {}, newPassword };
    return ask('PUT', '/api/policies', body).then(() =>
      ask('POST', `/api/cameras/${camera.id}/policy/apply`, { correct: true }),
    );
  };
  // The camera took it and the connection broke.
  applyPolicy = async ({ policy }) => {
    expect((await readRow()).isPending).toBe(true);
    validPassword = policy.newPassword ?? '';
    throw new Fault('CAMERA_TIMEOUT', 'did not answer in time');
  };
  expect(codeOf(await apply('second password'))).toBe('CAMERA_TIMEOUT');
  expect(await readRow()).toEqual({ password: 'second password', isPending: false });
  // The connection broke before the camera took it.
  applyPolicy = async () => {
    throw new Fault('CAMERA_TIMEOUT', 'did not answer in time');
  };
  expect(codeOf(await apply('third password'))).toBe('CAMERA_TIMEOUT');
  expect(await readRow()).toEqual({ password: 'second password', isPending: false });
}, 20_000);
