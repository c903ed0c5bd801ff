import type { NodeLink } from '@nigehban/config/link/node-link.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type FakeMediaNode,
  openBrowser,
  probeOf,
  startFakeGateway,
  startFakeMediaNode,
} from './testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from './testing/test-services.ts';

let services: TestServices;
let server: TestServer;
let node: FakeMediaNode;
let gateway: NodeLink;
/** What the gateway answers about cameras. */
const verdicts = new Map<number, ProbeOutcome | 'never'>();
let keyFrames = 0;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await server.importPlan(planOf(2, 3));
  gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
    'gateway.check': async ({ cameraId }) => {
      const verdict = verdicts.get(cameraId) ?? { kind: 'answers' };
      return verdict === 'never' ? await new Promise<never>(() => {}) : verdict;
    },
    'gateway.synchronization-point': async () => {
      keyFrames += 1;
      return { done: true };
    },
    'gateway.snapshot': async () => ({
      jpegBase64: Buffer.from('jpeg').toString('base64'),
    }),
  });
  node = startFakeMediaNode(server.url, {
    handlers: {
      'live.join': async ({ viewerId, quality }) => ({
        nodeId: 'media-1',
        quality,
        transportId: `t-${viewerId}`,
        transport: null,
        routerRtpCapabilities: {},
      }),
      'live.connect': async () => ({ done: true }),
      'live.close': async ({ viewerId }) => {
        closedViewers.push(viewerId);
        return { done: true };
      },
    },
  });
  await vi.waitFor(() => expect(node.orders()).toHaveLength(6), { timeout: 15_000 });
}, 60_000);

const closedViewers: string[] = [];

afterAll(async () => {
  await node?.link.stop();
  await gateway?.stop();
  await server?.stop();
  await services?.stop();
});

function camerasOf(stationCode: string): number[] {
  const orders = node.orders().filter((order) => order.stationCode === stationCode);
  return orders.map((order) => order.cameraId).sort((a, b) => a - b);
}

async function get(path: string): Promise<Record<string, unknown>> {
  const cookie = await server.signIn('operator');
  const answer = await fetch(`${server.url}${path}`, { headers: { cookie } });
  return (await answer.json()) as Record<string, unknown>;
}

test('registered cameras become orders with streams and opened credentials, recorded on one node', () => {
  const order = node.orders().find((one) => one.cameraCode === 'GE24-NA117-PS001-C1');
  expect(order).toMatchObject({
    stationCode: 'GE24-NA117-PS001',
    record: true,
    credentials: { username: 'admin', password: 'p,"w' },
    streams: [{ quality: 'main' }, { quality: 'sub' }],
  });
});

