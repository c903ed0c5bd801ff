import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, startFleet } from './fleet.ts';
import { childNamed, parseXml, textAt } from './onvif/soap.ts';
import { buildCall, callOnvif, type OnvifCall, post } from './test-onvif-client.ts';
import { run, until } from './test-tools.ts';

/** The part of the npm package `onvif` that is used here; its own types are all optional. */
interface OnvifPackage {
  readonly Cam: new (
    options: Record<string, unknown>,
    callback: (error: Error | null) => void,
  ) => {
    readonly profiles: readonly { readonly $: { readonly token: string } }[];
    getDeviceInformation(callback: (error: Error | null, information: unknown) => void): void;
    getStreamUri(
      options: Record<string, string>,
      callback: (error: Error | null, stream: { readonly uri: string }) => void,
    ): void;
  };
}

interface NodeOnvifPackage {
  readonly OnvifDevice: new (options: {
    readonly xaddr: string;
    readonly user: string;
    readonly pass: string;
  }) => {
    init(): Promise<Record<string, string>>;
    getUdpStreamUrl(): string;
    getProfileList(): readonly unknown[];
    fetchSnapshot(): Promise<{ headers: Record<string, string>; body: Buffer }>;
  };
}

const require = createRequire(import.meta.url);
const onvif: OnvifPackage = require('onvif');
const nodeOnvif: NodeOnvifPackage = require('node-onvif');

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 4, multicast: false, rebootMs: 300 });
});
afterAll(async () => {
  await fleet?.stop();
});

function cameraOf(modelName: string) {
  const camera = fleet.cameras.find(({ plan }) => plan.modelName === modelName);
  if (camera === undefined) throw new Error(`no ${modelName}`);
  return camera;
}

test.each(['KV-2100', 'NL-D40', 'TQ-6IR', 'SB-720E'])(
  'the package onvif connects to %s and finds its profiles and stream',
  async (name) => {
    const { plan } = cameraOf(name);
    const { address, httpPort, username, password } = plan;
    const options = { hostname: address, port: httpPort, username, password, timeout: 5000 };
    const result = await new Promise((resolve, reject) => {
      const cam = new onvif.Cam(options, (error) => {
        if (error !== null) {
          reject(error);
          return;
        }
        cam.getDeviceInformation((failure, information) => {
          if (failure !== null) reject(failure);
          cam.getStreamUri({ protocol: 'RTSP' }, (_, stream) =>
            resolve({ information, uri: stream.uri, profiles: cam.profiles.length }),
          );
        });
      });
    });
    expect(result).toMatchObject({
      information: { model: name, serialNumber: Number(plan.serial) },
      uri: cameraOf(name).streamUri('main'),
      profiles: 2,
    });
  },
);

test.each(['KV-2100', 'NL-D40'])('the package node-onvif initialises %s', async (name) => {
  const { address, httpPort, username, password, serial } = cameraOf(name).plan;
  const xaddr = `http://${address}:${httpPort}/onvif/device_service`;
  const device = new nodeOnvif.OnvifDevice({ xaddr, user: username, pass: password });
  expect(await device.init()).toMatchObject({ Model: name, SerialNumber: serial });
  expect(device.getUdpStreamUrl()).toBe(cameraOf(name).streamUri('main'));
  expect(device.getProfileList()).toHaveLength(2);
  const snapshot = await device.fetchSnapshot();
  expect(snapshot.headers['content-type']).toBe('image/jpeg');
  expect(snapshot.body.subarray(0, 3).toString('hex')).toBe('ffd8ff');
});

test('both packages discover the whole fleet by multicast on the loopback interface', async () => {
  // Neither lets us choose the interface, so they run where there is no other.
  const script = fileURLToPath(new URL('./discover-in-namespace.ts', import.meta.url));
  const shell =
    'ip link set lo up && ip route add 239.255.255.250/32 dev lo src 127.0.0.1 && exec "$0" "$1"';
  const output = await run('unshare', ['-rn', 'sh', '-c', shell, process.execPath, script]);
  const found = JSON.parse(output.toString());
  expect(found.expected).toHaveLength(6);
  expect(found.nodeOnvif).toEqual(found.expected);
  expect(found.onvif).toEqual(found.expected);
});

function probeUnicast(address: string): Promise<string | null> {
  const probe =
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
    '<a:MessageID>urn:uuid:11111111-2222-3333-4444-555555555555</a:MessageID></s:Header><s:Body>' +
    '<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>';
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answer: string | null) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), 400);
    socket.on('error', () => end(null));
    socket.on('message', (datagram, from) => end(from.address === address ? `${datagram}` : null));
    socket.send(probe, 3702, address);
  });
}

test('a probe sent to one address is answered from it with the camera it is', async () => {
  const camera = cameraOf('KV-2100');
  const { address, httpPort, serial } = camera.plan;
  const answer = parseXml((await probeUnicast(address)) ?? '');
  const relates = textAt(answer, 'Header', 'RelatesTo');
  expect(relates).toBe('urn:uuid:11111111-2222-3333-4444-555555555555');
  const match = childNamed(childNamed(childNamed(answer, 'Body'), 'ProbeMatches'), 'ProbeMatch');
  expect(textAt(match, 'XAddrs')).toBe(`http://${address}:${httpPort}/onvif/device_service`);
  expect(textAt(match, 'Types')).toContain('NetworkVideoTransmitter');
  expect(textAt(match, 'Scopes')).toContain(serial);
  expect(textAt(match, 'EndpointReference', 'Address')).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  await camera.setFaults([{ kind: 'unplugged' }]);
  expect(await probeUnicast(address)).toBeNull();
  await camera.setFaults([]);
  expect(await probeUnicast(address)).not.toBeNull();
});

