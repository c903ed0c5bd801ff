import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import type { SimulatedCamera } from '@nigehban/test/fleet/camera.ts';
import { generatedPlan } from '@nigehban/test/fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '@nigehban/test/fleet/fleet.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { defaultGatewaySettings, type RunningGateway, startGateway } from './start-gateway.ts';

/**
 * A camera that is well but for one operation, whose answer is an attack: a relay before a simulated
 * camera answers it instead. The whole gateway, by the real protocol.
 */
type Handlers = { [M in LinkMethod]?: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]> };
type Attack = (response: ServerResponse) => void;

const handlers: Handlers = {};
const facts: WatchFact[] = [];
let fleet: Fleet;
let camera: SimulatedCamera;
let gateway: RunningGateway;
let isTarget: (request: IncomingMessage, body: string) => boolean = () => false;
let attack: Attack = (response) => response.end();
let attacked = 0;
let sentBytes = 0;

const soap = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>';
const says =
  (body: string | Buffer, type = 'application/soap+xml; charset=utf-8'): Attack =>
  (response) =>
    response.writeHead(200, { 'content-type': type }).end(body);

/** Ten entities, each ten of the one before. */
function entityBomb(): string {
  const entities = Array.from(
    { length: 10 },
    (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`,
  );
  return `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY e0 "ha">${entities.join('')}]>${soap}&e10;`;
}

const hundredMegabytes: Attack = (response) => {
  response.writeHead(200, { 'content-type': 'application/soap+xml' });
  response.write(soap);
  const chunk = Buffer.from('<b>text</b>'.repeat(6_000));
  const more = (): void => {
    while (sentBytes < 100_000_000 && !response.destroyed) {
      sentBytes += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
};
const drip: Attack = (response) => {
  response.writeHead(200, { 'content-type': 'application/soap+xml' });
  const timer = setInterval(() => response.write('<a>'), 50);
  response.on('close', () => clearInterval(timer));
};
const truncated: Attack = (response) => {
  response.writeHead(200, { 'content-type': 'application/soap+xml', 'content-length': 5_000 });
  response.write(soap);
  setTimeout(() => response.destroy(), 20);
};
const attacks: readonly (readonly [string, Attack, RegExp])[] = [
  ['an entity bomb', says(entityBomb()), /^CAMERA_ANSWER_INVALID$/],
  ['a million levels', says(soap + '<a>'.repeat(1_000_000)), /^CAMERA_ANSWER_(INVALID|TOO_LARGE)$/],
  [
    'an unknown charset',
    says(`${soap}</s:Body></s:Envelope>`, 'text/xml; charset=x-none'),
    /^CAMERA_ANSWER_INVALID$/,
  ],
  [
    'bytes of another charset',
    says(Buffer.from(`${soap}\u00e9`, 'latin1')),
    /^CAMERA_ANSWER_INVALID$/,
  ],
  ['a body cut short', truncated, /^CAMERA_(ANSWER_INVALID|UNREACHABLE)$/],
  ['100 MB', hundredMegabytes, /^CAMERA_ANSWER_TOO_LARGE$/],
];

/** Passes on to the simulated camera what is not the target. */
function relay(incoming: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  incoming.on('data', (part: Buffer) => parts.push(part));
  incoming.on('end', () => {
    const body = Buffer.concat(parts);
    if (isTarget(incoming, body.toString('utf8'))) {
      attacked += 1;
      attack(response);
      return;
    }
    const { address, httpPort } = camera.plan;
    const { method, url, headers } = incoming;
    const onward = request(
      { host: address, port: httpPort, method, path: url, headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    onward.end(body);
  });
}
const server = createServer(relay);
let endpoint = { address: '', onvifPort: 0 };

async function ask<M extends LinkMethod>(
  method: M,
  params: LinkMethods[M][0],
): Promise<LinkMethods[M][1]> {
  const run: Handlers[M] = handlers[method];
  if (run === undefined) throw new Error(`${method} is not handled`);
  return run(params);
}
const credentials = () => ({ username: camera.plan.username, password: camera.plan.password });

beforeAll(async () => {
  const part = () => 1 + Math.floor(Math.random() * 250);
  const network = `127.${20 + (part() % 200)}.${part()}`;
  const addressing = { baseAddress: `${network}.1`, httpPort: 8000, rtspPort: 8554 };
  fleet = await startFleet({
    cameras: generatedPlan(1, addressing, ['KV-2100']),
    ...{ scenes: 'tiny', multicast: false },
  });
  const [only] = fleet.cameras;
  if (only === undefined) throw new Error('no camera');
  camera = only;
  endpoint = { address: `${network}.200`, onvifPort: 8000 };
  await new Promise<void>((resolve) => {
    server.listen(endpoint.onvifPort, endpoint.address, resolve);
  });
  gateway = await startGateway(defaultGatewaySettings, {
    link: {
      handle: (method, run) => Object.assign(handlers, { [method]: run }),
      sendFacts: (some) => facts.push(...some),
    },
  });
});
beforeEach(() => {
  isTarget = () => false;
  attacked = 0;
  sentBytes = 0;
  facts.length = 0;
});
afterAll(async () => {
  await gateway?.stop();
  server.closeAllConnections();
  server.close();
  await fleet?.stop();
});

const probe = () => ask('gateway.probe', { endpoint, credentials: credentials() });
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'well',
    (thrown: { code?: string }) => thrown.code ?? String(thrown),
  );
}

test('through the relay the camera is well', async () => {
  expect(await probe()).toMatchObject({ hasSnapshot: true, hasEvents: true });
});

test.each(attacks)('%s is a coded fault of the probe and of the snapshot', async (_, how, code) => {
  const { streams } = await probe();
  attack = how;
  const startedMs = performance.now();
  const rssBefore = process.memoryUsage().rss;
  isTarget = (_request, body) => body.includes('GetProfiles') || body.includes('GetDeviceInfo');
  expect(await codeOf(probe())).toMatch(code);
  isTarget = ({ method }) => method === 'GET';
  const profileToken = streams[0]?.profileToken ?? '';
  const snapshot = ask('gateway.snapshot', { endpoint, credentials: credentials(), profileToken });
  expect(await codeOf(snapshot)).toMatch(/^CAMERA_(ANSWER_(INVALID|TOO_LARGE)|UNREACHABLE)$/);
  expect(attacked).toBeGreaterThanOrEqual(2);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(sentBytes).toBeLessThan(40_000_000);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(128 * 1024 * 1024);
});

test('a drip ends by the deadline of the asker', async () => {
  const { streams } = await probe();
  attack = drip;
  isTarget = ({ method }) => method === 'GET';
  const profileToken = streams[0]?.profileToken ?? '';
  const startedMs = performance.now();
  const snapshot = ask('gateway.snapshot', { endpoint, credentials: credentials(), profileToken });
  expect(await codeOf(snapshot)).toBe('CAMERA_TIMEOUT');
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test('attacks on the pull point tell nothing, hold nothing up, and events are heard afterwards', async () => {
  const { streams } = await probe();
  const rssBefore = process.memoryUsage().rss;
  let next = 0;
  attack = (response) => attacks[next++ % attacks.length]?.[1](response);
  isTarget = (_request, body) => body.includes('PullMessages');
  gateway.acceptWatch({
    type: 'watch',
    version: 1,
    policy: { sweepEveryMs: 5_000, viewEveryMs: 0 },
    orders: [
      {
        ...{ cameraId: 1, cameraCode: 'C1', stationId: 1, endpoint, credentials: credentials() },
        ...{ serial: camera.plan.serial, swept: true, events: true },
        view: { profileToken: streams[0]?.profileToken ?? '', reference: null },
      },
    ],
  });
  await expect.poll(() => attacked, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  expect(facts.filter(({ kind }) => kind === 'camera-event')).toEqual([]);
  expect(await probe()).toMatchObject({ hasEvents: true });
  isTarget = () => false;
  await fleet.setFault(camera.plan.id, { kind: 'event', event: 'tamper', active: true });
  await expect
    .poll(() => facts.filter(({ kind }) => kind === 'camera-event'), { timeout: 60_000 })
    .toMatchObject([{ cameraId: 1, event: 'tamper', active: true }]);
  await expect
    .poll(() => facts.some(({ kind }) => kind === 'camera-answered'), { timeout: 15_000 })
    .toBe(true);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(128 * 1024 * 1024);
}, 90_000);