test('an unplugged camera raises its station alert in the browser, told apart, and closes it when back', async () => {
  const ids = node.orders().map((order) => order.cameraId);
  const [first = 0, second = 0, third = 0] = camerasOf('GE24-NA117-PS001');
  const browser = await openBrowser(server.url, await server.signIn('operator'));
  node.flowing(ids);
  node.recording(ids, true);
  await vi.waitFor(
    async () => {
      const cameras = (await get('/api/cameras')) as unknown as {
        state: string;
        recording: boolean;
      }[];
      expect(cameras.every((camera) => camera.state === 'ONLINE' && camera.recording)).toBe(true);
    },
    { timeout: 10_000 },
  );

  verdicts.set(first, { kind: 'unreachable', fault: 'CAMERA_UNREACHABLE', evidence: 'no route' });
  const cutAtMs = Date.now();
  node.down([first]);
  await vi.waitFor(
    () =>
      expect(browser.heard.findLast((message) => message.type === 'alert')).toMatchObject({
        alert: {
          stationCode: 'GE24-NA117-PS001',
          kind: 'PARTIAL',
          state: 'open',
          down: 1,
          causes: [{ cameraId: first, state: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE' }],
        },
      }),
    { timeout: 10_000 },
  );
  // 5 s of silence come before, 12 s are allowed in all.
  expect(Date.now() - cutAtMs).toBeLessThan(5_000);
  expect(
    browser.heard.filter((message) => message.type === 'camera').map((message) => message.state),
  ).toContain('UNREACHABLE');
  await vi.waitFor(
    () =>
      expect(browser.heard.findLast((message) => message.type === 'station')).toMatchObject({
        code: 'GE24-NA117-PS001',
        state: 'PARTIAL',
        down: 1,
      }),
    { timeout: 10_000 },
  );

  // The same again, and the siblings too, refused and silent: one alert, BLIND.
  verdicts.set(second, { kind: 'refused', fault: 'CAMERA_AUTH_REFUSED', evidence: '401' });
  node.down([first, second, third]);
  node.down([second]);
  await vi.waitFor(
    async () => {
      const open = (await get('/api/alerts?state=open')) as unknown as Record<string, unknown>[];
      expect(open).toHaveLength(1);
      expect(open[0]).toMatchObject({
        kind: 'BLIND',
        down: 3,
        causes: [{ state: 'UNREACHABLE' }, { state: 'REFUSED' }, { state: 'SILENT' }],
      });
    },
    { timeout: 10_000 },
  );
  const detail = await get(`/api/cameras/${second}`);
  expect(detail).toMatchObject({ state: 'REFUSED', fault: 'CAMERA_AUTH_REFUSED', evidence: '401' });
  expect(detail.nextAction).toContain('password');
  expect(detail.clockOffsetMs).toBe(12);

  node.flowing([first, second, third]);
  await vi.waitFor(
    () =>
      expect(browser.heard.findLast((message) => message.type === 'alert')).toMatchObject({
        alert: { state: 'closed', kind: 'BLIND' },
      }),
    { timeout: 8_000 },
  );
  const numbers = browser.heard.flatMap((message) =>
    message.type !== 'heartbeat' && typeof message.seq === 'number' ? [message.seq] : [],
  );
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  browser.socket.close();
});

test('a gateway that never answers still leads to an alert, by the words of the stream', async () => {
  const camera = node.orders().at(-1)?.cameraId ?? 0;
  verdicts.set(camera, 'never');
  const startedMs = Date.now();
  node.down([camera], 'CAMERA_AUTH_REFUSED');
  await vi.waitFor(
    async () => {
      const open = (await get('/api/alerts?state=open')) as unknown as Record<string, unknown>[];
      expect(open[0]).toMatchObject({ causes: [{ cameraId: camera, state: 'REFUSED' }] });
    },
    { timeout: 9_000 },
  );
  expect(Date.now() - startedMs).toBeLessThan(7_000);
  verdicts.delete(camera);
  node.flowing([camera]);
  await vi.waitFor(async () => expect(await get('/api/alerts?state=open')).toEqual([]), {
    timeout: 8_000,
  });
});

test('acknowledging needs the version that was seen; of two operators one wins', async () => {
  const camera = node.orders()[0]?.cameraId ?? 0;
  verdicts.set(camera, { kind: 'failed', fault: 'CAMERA_ANSWER_INVALID', evidence: 'garbage' });
  node.down([camera]);
  let alert = { id: 0, version: 0 };
  await vi.waitFor(
    async () => {
      const open = (await get('/api/alerts?state=open')) as unknown as (typeof alert)[];
      expect(open).toHaveLength(1);
      alert = open[0] ?? alert;
    },
    { timeout: 10_000 },
  );
  const acknowledge = async (version: number) => {
    const answer = await fetch(`${server.url}/api/alerts/${alert.id}/acknowledge`, {
      method: 'POST',
      headers: { cookie: await server.signIn('operator'), 'content-type': 'application/json' },
      body: JSON.stringify({ version }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const both = await Promise.all([acknowledge(alert.version), acknowledge(alert.version)]);
  expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
  expect(both.find((answer) => answer.status === 200)?.body).toMatchObject({
    state: 'acknowledged',
    acknowledgedBy: 'operator',
  });
  expect(both.find((answer) => answer.status === 409)?.body).toMatchObject({
    error: { code: 'ALERT_CHANGED' },
  });
  node.flowing([camera]);
  await vi.waitFor(async () => expect(await get('/api/alerts?state=open')).toEqual([]), {
    timeout: 8_000,
  });
  const steps = await server.sql<{ step: string; actor: string | null }[]>`
    select step, actor from alert_event where alert_id = ${alert.id} order by id`;
  // It came back within the window: the same alert goes on.
  expect(steps.slice(-3)).toEqual([
    { step: 'reopened', actor: null },
    { step: 'acknowledged', actor: 'operator' },
    { step: 'closed', actor: null },
  ]);
});

test('live requests reach the node of the camera, own transports only, released at the close', async () => {
  const cameraId = node.orders()[0]?.cameraId ?? 0;
  const browser = await openBrowser(server.url, await server.signIn('operator'));
  const other = await openBrowser(server.url, await server.signIn('supervisor'));
  const joined = await browser.request('live.join', { cameraId, quality: 'sub' });
  const { transportId } = joined.result as { transportId: string };
  expect(transportId).toMatch(/^t-/);
  const connect = { transportId, dtlsParameters: {} };
  expect(await browser.request('live.connect', connect)).toMatchObject({ result: { done: true } });
  expect(await other.request('live.connect', connect)).toMatchObject({
    fault: { code: 'LIVE_SESSION_UNKNOWN' },
  });
  expect(await browser.request('live.join', { cameraId: 999, quality: 'sub' })).toMatchObject({
    fault: { code: 'CAMERA_UNKNOWN' },
  });
  expect(await browser.request('live.nothing', {})).toMatchObject({
    fault: { code: 'REQUEST_INVALID' },
  });
  const viewerId = transportId.slice(2);
  node.link.sendFacts([
    { kind: 'live-closed', viewerId, transportId: 'of-another', reason: 'not its own' },
    { kind: 'live-closed', viewerId, transportId, reason: 'stream ended' },
  ]);
  await vi.waitFor(
    () =>
      expect(browser.heard.at(-1)).toEqual({
        type: 'live-closed',
        transportId,
        reason: 'stream ended',
      }),
    { timeout: 10_000 },
  );
  browser.socket.close();
  await vi.waitFor(() => expect(closedViewers).toContain(transportId.slice(2)), {
    timeout: 10_000,
  });
  other.socket.close();
});

test('a wanted key frame is asked of the camera once a second at most; snapshots are shared', async () => {
  const cameraId = node.orders()[0]?.cameraId ?? 0;
  const wanted = { kind: 'key-frame-wanted', cameraId, quality: 'main' } as const;
  node.link.sendFacts([wanted, wanted, wanted]);
  await vi.waitFor(() => expect(keyFrames).toBe(1), { timeout: 10_000 });
  const answer = await fetch(`${server.url}/api/cameras/${cameraId}/snapshot.jpg`, {
    headers: { cookie: await server.signIn('operator') },
  });
  expect(answer.headers.get('content-type')).toBe('image/jpeg');
  expect(await answer.text()).toBe('jpeg');
});

test('PostgreSQL drops every connection: the server goes on, and hears of changes again', async () => {
  const camera = node.orders()[0]?.cameraId ?? 0;
  const browser = await openBrowser(server.url, await server.signIn('operator'));
  await server.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  verdicts.set(camera, { kind: 'unreachable', fault: 'CAMERA_UNREACHABLE', evidence: 'cut' });
  node.down([camera]);
  // What happens while nobody listens is told by `reload`: the browser reads the lists again.
  await vi.waitFor(
    async () => {
      expect(browser.heard.some(({ type }) => type === 'alert' || type === 'reload')).toBe(true);
      expect(await get('/api/alerts?state=open')).toMatchObject([
        { state: 'open', causes: [{ cameraId: camera }] },
      ]);
    },
    { timeout: 10_000 },
  );
  node.flowing([camera]);
  await vi.waitFor(async () => expect(await get('/api/alerts?state=open')).toEqual([]), {
    timeout: 8_000,
  });
  await vi.waitFor(
    () =>
      expect(browser.heard.findLast(({ type }) => type === 'alert')).toMatchObject({
        alert: { state: 'closed' },
      }),
    { timeout: 10_000 },
  );
  browser.socket.close();
});

test('a lost media node is told as that: its cameras keep their states', async () => {
  const before = await get('/api/cameras');
  await node.link.stop();
  await vi.waitFor(
    async () => {
      const health = await get('/healthz');
      expect(health).toMatchObject({
        serving: true,
        roles: { media: [{ nodeId: 'media-1', state: 'down' }], gateway: [{ state: 'up' }] },
      });
    },
    { timeout: 10_000 },
  );
  const after = (await get('/api/cameras')) as unknown as { state: string }[];
  expect(after.map((camera) => camera.state)).toEqual(
    (before as unknown as { state: string }[]).map((camera) => camera.state),
  );
  expect(await get('/api/alerts?state=open')).toEqual([]);
});
