import { startEventWatch } from '@nigehban/camera-gateway/events/event-watch.ts';
import { createCameraPictures } from '@nigehban/camera-gateway/picture/camera-pictures.ts';
import { startViewWatch } from '@nigehban/camera-gateway/picture/view-watch.ts';
import { createRefusedCredentials } from '@nigehban/camera-gateway/probe/refused-credentials.ts';
import { createManualClock, type ManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { LinkDown, LinkRole, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { defaultWatchPolicy, type WatchOrder } from '@nigehban/domain/watch-orders.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import { ManualClock as ManualMediaClock } from '@nigehban/media/testing/manual-clock.ts';
import { streamSource } from '@nigehban/relay/streams/production-table.ts';
import type { NodeConnection } from '@nigehban/server/link/node-connection.ts';
import { openDatabase, type Sql } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { startTestServices, type TestServices } from '@nigehban/server/testing/test-services.ts';
import { addDistrictsOf } from '@nigehban/server/use-cases/import-districts.ts';
import { importPlan } from '@nigehban/server/use-cases/import-plan.ts';
import { startGatewayInformer } from '@nigehban/server/use-cases/inform-gateways.ts';
import { startNodeInformer } from '@nigehban/server/use-cases/inform-nodes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingOrders } from '../../../bin/media-node/recording-orders.ts';
import { factOfEvent } from '../../../bin/media-node/stream-facts.ts';
import { exercisePlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { until } from '../fleet/test-tools.ts';
import { planRows, startEnrolmentSite } from './enrolment-site.ts';

/** Everything that offers a recorded camera's password, against real cameras, through a day. */
const secretKey = Buffer.alloc(32, 9);
const log = createLogger('silent', 'test');
const silentSink = { onStart() {}, onRtp() {}, onSenderReport() {}, onStop() {} };
const hourMs = 3_600_000;
let services: TestServices;
let fleet: Fleet;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices();
  const exercise = exercisePlan({ baseAddress: '127.232.13.1', httpPort: 8000, rtspPort: 8554 });
  fleet = await startFleet({
    cameras: {
      stations: exercise.stations,
      cameras: exercise.cameras
        .slice(0, 2)
        .map((camera) => ({ ...camera, modelName: 'KV-2100', audio: false })),
    },
    scenes: 'tiny',
    multicast: false,
  });
  sql = openDatabase(await services.createDatabase(), { maxConnections: 4 });
  await migrate(sql);
  const districts = new URL(import.meta.resolve('@nigehban/config/data/punjab_districts.csv'));
  await addDistrictsOf(sql, districts.pathname);
  const plan = { text: planRows(fleet.plan), actor: null, address: null };
  await importPlan(sql, secretKey, plan, Date.now());
}, 60_000);
afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await fleet?.stop();
  await services?.stop();
});

/** A node as the informers see it: what it was told last. */
function fakeNode(role: LinkRole, nodeId: string) {
  const orders = new Map<number, StreamOrder>();
  const watches = new Map<number, WatchOrder>();
  const take = <Order extends { readonly cameraId: number }>(
    into: Map<number, Order>,
    message: { readonly orders?: readonly Order[]; readonly upsert?: readonly Order[] },
    removed: readonly number[] = [],
  ) => {
    if (message.orders !== undefined) into.clear();
    for (const order of message.orders ?? message.upsert ?? []) into.set(order.cameraId, order);
    for (const id of removed) into.delete(id);
  };
  let onOrders = () => {};
  const connection: NodeConnection = {
    hello: {
      ...{ type: 'hello', role, nodeId, version: 'test', startedAtMs: 0 },
      ...{ footageUrl: null, snapshot: [] },
    },
    linkedAtMs: 0,
    send(message: LinkDown) {
      if (message.type === 'desired') take(orders, message);
      if (message.type === 'desired-change') take(orders, message, message.remove);
      if (message.type === 'watch') take(watches, message);
      if (message.type === 'watch-change') take(watches, message, message.remove);
      onOrders();
    },
    request: () => Promise.reject(new Error('not asked')),
    close() {},
  };
  return {
    connection,
    orders,
    watches,
    listen(listener: () => void) {
      onOrders = listener;
    },
  };
}

