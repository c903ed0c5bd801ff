import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import { defaultViewPolicy, judgePicture } from '@nigehban/domain/view-check.ts';
import type { WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { SimulatedCamera } from '@nigehban/test/fleet/camera.ts';
import { cameraModelNamed } from '@nigehban/test/fleet/camera-models.ts';
import { type Fleet, startFleet } from '@nigehban/test/fleet/fleet.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { measureJpeg, openReference } from './picture/measure-view.ts';
import { defaultGatewaySettings, type RunningGateway, startGateway } from './start-gateway.ts';

type Handlers = { [M in LinkMethod]?: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]> };

const handlers: Handlers = {};
const facts: WatchFact[] = [];
let fleet: Fleet;
let gateway: RunningGateway;

async function ask<M extends LinkMethod>(
  method: M,
  params: LinkMethods[M][0],
): Promise<LinkMethods[M][1]> {
  const run: Handlers[M] = handlers[method];
  if (run === undefined) throw new Error(`${method} is not handled`);
  return run(params);
}

beforeAll(async () => {
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny' });
  gateway = await startGateway(defaultGatewaySettings, {
    link: {
      handle: (method, run) => Object.assign(handlers, { [method]: run }),
      sendFacts: (some) => facts.push(...some),
    },
  });
});

afterEach(async () => {
  gateway.acceptWatch({ type: 'watch', version: 1, policy: quiet, orders: [] });
  await Promise.all(fleet.cameras.map(({ plan }) => fleet.setFault(plan.id, null)));
  facts.length = 0;
});

afterAll(async () => {
  await gateway?.stop();
  await fleet?.stop();
});

const quiet = { sweepEveryMs: 60_000, viewEveryMs: 0 };
const until = { timeout: 15_000, interval: 50 };

function reach({ plan }: SimulatedCamera) {
  return {
    endpoint: { address: plan.address, onvifPort: plan.httpPort },
    credentials: { username: plan.username, password: plan.password },
  };
}

function withEvents(): SimulatedCamera[] {
  const models = new Map<string, SimulatedCamera>();
  for (const camera of fleet.cameras) {
    if (cameraModelNamed(camera.plan.modelName).onvif.events !== null)
      models.set(camera.plan.modelName, camera);
  }
  return [...models.values()];
}

async function orderFor(camera: SimulatedCamera, cameraId: CameraId): Promise<WatchOrder> {
  const { streams } = await ask('gateway.probe', reach(camera));
  return {
    cameraId,
    cameraCode: camera.plan.modelName,
    stationId: 1,
    ...reach(camera),
    serial: camera.plan.serial,
    swept: false,
    view: { profileToken: streams[0]?.profileToken ?? '', reference: null },
    events: true,
  };
}

test('events of every model that has them: begun, ended, and again after a lost subscription', async () => {
  const cameras = withEvents();
  expect(cameras.length).toBeGreaterThan(2);
  const orders = await Promise.all(
    cameras.map(async (camera, index) => ({ ...(await orderFor(camera, index + 1)), view: null })),
  );
  gateway.acceptWatch({ type: 'watch', version: 1, policy: quiet, orders });
  const seen = (active: boolean): CameraId[] =>
    facts
      .flatMap((fact) =>
        fact.kind === 'camera-event' && fact.event === 'tamper' && fact.active === active
          ? [fact.cameraId]
          : [],
      )
      .sort((a, b) => a - b);
  const all = orders.map(({ cameraId }) => cameraId);
  const raise = (active: boolean): Promise<unknown> =>
    Promise.all(
      cameras.map(({ plan }) =>
        fleet.setFault(plan.id, { kind: 'event', event: 'tamper', active }),
      ),
    );
  await raise(true);
  // Whoever subscribes late is told the state at the beginning.
  await expect.poll(() => seen(true), { ...until, timeout: 15_000 }).toEqual(all);
  expect(gateway.snapshot().filter(({ kind }) => kind === 'camera-event')).toHaveLength(all.length);
  await raise(false);
  await expect.poll(() => seen(false), until).toEqual(all);
  facts.length = 0;
  await Promise.all(
    cameras.map(({ plan }) => fleet.setFault(plan.id, { kind: 'subscription-lost' })),
  );
  await raise(true);
  await expect.poll(() => seen(true), { ...until, timeout: 30_000 }).toEqual(all);
  const failures = cameras.reduce((sum, { counters }) => sum + counters.onvifAuthFailures, 0);
  expect(failures).toBe(0);
});

test('snapshots are looked at, and the first verdict is told', async () => {
  const camera = withEvents()[0];
  if (camera === undefined) throw new Error('no camera');
  const order = { ...(await orderFor(camera, 9)), events: false };
  gateway.acceptWatch({
    type: 'watch',
    version: 1,
    policy: { sweepEveryMs: 60_000, viewEveryMs: 1_000 },
    orders: [order],
  });
  await expect
    .poll(() => facts.filter(({ kind }) => kind === 'view-judged'), until)
    .toMatchObject([{ cameraId: 9, verdict: 'WELL' }]);
  const { jpegBase64 } = await ask('gateway.snapshot', {
    ...reach(camera),
    profileToken: order.view?.profileToken ?? '',
  });
  expect(await ask('gateway.judge-view', { cameraId: 9, jpegBase64 })).toMatchObject({
    verdict: 'WELL',
  });
});

test('the fleet’s spoilt views are told by their fingerprints', async () => {
  const camera = withEvents()[0];
  if (camera === undefined) throw new Error('no camera');
  const { view } = await orderFor(camera, 1);
  const take = async (): Promise<Buffer> => {
    const params = { ...reach(camera), profileToken: view?.profileToken ?? '' };
    return Buffer.from((await ask('gateway.snapshot', params)).jpegBase64, 'base64');
  };
  const approved = await take();
  const made = await ask('gateway.fingerprint', { jpegBase64: approved.toString('base64') });
  const reference = openReference(made.fingerprint);
  const votes: Record<string, string> = {};
  for (const kind of ['well', 'covered', 'moved', 'blurred', 'dark', 'night'] as const) {
    await fleet.setFault(camera.plan.id, kind === 'well' ? null : { kind: `view-${kind}` });
    const before = (await measureJpeg(await take(), reference, null)).edges;
    const { measures } = await measureJpeg(await take(), reference, before);
    votes[kind] = judgePicture(measures, defaultViewPolicy.limits);
  }
  expect(votes).toEqual({
    well: 'WELL',
    covered: expect.stringMatching(/COVERED|DARK/),
    // Of so small a scene little stays in the picture when it is moved.
    moved: expect.stringMatching(/MOVED|COVERED/),
    blurred: 'BLURRED',
    dark: 'DARK',
    night: 'WELL',
  });
});
