import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import { indexPlan, matchCamera } from '@nigehban/domain/registration.ts';
import type { SimulatedCamera } from '@nigehban/test/fleet/camera.ts';
import { type Fleet, startFleet } from '@nigehban/test/fleet/fleet.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { soapFault, startScriptedCamera } from './onvif/testing/scripted-camera.ts';
import { defaultGatewaySettings, type Stoppable, startGateway } from './start-gateway.ts';

type Handlers = { [M in LinkMethod]?: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]> };

/** The gateway as the server reaches it, without a network between. */
class TestLink {
  readonly #handlers: Handlers = {};

  handle<M extends LinkMethod>(
    method: M,
    run: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>,
  ): void {
    Object.assign(this.#handlers, { [method]: run });
  }

  async ask<M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
  ): Promise<LinkMethods[M][1]> {
    const run: Handlers[M] = this.#handlers[method];
    if (run === undefined) throw new Error(`${method} is not handled`);
    return run(params);
  }
}

let fleet: Fleet;
let gateway: Stoppable;
let link: TestLink;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny' });
  link = new TestLink();
  gateway = await startGateway(
    {
      ...defaultGatewaySettings,
      discovery: { ...defaultGatewaySettings.discovery, multicastInterfaces: ['127.0.0.1'] },
    },
    { link },
  );
});

afterEach(async () => {
  await Promise.all(fleet.cameras.map(({ plan }) => fleet.setFault(plan.id, null)));
});

afterAll(async () => {
  await gateway?.stop();
  await fleet?.stop();
});

function cameraOf(modelName: string, nth = 0): SimulatedCamera {
  const camera = fleet.cameras.filter(({ plan }) => plan.modelName === modelName)[nth];
  if (camera === undefined) throw new Error(`the fleet has no ${modelName}`);
  return camera;
}

function reach({ plan }: SimulatedCamera) {
  return {
    endpoint: { address: plan.address, onvifPort: plan.httpPort },
    credentials: { username: plan.username, password: plan.password },
  };
}

function check(camera: SimulatedCamera, changes: Partial<LinkMethods['gateway.check'][0]> = {}) {
  return link.ask('gateway.check', {
    cameraId: 1 as CameraId,
    ...reach(camera),
    streamUrl: camera.streamUri('main'),
    serial: camera.plan.serial,
    ...changes,
  });
}

test('a sweep finds the fleet, the probe tells who each is, the plan binds it', async () => {
  const baseAddress = fleet.cameras[0]?.plan.address ?? '';
  const { cameras } = await link.ask('gateway.discover', {
    cidrs: [`${baseAddress}/24`],
    multicast: false,
    timeoutMs: 500,
  });
  const known = new Map(fleet.cameras.map((camera) => [camera.plan.address, camera]));
  expect(new Set(cameras.map(({ address }) => address))).toEqual(new Set(known.keys()));
  const plan = indexPlan(fleet.plan.cameras);
  await Promise.all(
    cameras.map(async ({ address, onvifPort }) => {
      const camera = known.get(address);
      if (camera === undefined) throw new Error('found what is not there');
      const probe = await link.ask('gateway.probe', {
        endpoint: { address, onvifPort },
        credentials: reach(camera).credentials,
      });
      const match = matchCamera(probe.identity, plan);
      expect(match).toMatchObject({ kind: 'bound', entry: { id: camera.plan.id } });
      expect(probe.identity.serial).toBe(camera.plan.serial);
      expect(probe.streams.map((stream) => stream.url)).toEqual([
        camera.streamUri('main'),
        camera.streamUri('sub'),
      ]);
      expect(probe.streams.map((stream) => stream.quality)).toEqual(['main', 'sub']);
      expect(probe).toMatchObject({ hasSnapshot: true, hasSynchronizationPoint: true });
      expect(Math.abs(probe.clockOffsetMs)).toBeLessThan(3_000);
    }),
  );
  const failures = fleet.cameras.reduce((sum, { counters }) => sum + counters.onvifAuthFailures, 0);
  expect(failures).toBe(0);
});

test('multicast on the loopback interface finds the same', async () => {
  const { cameras } = await link.ask('gateway.discover', {
    cidrs: [],
    multicast: true,
    timeoutMs: 800,
  });
  const found = new Set(cameras.map(({ address, onvifPort }) => `${address}:${onvifPort}`));
  for (const { plan } of fleet.cameras) expect(found).toContain(`${plan.address}:${plan.httpPort}`);
});

test('an H.265 main stream is told by Media 2, its sub-stream is H.264', async () => {
  const probe = await link.ask('gateway.probe', reach(cameraOf('NL-H65')));
  expect(probe.streams.map(({ codec }) => codec)).toEqual(['H265', 'H264']);
});

test.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E', 'NL-H65'])(
  '%s answers a check, gives a snapshot and a key frame',
  async (name) => {
    const camera = cameraOf(name);
    expect(await check(camera)).toEqual({ kind: 'answers' });
    const { streams } = await link.ask('gateway.probe', reach(camera));
    const profileToken = streams[1]?.profileToken ?? '';
    const { jpegBase64 } = await link.ask('gateway.snapshot', { ...reach(camera), profileToken });
    expect(Buffer.from(jpegBase64, 'base64').subarray(0, 3)).toEqual(Buffer.of(0xff, 0xd8, 0xff));
    const before = camera.counters.synchronizationPoints;
    await link.ask('gateway.synchronization-point', {
      cameraId: 7,
      ...reach(camera),
      profileToken,
    });
    expect(camera.counters.synchronizationPoints).toBe(before + 1);
  },
);

