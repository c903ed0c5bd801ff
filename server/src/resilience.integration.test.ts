import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import type { NodeLink } from '@nigehban/config/link/node-link.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type FakeMediaNode,
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
  testClusterKey,
} from './testing/test-services.ts';

/** The way to PostgreSQL, which can be cut and restored. */
async function startRelay(targetUrl: string) {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let cut = false;
  const relay = createServer((client) => {
    if (cut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((relay.address() as AddressInfo).port);
  return {
    url: url.href,
    setCut(value: boolean) {
      cut = value;
      if (cut) for (const socket of sockets) socket.destroy();
    },
    close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

let services: TestServices;
let relay: Awaited<ReturnType<typeof startRelay>>;
let directUrl: string;
let server: TestServer;
const nodes: FakeMediaNode[] = [];
let gateway: NodeLink;

const settings = () => ({ databaseUrl: relay.url, queuePrefix: 'resilience', nodeLeaseMs: 1_500 });

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  directUrl = await services.createDatabase();
  relay = await startRelay(directUrl);
  server = await startTestServer(services, settings());
  await server.importPlan(planOf(4, 3));
  gateway = startFakeGateway(server.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
    'gateway.check': async () => ({
      kind: 'unreachable',
      fault: 'CAMERA_UNREACHABLE',
      evidence: 'no route',
    }),
  });
  nodes.push(startFakeMediaNode(server.url, { nodeId: 'media-a' }));
  await vi.waitFor(() => expect(nodes[0]?.orders()).toHaveLength(12), { timeout: 20_000 });
}, 60_000);

afterAll(async () => {
  for (const node of nodes) await node.link.stop();
  await gateway?.stop();
  await server?.stop();
  relay?.close();
  await services?.stop();
});

function nodeAt(index: number): FakeMediaNode {
  const node = nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  return node;
}

async function openAlerts(): Promise<unknown[]> {
  const cookie = await server.signIn('operator');
  const answer = await fetch(`${server.url}/api/alerts?state=open`, { headers: { cookie } });
  return (await answer.json()) as unknown[];
}

test('cameras of a node whose lease ran out go to a living one; a new node takes none away', async () => {
  nodes.push(startFakeMediaNode(server.url, { nodeId: 'media-b' }));
  await vi.waitFor(
    async () => {
      const health = await (await fetch(`${server.url}/healthz`)).json();
      expect(health).toMatchObject({ roles: { media: [{ state: 'up' }, { state: 'up' }] } });
    },
    { timeout: 10_000 },
  );
  expect(nodeAt(1).orders()).toHaveLength(0);
  await nodeAt(0).link.stop();
  await vi.waitFor(() => expect(nodeAt(1).orders()).toHaveLength(12), { timeout: 10_000 });
  const held = await server.sql<{ nodeId: string }[]>`select distinct node_id from camera_node`;
  expect(held.map((row) => row.nodeId)).toEqual(['media-b']);
});

test('without PostgreSQL it says so and keeps the facts; with it again they become alerts', async () => {
  const cookie = await server.signIn('operator');
  const ids = nodeAt(1)
    .orders()
    .map((order) => order.cameraId);
  nodeAt(1).flowing(ids);
  await vi.waitFor(
    async () => {
      const [row] = await server.sql<{ count: number }[]>`
      select count(*) as count from camera_state where kind = 'ONLINE'`;
      expect(row?.count).toBe(12);
    },
    { timeout: 10_000 },
  );
  relay.setCut(true);
  await vi.waitFor(async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(503), {
    timeout: 5_000,
  });
  const answer = await fetch(`${server.url}/api/stations`, { headers: { cookie } });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ error: { code: 'DATABASE_UNAVAILABLE' } });
  nodeAt(1).down(ids.slice(0, 1));
  await vi.waitFor(
    async () =>
      expect(
        (
          await fetch(`${server.url}/metrics`, {
            headers: { authorization: `Bearer ${testClusterKey}` },
          })
        ).status,
      ).toBe(200),
    { timeout: 10_000 },
  );
  relay.setCut(false);
  await vi.waitFor(async () => expect(await openAlerts()).toHaveLength(1), { timeout: 15_000 });
}, 40_000);

test('a restarted server knows its alerts and hears from its nodes how things stand', async () => {
  const port = Number(new URL(server.url).port);
  const [down = 0] = nodeAt(1)
    .orders()
    .map((order) => order.cameraId);
  await server.stop();
  server = await startTestServer(services, { ...settings(), port });
  expect(await openAlerts()).toHaveLength(1);
  const ordersBefore = nodeAt(1).orders();
  await vi.waitFor(
    async () => {
      expect(nodeAt(1).link.linked()).toBe(true);
      const health = await (await fetch(`${server.url}/healthz`)).json();
      expect(health).toMatchObject({ roles: { gateway: [{ state: 'up' }] } });
    },
    { timeout: 10_000 },
  );
  await vi.waitFor(() => expect(nodeAt(1).orders()).toEqual(ordersBefore), { timeout: 10_000 });
  nodeAt(1).flowing([down]);
  await vi.waitFor(async () => expect(await openAlerts()).toEqual([]), { timeout: 15_000 });
}, 40_000);