function call(service: OnvifCall['service'], operation: string, content = ''): OnvifCall {
  return { service, operation, content };
}

test('a digest camera takes no UsernameToken and challenges', async () => {
  const response = await post(
    cameraOf('TQ-6IR'),
    buildCall(cameraOf('TQ-6IR'), call('tds', 'GetDeviceInformation')),
  );
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toMatch(/^Digest realm="Tianqiao"/);
  await response.text();
});

test('the time is told to everybody, other things are not', async () => {
  for (const camera of fleet.cameras) {
    const open = { ...call('tds', 'GetSystemDateAndTime'), token: null };
    const { status, body } = await callOnvif(camera, open);
    expect(status).toBe(200);
    expect(textAt(body, 'SystemDateAndTime', 'UTCDateTime', 'Date', 'Year')).toBe(
      String(new Date().getUTCFullYear()),
    );
    const closed = await callOnvif(camera, { ...call('tds', 'GetDeviceInformation'), token: null });
    expect(closed.status).toBeGreaterThanOrEqual(400);
    expect(closed.text).toContain('NotAuthorized');
  }
});

test('operations that a vendor left out, and unknown ones, are ter:ActionNotSupported', async () => {
  const missing = await callOnvif(cameraOf('SB-720E'), call('tds', 'GetServices'));
  expect(missing.text).toContain('ActionNotSupported');
  const unknown = await callOnvif(cameraOf('KV-2100'), call('tds', 'MakeCoffee'));
  expect(unknown.status).toBe(500);
  expect(unknown.text).toContain('ActionNotSupported');
});

test('a token is good once', async () => {
  const camera = cameraOf('KV-2100');
  const envelope = buildCall(camera, call('tds', 'GetDeviceInformation'));
  const first = await post(camera, envelope);
  await first.text();
  const second = await post(camera, envelope);
  await second.text();
  expect([first.status, second.status]).toEqual([200, 400]);
});

test('a clock that was set stays set until NTP is back', async () => {
  const camera = cameraOf('KV-2100');
  const manual =
    '<DateTimeType>Manual</DateTimeType><DaylightSavings>false</DaylightSavings><UTCDateTime ' +
    'xmlns:tt="http://www.onvif.org/ver10/schema"><tt:Time><tt:Hour>6</tt:Hour><tt:Minute>30' +
    '</tt:Minute><tt:Second>0</tt:Second></tt:Time><tt:Date><tt:Year>2024</tt:Year><tt:Month>2' +
    '</tt:Month><tt:Day>8</tt:Day></tt:Date></UTCDateTime>';
  const set = await callOnvif(camera, call('tds', 'SetSystemDateAndTime', manual));
  expect(set.status).toBe(200);
  const { body } = await callOnvif(camera, call('tds', 'GetSystemDateAndTime'));
  const time = childNamed(body, 'SystemDateAndTime');
  expect(textAt(time, 'DateTimeType')).toBe('Manual');
  expect(textAt(time, 'UTCDateTime', 'Time', 'Hour')).toBe('6');
  expect(textAt(time, 'LocalDateTime', 'Time', 'Hour')).toBe('11');
  const token = { password: camera.plan.password, createdMs: Date.UTC(2024, 1, 8, 6, 30, 1) };
  const ntp = call('tds', 'SetSystemDateAndTime', '<DateTimeType>NTP</DateTimeType>');
  expect((await callOnvif(camera, { ...ntp, token })).status).toBe(200);
  expect((await callOnvif(camera, call('tds', 'GetDeviceInformation'))).status).toBe(200);
});

test('an encoder takes what it can do, does it, and refuses the rest', async () => {
  const camera = cameraOf('KV-2100');
  const configuration = (width: number, height: number, encoding = 'H264') =>
    call(
      'trt',
      'SetVideoEncoderConfiguration',
      '<Configuration token="VideoEncoder_1" xmlns:tt="http://www.onvif.org/ver10/schema">' +
        `<tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width>` +
        `<tt:Height>${height}</tt:Height></tt:Resolution></Configuration>` +
        '<ForcePersistence>true</ForcePersistence>',
    );
  expect((await callOnvif(camera, configuration(1920, 1080))).text).toContain('ConfigModify');
  expect((await callOnvif(camera, configuration(320, 180, 'JPEG'))).status).toBe(400);
  expect((await callOnvif(camera, configuration(160, 90))).status).toBe(200);
  const token = '<ConfigurationToken>VideoEncoder_1</ConfigurationToken>';
  const read = await callOnvif(camera, call('trt', 'GetVideoEncoderConfiguration', token));
  const now = childNamed(read.body, 'Configuration');
  expect(textAt(now, 'Resolution', 'Width')).toBe('160');
  expect((await callOnvif(camera, configuration(320, 180))).status).toBe(200);
});

test('unknown profiles and malformed requests are faults', async () => {
  const camera = cameraOf('KV-2100');
  const token = '<ProfileToken>nobody</ProfileToken>';
  const profile = await callOnvif(camera, call('trt', 'GetStreamUri', token));
  expect(profile.text).toContain('NoProfile');
  const malformed = await post(camera, '<a><b></a>');
  expect(malformed.status).toBe(400);
  expect(await malformed.text()).toContain('WellFormed');
});

test('after a reboot the camera is away for a while and comes back', async () => {
  const camera = cameraOf('SB-720E');
  expect((await callOnvif(camera, call('tds', 'SystemReboot'))).status).toBe(200);
  await until('it is away', 2000, () => !camera.status().isPluggedIn);
  await until('it is back', 3000, () => camera.status().isPluggedIn);
  await until('it answers', 3000, () =>
    callOnvif(camera, call('tds', 'GetDeviceInformation')).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});
