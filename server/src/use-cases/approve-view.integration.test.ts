import type { CameraView, SessionView } from '@nigehban/domain/api/http-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hashPassword } from '../security/passwords.ts';
import { insertUser } from '../store/user-store.ts';
import {
  openBrowser,
  probeOf,
  startFakeGateway,
  startFakeMediaNode,
} from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testPassword,
} from '../testing/test-services.ts';

/** Operators of this test may also play back: whoever may, and is no approver, meets the gate. */
vi.mock('@nigehban/domain/permissions.ts', async (load) => {
  const actual = await load<typeof import('@nigehban/domain/permissions.ts')>();
  return {
    ...actual,
    can: (role: Parameters<typeof actual.can>[0], action: Parameters<typeof actual.can>[1]) =>
      actual.can(role, action) || (role === 'operator' && action.startsWith('footage.')),
  };
});

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]);
const closers: (() => Promise<unknown>)[] = [];
let services: TestServices;
let server: TestServer;
let cameras: readonly CameraView[];
let pictures = jpeg;
let consumers = 0;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  closers.push(() => services.stop());
  server = await startTestServer(services);
  closers.push(() => server.stop());
  const passwordHash = await hashPassword(testPassword);
  for (const username of ['amina', 'bilal']) {
    await insertUser(server.sql, {
      username,
      displayName: username,
      role: 'supervisor',
      passwordHash,
    });
  }
  const gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
    'gateway.snapshot': async () => ({ jpegBase64: pictures.toString('base64') }),
    'gateway.fingerprint': async ({ jpegBase64 }) => ({
      fingerprint: `of ${jpegBase64.length}`,
      widthPx: 8,
      heightPx: 8,
    }),
  });
  closers.push(() => gateway.stop());
  const node = startFakeMediaNode(server.url, {
    handlers: {
      'live.join': async ({ quality }) => ({
        nodeId: 'media-1',
        quality,
        transportId: 'transport-1',
        transport: null,
        routerRtpCapabilities: {},
      }),
      'live.consume': async () => ({
        consumerId: `consumer-${++consumers}`,
        producerId: 'p',
        kind: 'video',
        rtpParameters: {},
      }),
      'live.listen': async () => ({
        consumerId: `consumer-${++consumers}`,
        producerId: 'p',
        kind: 'audio',
        rtpParameters: {},
      }),
      'live.leave': async () => ({ done: true }),
      'live.close': async () => ({ done: true }),
    },
  });
  closers.push(() => node.link.stop());
  await server.importPlan(planOf(1, 4));
  await vi.waitFor(
    async () => {
      cameras = (await ask('operator', 'GET', '/api/cameras')).body as CameraView[];
      expect(cameras.every((camera) => camera.registered)).toBe(true);
      expect(node.orders()).toHaveLength(4);
    },
    { timeout: 15_000 },
  );
}, 60_000);

afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const cookies = new Map<string, string>();
async function cookieOf(username: string): Promise<string> {
  const known = cookies.get(username);
  if (known !== undefined) return known;
  const answer = await fetch(`${server.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: testPassword }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  cookies.set(username, cookie);
  return cookie;
}

async function ask(username: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      cookie: await cookieOf(username),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, body: isJson ? ((await answer.json()) as unknown) : null };
}

function codeOf(answer: { body: unknown }): string | undefined {
  return (answer.body as { error?: { code: string } } | null)?.error?.code;
}

function cameraAt(placement: string): CameraView {
  const camera = cameras.find((one) => one.placement === placement);
  if (camera === undefined) throw new Error(`no camera at ${placement}`);
  return camera;
}

async function approvalOf(cameraId: number): Promise<unknown> {
  const { body } = await ask('operator', 'GET', `/api/cameras/${cameraId}`);
  return (body as CameraView).approval;
}

/** Every route that gives pictures of cameras, with a request to it. */
const nowMs = Date.now();
const range = `fromMs=${nowMs - 60_000}&toMs=${nowMs - 1_000}`;
const startUs = (nowMs - 60_000) * 1_000;
const pictureRoutes: Readonly<Record<string, (id: number) => [string, string, unknown?]>> = {
  'POST /api/cameras/:id/tools/snapshot': (id) => ['POST', `/api/cameras/${id}/tools/snapshot`],
  'GET /api/cameras/:id/snapshot.jpg': (id) => ['GET', `/api/cameras/${id}/snapshot.jpg`],
  'GET /api/cameras/:id/footage/:startUs.mp4': (id) => [
    'GET',
    `/api/cameras/${id}/footage/${startUs}.mp4`,
  ],
  'GET /api/cameras/:id/stream.mp4': (id) => ['GET', `/api/cameras/${id}/stream.mp4?${range}`],
  'GET /api/cameras/:id/playlist.m3u8': (id) => [
    'GET',
    `/api/cameras/${id}/playlist.m3u8?${range}`,
  ],
  'GET /api/cameras/:id/hls/:startUs/init.mp4': (id) => [
    'GET',
    `/api/cameras/${id}/hls/${startUs}/init.mp4`,
  ],
  'GET /api/cameras/:id/hls/:startUs/media.m4s': (id) => [
    'GET',
    `/api/cameras/${id}/hls/${startUs}/media.m4s?atUs=0&bytes=1000`,
  ],
  'GET /api/cameras/:id/still.jpg': (id) => ['GET', `/api/cameras/${id}/still.jpg?atMs=${nowMs}`],
  'POST /api/exports': (id) => [
    'POST',
    '/api/exports',
    { cameras: [id], fromMs: nowMs - 60_000, toMs: nowMs - 1_000, reason: 'a test' },
  ],
  'GET /api/exports/:id/files/:cameraId.mp4': (id) => [
    'GET',
    `/api/exports/0f8fad5b-d9cb-469f-a165-70867728950e/files/${id}.mp4`,
  ],
};
/** They give pictures to approvers alone, by their access. */
const approverRoutes = ['GET /api/cameras/:id/views/:viewId/picture.jpg'];

test('no route that gives pictures is missing from the table of this test', () => {
  const giving = server.routes
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, url }) => `${method} ${url}`)
    .filter((route) =>
      /\.(jpe?g|mp4|m4s|m3u8|png|webp)$|snapshot|^POST \/api\/exports$/.test(route),
    );
  expect(giving.sort()).toEqual([...Object.keys(pictureRoutes), ...approverRoutes].sort());
});

test('an unapproved camera inside gives pictures by no route and no ws method, except to approvers', async () => {
  const booth = cameraAt('BOOTH');
  const gate = cameraAt('ENTRANCE');
  expect([booth.approval, gate.approval]).toEqual(['unapproved', 'not-needed']);
  await server.sql`
    insert into export_job (id, requested_by, requested_at, reason, from_us, to_us, state)
    values ('0f8fad5b-d9cb-469f-a165-70867728950e', 'x', now(), 'x', ${startUs}, ${startUs + 1_000_000},
      'done')`;
  for (const [route, request] of Object.entries(pictureRoutes)) {
    const [method, path, body] = request(booth.id);
    const refused = await ask('operator', method, path, body);
    expect({ route, status: refused.status, code: codeOf(refused) }).toEqual({
      route,
      status: 403,
      code: 'VIEW_UNAPPROVED',
    });
    // The gate is not what stops an approver, nor anybody at the entrance.
    expect(codeOf(await ask('amina', method, path, body))).not.toBe('VIEW_UNAPPROVED');
    const [, gatePath, gateBody] = request(gate.id);
    expect(codeOf(await ask('operator', method, gatePath, gateBody))).not.toBe('VIEW_UNAPPROVED');
  }
  const browser = await openBrowser(server.url, await cookieOf('operator'));
  const params = { cameraId: booth.id, quality: 'sub' };
  expect(await browser.request('live.join', params)).toMatchObject({
    fault: { code: 'VIEW_UNAPPROVED' },
  });
  // Joined by another camera of the same node: the transport alone opens nothing.
  await browser.request('live.join', { ...params, cameraId: gate.id });
  const consume = { ...params, transportId: 'transport-1', rtpCapabilities: {} };
  expect(await browser.request('live.listen', consume)).toMatchObject({
    fault: { code: 'VIEW_UNAPPROVED' },
  });
  expect(await browser.request('live.consume', consume)).toMatchObject({
    fault: { code: 'VIEW_UNAPPROVED' },
  });
  expect(await browser.request('live.consume', { ...consume, cameraId: gate.id })).toMatchObject({
    result: { consumerId: expect.any(String) },
  });
  browser.socket.close();
});

test('who listens is decided by role and policy, and stands in the trail until the end', async () => {
  const path = '/api/settings/listening';
  const decide = (who: string, may: boolean) => ask(who, 'PUT', path, { operatorsListen: may });
  const mayOperate = async () => {
    const { body } = await ask('operator', 'GET', '/api/session');
    return (body as SessionView).actions.includes('live.listen');
  };
  const params = {
    ...{ cameraId: cameraAt('ENTRANCE').id, quality: 'sub' },
    ...{ transportId: 'transport-1', rtpCapabilities: {} },
  };
  const open = async (username: string) => {
    const browser = await openBrowser(server.url, await cookieOf(username));
    await browser.request('live.join', params);
    return { ...browser, listen: () => browser.request('live.listen', params) };
  };
  const operator = await open('operator');
  const supervisor = await open('amina');

  expect((await ask('operator', 'GET', path)).body).toEqual({ operatorsListen: false });
  expect(await mayOperate()).toBe(false);
  expect(await operator.listen()).toMatchObject({ fault: { code: 'PERMISSION_DENIED' } });
  expect(codeOf(await decide('amina', true))).toBe('PERMISSION_DENIED');
  expect((await decide('administrator', true)).status).toBe(200);
  expect(await mayOperate()).toBe(true);
  const { consumerId } = (await operator.listen()).result as { consumerId: string };
  const hers = (await supervisor.listen()).result as { consumerId: string };

  // Taken back: operators hear it no more, at once; supervisors go on.
  await decide('administrator', false);
  const closed = expect.objectContaining({ consumerId, reason: 'right-withdrawn' });
  await vi.waitFor(() => expect(operator.heard).toContainEqual(closed), { timeout: 5_000 });
  expect(supervisor.heard.filter(({ type }) => type === 'live-closed')).toEqual([]);
  await supervisor.request('live.leave', { ...params, consumerId: hers.consumerId });
  const rows = async () =>
    await server.sql`
    select concat_ws(' ', actor, address, action, details->>'reason') as row from audit_log
    where action like 'live.%' or action = 'setting.listening' order by id`;
  const expected = [
    'administrator 127.0.0.1 setting.listening',
    'operator 127.0.0.1 live.listen-start',
    'amina 127.0.0.1 live.listen-start',
    'administrator 127.0.0.1 setting.listening',
    'operator 127.0.0.1 live.listen-stop right-withdrawn',
    'amina 127.0.0.1 live.listen-stop stopped',
  ];
  await vi.waitFor(
    async () => expect((await rows()).map(({ row }) => row)).toEqual(expected),
    10_000,
  );
  for (const { socket } of [operator, supervisor]) socket.close();
});

test('two different people approve; then it is seen, until the camera is moved', async () => {
  const booth = cameraAt('BOOTH');
  const base = `/api/cameras/${booth.id}/views`;
  expect((await ask('operator', 'POST', base)).status).toBe(403);
  const taken = (await ask('technician', 'POST', base)).body as ReferenceView;
  expect(taken).toMatchObject({
    state: 'proposed',
    approvalsNeeded: 2,
    takenBy: 'technician',
    comparable: true,
    approvals: [],
  });
  expect((await ask('technician', 'GET', `${base}/${taken.id}/picture.jpg`)).status).toBe(403);
  expect((await ask('amina', 'GET', `${base}/${taken.id}/picture.jpg`)).status).toBe(200);
  const waiting = (await ask('amina', 'GET', '/api/views?state=waiting')).body as ReferenceView[];
  expect(waiting.map((view) => view.id)).toContain(taken.id);

  const first = await ask('amina', 'POST', `${base}/${taken.id}/approve`);
  expect(first.body).toMatchObject({ state: 'proposed', approvals: [{ by: 'amina' }] });
  expect(await approvalOf(booth.id)).toBe('unapproved');
  expect(codeOf(await ask('amina', 'POST', `${base}/${taken.id}/approve`))).toBe(
    'VIEW_APPROVER_SAME',
  );
  // Both at once: one of them is the second, the other comes too late.
  const race = await Promise.all([
    ask('bilal', 'POST', `${base}/${taken.id}/approve`),
    ask('bilal', 'POST', `${base}/${taken.id}/approve`),
  ]);
  expect(race.map((answer) => answer.status).sort()).toEqual([200, 409]);
  expect(await approvalOf(booth.id)).toBe('approved');
  expect((await ask('operator', 'GET', `/api/cameras/${booth.id}/snapshot.jpg`)).status).toBe(200);

  const browser = await openBrowser(server.url, await cookieOf('operator'));
  const params = { cameraId: booth.id, quality: 'sub' };
  expect(await browser.request('live.join', params)).toHaveProperty('result');
  await browser.request('live.consume', {
    ...params,
    transportId: 'transport-1',
    rtpCapabilities: {},
  });
  // Moved behind the server's back, as a plan does it: the live view ends, the approval with it.
  await server.sql.begin(async (tx) => {
    await tx`update assignment set valid_to = now() where camera_id = ${booth.id} and valid_to is null`;
    await tx`insert into assignment (camera_id, station_id, placement, booth, valid_from)
      select camera_id, station_id, 'COUNT_TABLE', null, now() from assignment
      where camera_id = ${booth.id} order by valid_from desc limit 1`;
    await tx`select pg_notify('nigehban_change', '{"topic":"plan"}')`;
  });
  await vi.waitFor(
    () =>
      expect(browser.heard).toContainEqual({
        type: 'live-closed',
        transportId: 'transport-1',
        reason: 'view-unapproved',
      }),
    { timeout: 5_000 },
  );
  browser.socket.close();
  expect(await approvalOf(booth.id)).toBe('unapproved');
  expect(codeOf(await ask('bilal', 'POST', `${base}/${taken.id}/approve`))).toBe('VIEW_DECIDED');
  const actions = await server.sql<{ action: string; actor: string }[]>`
    select action, actor from audit_log where action like 'view.%' order by id`;
  expect([...actions]).toEqual([
    { action: 'view.propose', actor: 'technician' },
    { action: 'view.approve-first', actor: 'amina' },
    { action: 'view.approve', actor: 'bilal' },
  ]);
});

test('a rejected picture closes the camera also when an older one was approved', async () => {
  const table = cameraAt('COUNT_TABLE');
  const base = `/api/cameras/${table.id}/views`;
  const propose = async () => (await ask('amina', 'POST', base)).body as ReferenceView;
  const approveBoth = async (view: ReferenceView) => {
    for (const who of ['amina', 'bilal']) await ask(who, 'POST', `${base}/${view.id}/approve`);
  };
  const former = await propose();
  const good = await propose();
  expect(codeOf(await ask('amina', 'POST', `${base}/${former.id}/approve`))).toBe('VIEW_DECIDED');
  await approveBoth(good);
  expect(await approvalOf(table.id)).toBe('approved');
  pictures = Buffer.concat([jpeg, Buffer.from([0xff, 0xd9])]);
  const turned = await propose();
  expect(turned.approvedViewId).toBe(good.id);
  expect(turned.pictureSha256).not.toBe(good.pictureSha256);
  expect(await approvalOf(table.id)).toBe('approved');
  expect((await ask('bilal', 'POST', `${base}/${turned.id}/reject`, { reason: '' })).status).toBe(
    400,
  );
  const reason = 'shows the ballot boxes from above';
  const rejected = await ask('bilal', 'POST', `${base}/${turned.id}/reject`, { reason });
  expect(rejected.body).toMatchObject({ state: 'rejected', rejection: { by: 'bilal', reason } });
  expect(await approvalOf(table.id)).toBe('unapproved');
  const listed = (await ask('operator', 'GET', base)).body as ReferenceView[];
  expect(listed.map(({ id, state, superseded }) => ({ id, state, superseded }))).toEqual([
    { id: turned.id, state: 'rejected', superseded: false },
    { id: good.id, state: 'approved', superseded: true },
    { id: former.id, state: 'proposed', superseded: true },
  ]);
});

test('a view outside needs one person and is seen meanwhile', async () => {
  const gate = cameraAt('ENTRANCE');
  const base = `/api/cameras/${gate.id}/views`;
  const view = (await ask('amina', 'POST', base)).body as ReferenceView;
  expect(view.approvalsNeeded).toBe(1);
  expect(await approvalOf(gate.id)).toBe('not-needed');
  const approved = await ask('amina', 'POST', `${base}/${view.id}/approve`);
  expect(approved.body).toMatchObject({ state: 'approved', approvedViewId: view.id });
  const missing = await ask('amina', 'POST', `/api/cameras/${gate.id}/views/999999/approve`);
  expect(codeOf(missing)).toBe('VIEW_UNKNOWN');
});
