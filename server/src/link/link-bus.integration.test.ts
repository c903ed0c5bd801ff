import type { NodeLink } from '@nigehban/config/link/node-link.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type FakeMediaNode,
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
} from '../testing/test-services.ts';

let services: TestServices;
/** Browsers are here, nodes there. */
let here: TestServer;
let there: TestServer;
let node: FakeMediaNode;
let gateway: NodeLink;
const closedViewers: string[] = [];
const asked: string[] = [];
let snapshot: () => Promise<{ jpegBase64: string }> = async () => ({
  jpegBase64: Buffer.from('jpeg').toString('base64'),
});

const gatewayHandlers: Parameters<typeof startFakeGateway>[1] = {
  'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
  'gateway.check': async ({ cameraId }) => {
    asked.push(`check ${cameraId}`);
    return { kind: 'answers' };
  },
  'gateway.synchronization-point': async ({ profileToken }) => {
    asked.push(`key frame ${profileToken}`);
    return { done: true };
  },
  'gateway.snapshot': async () => await snapshot(),
};

const nodeHandlers: Parameters<typeof startFakeMediaNode>[1] = {
  handlers: {
    'live.join': async ({ viewerId, quality }) => ({
      nodeId: 'media-1',
      quality,
      transportId: `t-${viewerId}`,
      transport: null,
      routerRtpCapabilities: {},
    }),
    'live.connect': async () => ({ done: true }),
    'live.consume': async ({ cameraId }) => {
      throw new Fault('CAMERA_SILENT', `No packet of camera ${cameraId}`);
    },
    'live.close': async ({ viewerId }) => {
      closedViewers.push(viewerId);
      return { done: true };
    },
  },
};

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  const common = { queuePrefix: 'bus', viewApproval: 'off' } as const;
  there = await startTestServer(services, common);
  here = await startTestServer(services, { ...common, databaseUrl: there.databaseUrl });
  await there.importPlan(planOf(1, 4));
  gateway = startFakeGateway(there.url, gatewayHandlers);
  node = startFakeMediaNode(there.url, nodeHandlers);
  await vi.waitFor(() => expect(node.orders()).toHaveLength(4), { timeout: 20_000 });
}, 90_000);

afterAll(async () => {
  await node?.link.stop();
  await gateway?.stop();
  await here?.stop();
  await there?.stop();
  await services?.stop();
});

const aCamera = () => node.orders()[0]?.cameraId ?? 0;

async function ask(server: TestServer, path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${server.url}${path}`, {
    headers: { cookie: await server.signIn('operator') },
  });
  return { status: answer.status, text: await answer.text() };
}

test('a browser watches a camera whose node is linked to another server process', async () => {
  const cameraId = aCamera();
  const browser = await openBrowser(here.url, await here.signIn('operator'));
  const joined = await vi.waitFor(
    async () => {
      const reply = await browser.request('live.join', { cameraId, quality: 'sub' });
      expect(reply.fault).toBeUndefined();
      return reply.result as { transportId: string };
    },
    { timeout: 10_000 },
  );
  const { transportId } = joined;
  expect(await browser.request('live.connect', { transportId, dtlsParameters: {} })).toMatchObject({
    result: { done: true },
  });
  const consume = { transportId, cameraId, quality: 'sub', rtpCapabilities: {} };
  expect(await browser.request('live.consume', consume)).toMatchObject({
    fault: { code: 'CAMERA_SILENT' },
  });
  const viewerId = transportId.slice(2);
  node.link.sendFacts([{ kind: 'live-closed', viewerId, transportId, reason: 'stream ended' }]);
  await vi.waitFor(
    () =>
      // Heartbeats come in between.
      expect(browser.heard).toContainEqual({
        type: 'live-closed',
        transportId,
        reason: 'stream ended',
      }),
    { timeout: 10_000 },
  );
  browser.socket.close();
  await vi.waitFor(() => expect(closedViewers).toContain(viewerId), { timeout: 10_000 });
});

test('snapshots come through a gateway of another server process, with its faults and deadlines', async () => {
  const path = `/api/cameras/${aCamera()}/snapshot.jpg`;
  expect(await ask(here, path)).toEqual({ status: 200, text: 'jpeg' });
  snapshot = async () => {
    throw new Fault('CAMERA_AUTH_REFUSED', 'The camera refuses the password');
  };
  const other = `/api/cameras/${node.orders()[1]?.cameraId}/snapshot.jpg`;
  const refused = await ask(here, other);
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'CAMERA_AUTH_REFUSED' } });
  // A key frame that a node wants of a camera is asked for the same way, at the process it is linked to.
  const cameraId = aCamera();
  node.link.sendFacts([{ kind: 'key-frame-wanted', cameraId, quality: 'main' }]);
  await vi.waitFor(() => expect(asked).toContain('key frame main'), { timeout: 10_000 });
});

test('nodes of a server process that stops link to another one and are asked there', async () => {
  // A balancer in front of both does that in production: the address stays, the process changes.
  await node.link.stop();
  await gateway.stop();
  const cameraId = aCamera();
  const browser = await openBrowser(there.url, await there.signIn('operator'));
  await vi.waitFor(
    async () =>
      expect(await browser.request('live.join', { cameraId, quality: 'sub' })).toMatchObject({
        fault: { code: 'LIVE_UNAVAILABLE' },
      }),
    { timeout: 10_000, interval: 100 },
  );
  gateway = startFakeGateway(here.url, gatewayHandlers);
  node = startFakeMediaNode(here.url, nodeHandlers);
  await vi.waitFor(
    async () =>
      expect(await browser.request('live.join', { cameraId, quality: 'sub' })).toMatchObject({
        result: { nodeId: 'media-1' },
      }),
    { timeout: 10_000, interval: 100 },
  );
  browser.socket.close();
});
