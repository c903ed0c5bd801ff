import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { locateRedisServer } from '@nigehban/config/embedded/redis.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { evaluateStations } from './store/alert-store.ts';
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
} from './testing/test-services.ts';

/** Two server processes' worth of workers on one database and one Redis that comes and goes. */
const stationCount = 25;
const cameraCount = stationCount * 3;

let services: TestServices;
let redisPort = 0;
let redis: ChildProcess | null = null;
let first: TestServer;
let second: TestServer;
let node: FakeMediaNode;
let gateway: ReturnType<typeof startFakeGateway>;

async function startRedis(): Promise<void> {
  const args = ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', ''];
  redis = spawn(locateRedisServer(), args, { stdio: 'ignore' });
  await once(redis, 'spawn');
}

async function stopRedis(): Promise<void> {
  if (redis === null) return;
  const ended = once(redis, 'exit');
  redis.kill('SIGKILL');
  await ended;
  redis = null;
}

beforeAll(async () => {
  services = await startTestServices();
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  redisPort = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  const shared = {
    databaseUrl: await services.createDatabase(),
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    queuePrefix: 'once',
  };
  first = await startTestServer(services, shared);
  second = await startTestServer(services, shared);
  await first.importPlan(planOf(stationCount, 3));
  gateway = startFakeGateway(first.url, {
    'gateway.probe': async ({ endpoint }) => probeOf(endpoint.address),
    'gateway.check': async () => ({
      kind: 'unreachable',
      fault: 'CAMERA_UNREACHABLE',
      evidence: 'no route',
    }),
  });
  node = startFakeMediaNode(first.url);
  await vi.waitFor(() => expect(node.orders()).toHaveLength(cameraCount), { timeout: 30_000 });
  node.flowing(cameraIds());
}, 90_000);

afterAll(async () => {
  await node?.link.stop();
  await gateway?.stop();
  await first?.stop();
  await second?.stop();
  await stopRedis();
  await services?.stop();
});

function cameraIds(): number[] {
  return node.orders().map((order) => order.cameraId);
}

async function countAlerts(): Promise<{ open: number; opened: number; closed: number }> {
  const [row] = await first.sql<{ open: number; opened: number; closed: number }[]>`
    select (select count(*) from alert where closed_at is null) as open,
      (select count(*) from alert_event where step = 'opened') as opened,
      (select count(*) from alert_event where step = 'closed') as closed`;
  return row ?? { open: -1, opened: -1, closed: -1 };
}

async function statesStored(kind: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const [row] = await first.sql<{ count: number }[]>`
        select count(*) as count from camera_state where kind = ${kind}`;
      expect(row?.count).toBe(cameraCount);
    },
    { timeout: 15_000 },
  );
}

test('alerts need no Redis: they open with the states of the cameras', async () => {
  node.down(cameraIds());
  await statesStored('UNREACHABLE');
  expect(await countAlerts()).toEqual({ open: stationCount, opened: stationCount, closed: 0 });
  const health = await (await fetch(`${first.url}/healthz`)).json();
  expect(health).toMatchObject({ serving: true, databases: { redis: { state: 'down' } } });
  await startRedis();
}, 60_000);

test('evaluations in parallel on two servers change nothing and close each alert once', async () => {
  const stations = await first.sql<{ id: number }[]>`select id from station`;
  const storm = async () => {
    const nowMs = Date.now();
    const ids = stations.map(({ id }) => id);
    await Promise.all(
      [first, second].flatMap((server) => [
        ...ids.flatMap((id) =>
          Array.from({ length: 2 }, () =>
            server.sql.begin((tx) => evaluateStations(tx, [id], nowMs)),
          ),
        ),
        // In another order: who locks several does it in the same one.
        server.sql.begin((tx) => evaluateStations(tx, ids.toReversed(), nowMs)),
        server.sql.begin((tx) => evaluateStations(tx, ids, nowMs)),
      ]),
    );
  };
  await storm();
  expect(await countAlerts()).toEqual({ open: stationCount, opened: stationCount, closed: 0 });

  node.flowing(cameraIds());
  await Promise.all([storm(), statesStored('ONLINE')]);
  await storm();
  await vi.waitFor(
    async () =>
      expect(await countAlerts()).toEqual({
        open: 0,
        opened: stationCount,
        closed: stationCount,
      }),
    { timeout: 20_000 },
  );
}, 60_000);

test('what nobody told of is found by looking', async () => {
  await first.sql`
    update camera_state set kind = 'FAILED', fault = 'CAMERA_ANSWER_INVALID', since = now()
    where camera_id = (select min(id) from camera)`;
  await stopRedis();
  await startRedis();
  await vi.waitFor(async () => expect((await countAlerts()).open).toBe(1), { timeout: 25_000 });
  const [alert] = await first.sql<{ kind: string; down: number }[]>`
    select kind, down from alert where closed_at is null`;
  expect(alert).toMatchObject({ kind: 'PARTIAL', down: 1 });
}, 40_000);