test.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'])(
  '%s with its clock off by an hour',
  async (name) => {
    const camera = cameraOf(name);
    for (const offsetMs of [3_600_000, -3_600_000]) {
      await fleet.setFault(camera.plan.id, { kind: 'clock-offset', offsetMs });
      const probe = await link.ask('gateway.probe', reach(camera));
      expect(Math.abs(probe.clockOffsetMs - offsetMs)).toBeLessThan(3_000);
      expect(await check(camera)).toEqual({ kind: 'answers' });
    }
  },
);

test.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'])(
  '%s: a wrong password is tried exactly once, however often it is checked',
  async (name) => {
    const camera = cameraOf(name, 1);
    await fleet.setFault(camera.plan.id, { kind: 'wrong-password' });
    const before = { ...camera.counters };
    for (let round = 0; round < 4; round += 1) {
      expect(await check(camera)).toMatchObject({ kind: 'refused', fault: 'CAMERA_AUTH_REFUSED' });
    }
    expect(camera.counters.onvifAuthFailures - before.onvifAuthFailures).toBe(1);
    expect(camera.counters.rtspAuthFailures - before.rtspAuthFailures).toBe(0);
    await fleet.setFault(camera.plan.id, null);
    // A person's own probe tries, and clears the way for the checks.
    await link.ask('gateway.probe', reach(camera));
    expect(await check(camera)).toEqual({ kind: 'answers' });
  },
);

test('verdicts tell unplugged, black hole, garbage and a stranger apart', async () => {
  const camera = cameraOf('NL-D40');
  const verdict = async (fault: Parameters<Fleet['setFault']>[1]) => {
    await fleet.setFault(camera.plan.id, fault);
    return check(camera);
  };
  expect(await verdict({ kind: 'unplugged' })).toMatchObject({
    kind: 'unreachable',
    fault: 'CAMERA_UNREACHABLE',
  });
  expect(await verdict({ kind: 'garbage-xml' })).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_ANSWER_INVALID',
  });
  expect((await verdict({ kind: 'huge-xml', sizeBytes: 20_000_000 })).kind).toBe('failed');
  expect(await verdict({ kind: 'blackhole' })).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_TIMEOUT',
  });
  await fleet.setFault(camera.plan.id, null);
  expect(await check(camera, { serial: '0042' })).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_IDENTITY_MISMATCH',
  });
  expect(await check(camera, { streamUrl: 'rtsp://127.0.0.1:1/x' })).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_ADDRESS_REFUSED',
  });
  expect(await check(camera, { streamUrl: `rtsp://${camera.plan.address}:1/x` })).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_STREAM_INVALID',
  });
  expect(await check(camera)).toEqual({ kind: 'answers' });
});

test('slow XML ends by the deadline, and hanging cameras delay no other', async () => {
  const slow = cameraOf('KV-2100', 2);
  const hanging = fleet.cameras.slice(3, 9).filter((camera) => camera !== slow);
  await fleet.setFault(slow.plan.id, { kind: 'slow-xml', bytesPerSecond: 20 });
  await Promise.all(hanging.map(({ plan }) => fleet.setFault(plan.id, { kind: 'blackhole' })));
  const startedMs = performance.now();
  const dead = Promise.all([slow, ...hanging].map((camera) => check(camera)));
  const well = fleet.cameras.slice(9, 12).filter((camera) => camera !== slow);
  for (const camera of well) expect(await check(camera)).toEqual({ kind: 'answers' });
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  for (const outcome of await dead) {
    expect(outcome).toMatchObject({ kind: 'failed', fault: 'CAMERA_TIMEOUT' });
  }
  expect(performance.now() - startedMs).toBeLessThan(8_000);
});

test('a camera that leaves discovery unanswered is found by HTTP, a web server is not', async () => {
  await using camera = await startScriptedCamera(
    () => soapFault('Sender', 'NotAuthorized'),
    '127.19.7.3',
  );
  await using page = await startScriptedCamera(() => '<html>It works</html>', '127.19.7.4');
  const other = new TestLink();
  const searching = await startGateway(
    {
      ...defaultGatewaySettings,
      discovery: { ...defaultGatewaySettings.discovery, httpPorts: [page.port, camera.port] },
    },
    { link: other },
  );
  const found = await other.ask('gateway.discover', {
    cidrs: ['127.19.7.0/29'],
    multicast: false,
    timeoutMs: 100,
  });
  expect(found.cameras.map(({ address, onvifPort }) => [address, onvifPort])).toEqual([
    ['127.19.7.3', camera.port],
  ]);
  await searching.stop();
  await expect(
    other.ask('gateway.discover', { cidrs: ['127.19.7.0/29'], multicast: false, timeoutMs: 100 }),
  ).rejects.toMatchObject({ code: 'GATEWAY_UNAVAILABLE' });
});

test('stopping ends a long sweep at once', async () => {
  const other = new TestLink();
  const sweeping = await startGateway(defaultGatewaySettings, { link: other });
  const sweep = expect(
    other.ask('gateway.discover', { cidrs: ['127.18.0.0/16'], multicast: false, timeoutMs: 100 }),
  ).rejects.toMatchObject({ code: 'GATEWAY_UNAVAILABLE' });
  const startedMs = performance.now();
  await sweeping.stop();
  await sweep;
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});
