import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { applyPolicy } from '@nigehban/camera-gateway/policy/apply-policy.ts';
import { createRefusedCredentials } from '@nigehban/camera-gateway/probe/refused-credentials.ts';
import type { GatewayLink } from '@nigehban/camera-gateway/start-gateway.ts';
import { serveTools } from '@nigehban/camera-gateway/tools/serve-tools.ts';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import type { CameraPolicy, CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../fleet/fleet.ts';

/** The part of the npm package `onvif` that reads back what the gateway set. */
interface OnvifCam {
  getHostname(callback: (error: Error | null, information: { name: string }) => void): void;
  getNTP(callback: (error: Error | null, information: unknown) => void): void;
  getVideoEncoderConfigurations(
    callback: (
      error: Error | null,
      list: readonly { $: { token: string }; rateControl?: { bitrateLimit: number } }[],
    ) => void,
  ): void;
}
interface OnvifPackage {
  readonly Cam: new (
    options: Record<string, unknown>,
    callback: (this: OnvifCam, error: Error | null) => void,
  ) => OnvifCam;
}
const onvif: OnvifPackage = createRequire(import.meta.url)('onvif');

const ports = {
  clock: systemClock,
  randomBytes,
  describeStream: async () => {},
};
const refused = () => createRefusedCredentials(systemClock, 60_000);
const models = ['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'] as const;
let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 4, multicast: false, scenes: 'tiny', rebootMs: 300 });
}, 30_000);
afterAll(async () => await fleet?.stop());

function cameraOf(modelName: string) {
  const camera = fleet.cameras.find(({ plan }) => plan.modelName === modelName);
  if (camera === undefined) throw new Error(`no ${modelName}`);
  const { address, httpPort, username, password } = camera.plan;
  return {
    camera,
    target: { endpoint: { address, onvifPort: httpPort }, credentials: { username, password } },
  };
}

const apply = (modelName: string, policy: CameraPolicy, correct = true) =>
  applyPolicy({ ...cameraOf(modelName).target, policy, correct }, ports, refused());

function outcomes({ items }: CameraPolicyReport): Record<string, string> {
  return Object.fromEntries(items.map(({ item, outcome }) => [item, outcome]));
}

function connectIndependently(modelName: string, password?: string): Promise<OnvifCam> {
  const { endpoint, credentials } = cameraOf(modelName).target;
  return new Promise((resolve, reject) => {
    const cam: OnvifCam = new onvif.Cam(
      {
        hostname: endpoint.address,
        port: endpoint.onvifPort,
        username: credentials.username,
        password: password ?? credentials.password,
        timeout: 5_000,
      },
      (error) => (error === null ? resolve(cam) : reject(error)),
    );
  });
}

/** What the models do not have: it is told, and nothing else suffers. */
const lacks: Readonly<Record<string, readonly string[]>> = {
  'TQ-6IR': ['hostname'],
  'SB-720E': ['osd', 'sub.bitrate'],
};

const policy: CameraPolicy = {
  ntpServer: '10.20.30.40',
  hostName: 'ge24-na117-ps042-c1',
  osdText: 'GE24-NA117-PS042-C1',
  sub: { codec: 'H264', bitrateKbps: 300 },
};

test.each(models)('%s is told to differ, is corrected, and stays so', async (name) => {
  // Twice told, because telling changes nothing.
  await apply(name, policy, false);
  const told = outcomes(await apply(name, policy, false));
  const lacking = lacks[name] ?? [];
  const all = (outcome: string) =>
    Object.fromEntries(
      ['ntp', 'hostname', 'osd', 'sub.bitrate'].map((item) => [
        item,
        lacking.includes(item) ? 'unsupported' : outcome,
      ]),
    );
  expect(told).toMatchObject(all('differs'));
  expect(outcomes(await apply(name, policy))).toMatchObject(all('set'));
  expect(outcomes(await apply(name, policy, false))).toMatchObject(all('as-wanted'));
});

