import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  defaultGatewaySettings,
  type RunningGateway,
  startGateway,
} from '@nigehban/camera-gateway/start-gateway.ts';
import { createManualClock, type ManualClock, systemClock } from '@nigehban/config/clock/clock.ts';
import { type NodeLink, startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { CameraHealthView } from '@nigehban/domain/api/health-types.ts';
import type { AlertView, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { type FakeMediaNode, startFakeMediaNode } from '@nigehban/server/testing/fake-nodes.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testClusterKey,
  testLog,
} from '@nigehban/server/testing/test-services.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatedPlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { until } from '../fleet/test-tools.ts';
import { planRows } from './enrolment-site.ts';

/**
 * Views from the lens to the alert, with the real server, two real gateways that share the cameras, and
 * simulated cameras: one with snapshots, one that is seen by stills of its recording alone. The
 * gateways' time is made to pass faster, so that minutes of hysteresis are seconds.
 */
let services: TestServices;
let server: TestServer;
let fleet: Fleet;
let footage: Server;
let node: FakeMediaNode;
let clock: ManualClock;
let pump: NodeJS.Timeout;
const gateways: { readonly gateway: RunningGateway; readonly link: NodeLink }[] = [];
let speed = 1;
let stillsAsked = 0;
let ids: readonly number[] = [];
const pumpEveryMs = 25;

/** A view with edges, each time in another light. */
async function stripes(count: number): Promise<Buffer> {
  const [width, height] = [320, 180];
  const pixels = Buffer.from(
    Array.from({ length: width * height }, (_, index) => {
      const stripe = Math.floor((index % width) / 20) % 2 === 0 ? 100 : 0;
      return 50 + stripe + (count % 20);
    }),
  );
  const raw = { width, height, channels: 1 } as const;
  return await sharp(pixels, { raw }).jpeg().toBuffer();
}

async function startSharedGateway(nodeId: string, leasePrefix: string): Promise<void> {
  let gateway: RunningGateway | undefined;
  const link = startNodeLink({
    ...{ serverUrl: server.url, clusterKey: testClusterKey, clock: systemClock, log: testLog },
    random: Math.random,
    hello: () => ({
      ...{ role: 'gateway', nodeId, version: 'test', startedAtMs: Date.now(), footageUrl: null },
      snapshot: gateway?.snapshot() ?? [],
    }),
    onWatch: (message) => gateway?.acceptWatch(message),
  });
  const settings = { ...defaultGatewaySettings, nodeId, leasePrefix, redisUrl: services.redisUrl };
  gateway = await startGateway(settings, { link, clock, log: testLog });
  gateways.push({ gateway, link });
}

async function call<T>(
  role: 'administrator' | 'supervisor' | 'operator',
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const headers = { cookie: await server.signIn(role), 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}${path}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const health = (cameraId: number) =>
  call<CameraHealthView>('operator', 'GET', `/api/cameras/${cameraId}/health`);

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  const part = () => 1 + Math.floor(Math.random() * 250);
  const addressing = {
    ...{ baseAddress: `127.${20 + (part() % 200)}.${part()}.1`, httpPort: 8000, rtspPort: 8554 },
  };
  fleet = await startFleet({
    cameras: generatedPlan(2, addressing, ['KV-2100', 'RS-1']),
    ...{ scenes: 'tiny', multicast: false },
  });
  footage = createServer(async (request, response) => {
    stillsAsked += 1;
    const at = new URL(request.url ?? '', 'http://node').searchParams.get('atUs') ?? '';
    const jpeg = await stripes(stillsAsked);
    response.writeHead(200, { 'content-type': 'image/jpeg', 'x-picture-time-us': at }).end(jpeg);
  });
  await new Promise<void>((resolve) => footage.listen(0, '127.0.0.1', resolve));
  server = await startTestServer(services, { viewApproval: 'off' });
  // The cameras' clocks are right: what is told is of the last minutes, not of times to come.
  clock = createManualClock(Date.now() - 240_000);
  pump = setInterval(() => clock.advance(pumpEveryMs * speed), pumpEveryMs);
  await server.importPlan(planRows(fleet.plan));
  await startSharedGateway('gateway-1', 'views');
  await startSharedGateway('gateway-2', 'views');
  const footageUrl = `http://127.0.0.1:${(footage.address() as AddressInfo).port}`;
  node = startFakeMediaNode(server.url, { footageUrl });
  await until('both are ordered', 20_000, () => node.orders().length === 2);
  ids = node.orders().map(({ cameraId }) => cameraId);
  node.flowing(ids);
  await call('administrator', 'PUT', '/api/settings/watch', {
    ...{ sweepEveryMs: 15_000, viewEveryMs: 10_000 },
  });
});

afterAll(async () => {
  speed = 1;
  await node?.link.stop();
  for (const { gateway, link } of gateways) {
    await gateway.stop();
    await link.stop();
  }
  clearInterval(pump);
  await server?.stop();
  footage?.close();
  await fleet?.stop();
  await services?.stop();
});

test('a covered lens: the approved picture is gone, the camera COVERED, its station alerted, and over', async () => {
  const camera = fleet.cameras[0];
  const cameras = await call<CameraView[]>('operator', 'GET', '/api/cameras');
  const id = cameras.find(({ code }) => code === camera?.plan.id)?.id ?? 0;
  const path = `/api/cameras/${id}/views`;
  const taken = await call<ReferenceView>('administrator', 'POST', path, {});
  const approved = await call<ReferenceView>(
    'supervisor',
    'POST',
    `${path}/${taken.id}/approve`,
    {},
  );
  expect(approved).toMatchObject({ state: 'approved', comparable: true });
  speed = 20;
  await until('it is well against the reference', 25_000, async () => {
    const { view } = await health(id);
    return view?.verdict === 'WELL' && !view.evidence.includes('no reference');
  });
  await camera?.setFaults([{ kind: 'view-covered' }]);
  await until('the camera is COVERED', 30_000, async () => (await health(id)).state === 'COVERED');
  const told = await health(id);
  expect(told).toMatchObject({ fault: 'CAMERA_COVERED', view: { verdict: told.state } });
  expect(told.nextAction).toMatch(/\w{4}/);
  await until('its station is alerted', 10_000, async () => {
    const alerts = await call<AlertView[]>('operator', 'GET', '/api/alerts?state=open');
    const alert = alerts.find(({ stationCode }) => stationCode === camera?.plan.stationId);
    return alert?.causes.some(({ fault }) => fault === 'CAMERA_COVERED') === true;
  });
  await camera?.setFaults([]);
  await until('it is over', 30_000, async () => (await health(id)).state === 'ONLINE');
});

test('a camera without snapshots is judged by its stills, by the gateway that watches it', async () => {
  const cameras = await call<CameraView[]>('operator', 'GET', '/api/cameras');
  const withoutSnapshots = cameras.find(({ code }) => code === fleet.plan.cameras[1]?.id);
  await until('its view is judged', 25_000, async () => {
    const { view } = await health(withoutSnapshots?.id ?? 0);
    return view?.verdict === 'WELL';
  });
  expect(stillsAsked).toBeGreaterThan(0);
  expect(fleet.cameras[1]?.counters.snapshots).toBe(0);
});