test('streams, live views, checks, pictures, events and restarts try a wrong password once a day', async () => {
  const clock: ManualClock = createManualClock(Date.now());
  const mediaClock = new ManualMediaClock(Date.now() * 1_000);
  const pass = (ms: number) => {
    clock.advance(ms);
    mediaClock.advance(ms);
  };
  let site = await startEnrolmentSite({ sql, clock, secretKey });
  const media = fakeNode('media', 'media-1');
  const gateway = fakeNode('gateway', 'gateway-1');
  const inform = () => {
    const { directory, parts } = site;
    const shared = { sql, clock, log, directory, nodeLeaseMs: 3 * 24 * hourMs };
    const nodes = startNodeInformer({ ...shared, breaker: parts.breaker, onLoaded() {} });
    const gateways = startGatewayInformer({
      ...shared,
      breaker: () => parts.breaker,
      onSwept() {},
    });
    nodes.linked(media.connection);
    gateways.linked(gateway.connection);
    return { nodes, gateways };
  };
  const soon = (what: string, condition: () => boolean) =>
    until(what, 20_000, () => {
      pass(20);
      return condition();
    });
  await soon('both are registered', () =>
    site.directory.all().every((one) => one.asset.registered),
  );
  let informers = inform();

  const engine: { hub: StreamHub | null } = { hub: null };
  const flowingAtMs = new Map<number, number>();
  const pull = () => {
    const opened = createStreamHub({ clock: mediaClock, random: Math.random });
    engine.hub = opened;
    opened.onEvent((event) => {
      const fact = factOfEvent(event);
      if (fact?.kind === 'stream-flowing') flowingAtMs.set(fact.cameraId, fact.atMs);
      if (fact !== undefined) site.parts.facts([fact]);
    });
    const subscribed = new Set<string>();
    const apply = () => {
      for (const { source } of recordingOrders([...media.orders.values()])) {
        if (subscribed.has(source.key)) opened.update(source);
        else opened.subscribe(source, silentSink);
        subscribed.add(source.key);
      }
    };
    apply();
    media.listen(apply);
  };
  pull();
  const isFlowing = () =>
    (engine.hub?.statuses() ?? []).filter(({ state }) => state.kind === 'flowing').length === 2;
  await soon('both are recorded', isFlowing);
  await until('both said who they are', 20_000, async () => {
    pass(20);
    const proved = await sql<{ id: number; checkedAt: number }[]>`
      select camera_id as id, checked_at from identity_proof
      where camera_id not in (select camera_id from identity_doubt)`;
    // Each since its own stream began: they do not begin together.
    const since = proved.filter(
      ({ id, checkedAt }) => checkedAt >= (flowingAtMs.get(id) ?? Number.POSITIVE_INFINITY),
    );
    return since.length === 2;
  });

  const watch = () => {
    const refused = createRefusedCredentials(clock, 24 * hourMs);
    const ports = { clock, randomBytes: (size: number) => Buffer.alloc(size, 7) };
    const shared = { ...ports, holds: () => true, sendFacts() {} };
    const takePicture = createCameraPictures(
      { ...ports, signal: new AbortController().signal },
      refused,
    );
    const book = () => ({ policy: defaultWatchPolicy, orders: gateway.watches });
    const views = startViewWatch({ ...shared, book, takePicture });
    const events = startEventWatch({
      ...shared,
      ...{ refused, random: Math.random, orders: () => gateway.watches },
    });
    return { stop: () => Promise.all([views.stop(), events.stop()]) };
  };

  const failures = () =>
    fleet.cameras.map(({ counters }) => counters.rtspAuthFailures + counters.onvifAuthFailures);
  const before = failures();
  for (const camera of fleet.cameras) {
    await camera.setFaults([{ kind: 'wrong-password' }, { kind: 'mid-gop-cut' }]);
  }
  await soon('the refusals came down as orders', () =>
    [...media.orders.values()].every(({ held }) => held === true),
  );
  await soon('the gateway knows', () => [...gateway.watches.values()].every(({ held }) => held));
  let watchers = watch();
  for (let hour = 1; hour < 23; hour += 1) {
    for (const { asset, endpoint, credentials } of site.directory.all()) {
      if (endpoint === null) continue;
      const check = { cameraId: asset.id, endpoint, credentials, streamUrl: null, serial: null };
      await site.ask('gateway.check', check, 1_000);
      const snapshot = { endpoint, credentials, profileToken: 'x' };
      await site.ask('gateway.snapshot', snapshot, 1_000).catch(() => {});
      await site.parts.verify(asset.id);
      const order = media.orders.get(asset.id);
      const source = order === undefined ? undefined : streamSource(order, 'sub');
      if (source !== undefined) engine.hub?.subscribe(source, silentSink).close();
    }
    if (hour === 6) {
      await engine.hub?.stop();
      pull();
    }
    if (hour === 10) {
      await watchers.stop();
      watchers = watch();
    }
    if (hour === 14) {
      await Promise.all([informers.nodes.stop(), informers.gateways.stop()]);
      await site.stop();
      site = await startEnrolmentSite({ sql, clock, secretKey });
      informers = inform();
    }
    for (let minute = 0; minute < 12; minute += 1) {
      pass(5 * 60_000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  expect(failures().map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1]);

  // The password is put right at the camera, and a person asks: all of it goes on.
  for (const camera of fleet.cameras) await camera.setFaults([]);
  for (const { asset } of site.directory.all()) await site.parts.registration.probe(asset.id);
  await soon('both are recorded again', isFlowing);
  expect(failures().map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1]);
  await watchers.stop();
  await Promise.all([informers.nodes.stop(), informers.gateways.stop(), engine.hub?.stop()]);
  await site.stop();
}, 90_000);