test('an independent client reads back what was set', async () => {
  await apply('KV-2100', policy);
  const cam = await connectIndependently('KV-2100');
  const hostname = await new Promise<{ name: string }>((resolve, reject) =>
    cam.getHostname((error, found) => (error === null ? resolve(found) : reject(error))),
  );
  expect(hostname.name).toBe(policy.hostName);
  const ntp = await new Promise((resolve, reject) =>
    cam.getNTP((error, found) => (error === null ? resolve(found) : reject(error))),
  );
  expect(JSON.stringify(ntp)).toContain('10.20.30.40');
  const encoders = await new Promise<readonly { rateControl?: { bitrateLimit: number } }[]>(
    (resolve, reject) =>
      cam.getVideoEncoderConfigurations((error, list) =>
        error === null ? resolve(list) : reject(error),
      ),
  );
  expect(encoders.map((one) => one.rateControl?.bitrateLimit)).toContain(300);
});

test('what a camera cannot have is fitted to what it can, and both are told', async () => {
  const report = await apply('KV-2100', { sub: { bitrateKbps: 99_000, frameRateFps: 60 } });
  const bitrate = report.items.find(({ item }) => item === 'sub.bitrate');
  expect(bitrate).toMatchObject({
    wanted: '99000 kbit/s, nearest possible 8192 kbit/s',
    found: '8192 kbit/s',
    outcome: 'set',
  });
});

test('a changed password is proved, and a refused one leaves the old one valid', async () => {
  const { target } = cameraOf('NL-D40');
  const weak = await apply('NL-D40', { newPassword: 'short' });
  expect(weak.items).toMatchObject([{ item: 'password', outcome: 'refused' }]);
  expect(JSON.stringify(weak)).not.toContain('short');
  const secret = 'a much longer one & <odd>';
  const changed = await apply('NL-D40', { newPassword: secret });
  expect(outcomes(changed)).toEqual({ password: 'set' });
  expect(JSON.stringify(changed)).not.toContain(secret);
  await connectIndependently('NL-D40', secret);
  const renewed = { ...target, credentials: { ...target.credentials, password: secret } };
  const back = { newPassword: target.credentials.password };
  const report = await applyPolicy({ ...renewed, policy: back, correct: true }, ports, refused());
  expect(outcomes(report)).toEqual({ password: 'set' });
  await connectIndependently('NL-D40');
});

test('the tools ping, set the time, try a password once and reboot', async () => {
  const handlers = new Map<string, (params: never) => Promise<unknown>>();
  const link: GatewayLink = { handle: (method, run) => void handlers.set(method, run as never) };
  // The gateway's clock goes an hour ahead of the cameras'.
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 3_600_000 };
  const tools = serveTools(link, { ...ports, clock }, refused());
  const ask = async <M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
  ): Promise<LinkMethods[M][1]> =>
    (await handlers.get(method)?.(params as never)) as LinkMethods[M][1];
  const { target } = cameraOf('TQ-6IR');

  const { endpoint } = target;
  const pinged = await ask('gateway.ping', { endpoint, rtspPort: 1 });
  expect(pinged.ports).toMatchObject([
    { port: endpoint.onvifPort, fault: null, connectMs: expect.any(Number) },
    { port: 1, connectMs: null, fault: { code: 'CAMERA_UNREACHABLE' } },
  ]);

  const time = await ask('gateway.set-time', target);
  expect(time.beforeMs).toBeLessThan(-3_500_000);
  expect(Math.abs(time.afterMs)).toBeLessThan(3_000);

  expect(await ask('gateway.try-credentials', target)).toEqual({ accepted: true, fault: null });
  const wrong = { ...target, credentials: { ...target.credentials, password: 'wrong one' } };
  expect(await ask('gateway.try-credentials', wrong)).toMatchObject({
    accepted: false,
    fault: { code: 'CAMERA_AUTH_REFUSED' },
  });
  expect(await ask('gateway.reboot', target)).toMatchObject({ message: expect.any(String) });
  await tools.stop();
});
