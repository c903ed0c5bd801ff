import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { LinkDown } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { NodeConnection } from '../link/node-connection.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { seedFleet } from '../testing/seed-fleet.ts';
import {
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { createCameraDirectory } from './camera-directory.ts';
import { startNodeInformer } from './inform-nodes.ts';

let services: TestServices;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase(), { maxConnections: 4 });
  await migrate(sql);
  await seedFleet(sql, { districts: 1, stations: 1, cameras: 3 });
  await sql`update camera set registered_at = null where id > 1`;
}, 60_000);
afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

const assigned = async () =>
  (await sql<{ cameraId: number }[]>`select camera_id from camera_node order by camera_id`).map(
    (row) => row.cameraId,
  );
const register = (cameraId: number) =>
  sql`update camera set registered_at = now() where id = ${cameraId}`;

test('a camera that registers just after cameras were given to nodes gets its node in the next pass', async () => {
  const clock = createManualClock(Date.now());
  const directory = createCameraDirectory(sql, testSecretKey, testLog);
  let afterAssigning: (() => Promise<void>) | null = null;
  const racing = new Proxy(sql, {
    get(target, name) {
      if (name !== 'begin') return Reflect.get(target, name);
      return async (work: Parameters<Sql['begin']>[0]) => {
        const given = await target.begin(work as never);
        const meanwhile = afterAssigning;
        afterAssigning = null;
        await meanwhile?.();
        return given;
      };
    },
  });
  const informer = startNodeInformer({
    ...{ sql: racing, clock, log: testLog, directory },
    nodeLeaseMs: 6_000,
    breaker: { holdsStream: () => false, revision: () => 0 },
    onLoaded() {},
  });
  const sent: LinkDown[] = [];
  const node: NodeConnection = {
    hello: {
      ...{ type: 'hello', role: 'media', nodeId: 'media-1', version: 'test', startedAtMs: 1 },
      ...{ footageUrl: null, snapshot: [] },
    },
    linkedAtMs: clock.nowMs(),
    send: (message) => sent.push(message),
    request: () => Promise.reject(new Error('nothing is asked')),
    close() {},
  };
  informer.linked(node);
  await vi.waitFor(async () => {
    clock.advance(100);
    expect(await assigned()).toEqual([1]);
  }, 10_000);

  afterAssigning = async () => {
    await register(3);
    informer.planChanged();
  };
  await register(2);
  informer.planChanged();
  const startedMs = clock.nowMs();
  await vi.waitFor(async () => {
    clock.advance(100);
    expect(await assigned()).toEqual([1, 2, 3]);
  }, 10_000);
  expect(afterAssigning).toBeNull();
  // Long before the look that needs no news.
  expect(clock.nowMs() - startedMs).toBeLessThan(20_000);

  // Nobody told: found by itself after a while.
  await sql`delete from camera_node where camera_id = 2`;
  await vi.waitFor(async () => {
    clock.advance(1_000);
    expect(await assigned()).toEqual([1, 2, 3]);
  }, 10_000);
  await informer.stop();
});
