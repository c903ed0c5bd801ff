import { systemClock } from '@nigehban/config/clock/clock.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import { expect, test } from 'vitest';
import {
  dateAndTime,
  deviceInformation,
  type ScriptedReply,
  type SeenRequest,
  soap,
  soapFault,
  startRawServer,
  startScriptedCamera,
} from '../onvif/testing/scripted-camera.ts';
import { type CheckParams, checkCamera } from './check-camera.ts';
import type { CameraPorts } from './gateway-ports.ts';
import { probeCamera } from './probe-camera.ts';
import { createRefusedCredentials } from './refused-credentials.ts';

const ports: CameraPorts = {
  clock: systemClock,
  randomBytes: (size) => new Uint8Array(size).fill(9),
  describeStream: async () => {},
};

const elsewhere = 'http://10.11.12.13:8000';

function profile1(
  token: string,
  encoding: string,
  width: number,
  height: number,
  rate = '',
): string {
  return (
    `<m:Profiles token="${token}" fixed="true"><x:Name>${token}</x:Name><x:VideoEncoderConfiguration token="e">` +
    `<x:Encoding>${encoding}</x:Encoding><x:Resolution><x:Width>${width}</x:Width><x:Height>${height}</x:Height></x:Resolution>` +
    `${rate}</x:VideoEncoderConfiguration></m:Profiles>`
  );
}

/** A camera that names an address not its own in everything it says. */
function script(request: SeenRequest): ScriptedReply {
  switch (request.operation) {
    case 'GetSystemDateAndTime':
      return dateAndTime(Date.now() + 90_000);
    case 'GetDeviceInformation':
      return deviceInformation('0000123');
    case 'GetServices':
      return soap(
        '<d:GetServicesResponse>' +
          `<d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace><d:XAddr>${elsewhere}/m1</d:XAddr></d:Service>` +
          `<d:Service><d:Namespace>http://www.onvif.org/ver20/media/wsdl</d:Namespace><d:XAddr>${elsewhere}/m2</d:XAddr></d:Service>` +
          '</d:GetServicesResponse>',
      );
    case 'GetNetworkInterfaces':
      return soap(
        '<d:GetNetworkInterfacesResponse>' +
          '<d:NetworkInterfaces token="lo"><x:Enabled>true</x:Enabled><x:Info><x:HwAddress>00:00:00:00:00:00</x:HwAddress></x:Info></d:NetworkInterfaces>' +
          '<d:NetworkInterfaces token="wlan"><x:Enabled>false</x:Enabled><x:Info><x:HwAddress>02-AA-AA-AA-AA-02</x:HwAddress></x:Info></d:NetworkInterfaces>' +
          '<d:NetworkInterfaces token="eth0"><x:Enabled>true</x:Enabled><x:Info><x:HwAddress>02-AA-AA-AA-AA-01</x:HwAddress></x:Info></d:NetworkInterfaces>' +
          '</d:GetNetworkInterfacesResponse>',
      );
    case 'GetProfiles':
      return request.path === '/m2'
        ? soap(
            '<m2:GetProfilesResponse><m2:Profiles token="p&amp;1"><m2:Name>a</m2:Name><m2:Configurations><m2:VideoEncoder token="e">' +
              '<x:Encoding>H265</x:Encoding><x:Resolution><x:Width>2560</x:Width><x:Height>1440</x:Height></x:Resolution>' +
              '<x:RateControl><x:FrameRateLimit>12.5</x:FrameRateLimit></x:RateControl></m2:VideoEncoder></m2:Configurations></m2:Profiles>' +
              '<m2:Profiles token="audio"><m2:Name>b</m2:Name><m2:Configurations/></m2:Profiles></m2:GetProfilesResponse>',
          )
        : soap(
            `<m:GetProfilesResponse>${profile1('p&amp;1', 'H264', 640, 480)}${profile1('sub', 'H264', 640, 360)}</m:GetProfilesResponse>`,
          );
    case 'GetStreamUri':
      return request.path === '/m2'
        ? soap(
            '<m2:GetStreamUriResponse><m2:Uri>rtsp://admin:pw@10.11.12.13:5554/main?x=1&amp;y=2</m2:Uri></m2:GetStreamUriResponse>',
          )
        : soap(
            '<m:GetStreamUriResponse><m:MediaUri><x:Uri>rtsp://10.11.12.13/sub</x:Uri></m:MediaUri></m:GetStreamUriResponse>',
          );
    case 'GetSnapshotUri':
      return soapFault('Receiver', 'ActionNotSupported');
    case 'SetSynchronizationPoint':
      return soap('<m2:SetSynchronizationPointResponse/>');
    default:
      return soapFault('Receiver', 'ActionNotSupported');
  }
}

const probe = (port: number) => probeCamera({ address: '127.0.0.1', onvifPort: port }, null, ports);

test('a probe tells everything and follows no address but the registered one', async () => {
  await using camera = await startScriptedCamera(script);
  const result = await probe(camera.port);
  expect(result).toMatchObject({
    identity: { serial: '0000123', mac: '02:aa:aa:aa:aa:01', firmware: '1.10' },
    streams: [
      {
        quality: 'main',
        profileToken: 'p&1',
        url: 'rtsp://127.0.0.1:5554/main?x=1&y=2',
        codec: 'H265',
        widthPx: 2560,
        frameRateFps: 12.5,
      },
      {
        quality: 'sub',
        profileToken: 'sub',
        url: 'rtsp://127.0.0.1/sub',
        codec: 'H264',
        frameRateFps: null,
      },
    ],
    hasSnapshot: false,
    hasSynchronizationPoint: true,
  });
  expect(Math.abs(result.clockOffsetMs - 90_000)).toBeLessThan(2_000);
  expect(result.calls.map(({ operation, fault }) => [operation, fault?.code ?? null])).toEqual([
    ['GetSystemDateAndTime', null],
    ['GetDeviceInformation', null],
    ['GetServices', null],
    ['GetNetworkInterfaces', null],
    ['GetProfiles', null],
    ['GetProfiles', null],
    ['GetStreamUri', null],
    ['GetStreamUri', null],
    ['GetSnapshotUri', 'CAMERA_OPERATION_UNSUPPORTED'],
    ['SetSynchronizationPoint', null],
  ]);
});

test('a camera with Media 1 and GetCapabilities alone', async () => {
  await using camera = await startScriptedCamera((request) => {
    if (request.operation === 'GetServices' || request.operation === 'GetNetworkInterfaces') {
      return {
        status: 500,
        headers: { 'content-type': 'text/xml' },
        body: soapFault('Receiver', 'ActionNotSupported'),
      };
    }
    if (request.operation === 'GetCapabilities') {
      return soap(
        `<d:GetCapabilitiesResponse><d:Capabilities><x:Media><x:XAddr>${elsewhere}/m1</x:XAddr></x:Media></d:Capabilities></d:GetCapabilitiesResponse>`,
      );
    }
    if (request.operation === 'SetSynchronizationPoint')
      return soapFault('Receiver', 'ActionNotSupported');
    return script(request);
  });
  const result = await probe(camera.port);
  expect(result.identity.mac).toBeNull();
  expect(result.streams.map(({ profileToken }) => profileToken)).toEqual(['p&1', 'sub']);
  expect(result.hasSynchronizationPoint).toBe(false);
});

test('a broken Media 2 does not hide a working Media 1', async () => {
  await using camera = await startScriptedCamera((request) =>
    request.path === '/m2' ? soapFault('Receiver', 'Action') : script(request),
  );
  expect((await probe(camera.port)).streams).toHaveLength(2);
});

test.each([
  ['no profiles at all', soap('<m:GetProfilesResponse/>'), 'CAMERA_NO_PROFILE'],
  [
    'JPEG alone',
    soap(`<m:GetProfilesResponse>${profile1('j', 'JPEG', 640, 480)}</m:GetProfilesResponse>`),
    'CAMERA_NO_PROFILE',
  ],
  [
    'a size that is no number',
    soap(
      `<m:GetProfilesResponse>${profile1('j', 'H264', Number.NaN, 480)}</m:GetProfilesResponse>`,
    ),
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'a token that is missing',
    soap(`<m:GetProfilesResponse>${profile1('', 'H264', 640, 480)}</m:GetProfilesResponse>`),
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'a cut answer',
    soap(`<m:GetProfilesResponse>${profile1('a', 'H264', 640, 480)}`).slice(0, -60),
    'CAMERA_ANSWER_INVALID',
  ],
])('%s is no camera without streams but a fault', async (_name, profiles, code) => {
  await using camera = await startScriptedCamera((request) => {
    if (request.operation === 'GetProfiles') {
      return request.path === '/m2' ? soapFault('Receiver', 'ActionNotSupported') : profiles;
    }
    return script(request);
  });
  const fault = await probe(camera.port).catch((thrown: unknown) => thrown);
  expect(fault).toMatchObject({
    code,
    details: { operation: 'GetProfiles', address: '127.0.0.1' },
  });
});

function check(port: number, changes: Partial<CheckParams> = {}, with_: Partial<CameraPorts> = {}) {
  const refused = createRefusedCredentials(systemClock, 60_000);
  return checkCamera(
    {
      cameraId: 1,
      endpoint: { address: '127.0.0.1', onvifPort: port },
      credentials: null,
      streamUrl: 'rtsp://127.0.0.1:8554/main',
      serial: '0000123',
      ...changes,
    },
    { ...ports, ...with_ },
    refused,
  );
}

test.each([
  [
    new MediaError('SESSIONS_EXHAUSTED', '', { statusCode: 453 }),
    'failed',
    'CAMERA_SESSIONS_EXHAUSTED',
  ],
  [new MediaError('AUTH_REFUSED', '', { statusCode: 401 }), 'refused', 'CAMERA_AUTH_REFUSED'],
  [new MediaError('CONNECT_REFUSED', ''), 'failed', 'CAMERA_STREAM_INVALID'],
  [new MediaError('RESPONSE_TIMEOUT', ''), 'failed', 'CAMERA_TIMEOUT'],
  [new MediaError('PROTOCOL_VIOLATION', ''), 'failed', 'CAMERA_STREAM_INVALID'],
  [new MediaError('CODEC_UNSUPPORTED', ''), 'failed', 'CAMERA_CODEC_UNSUPPORTED'],
  [new MediaError('REDIRECT_REFUSED', ''), 'failed', 'CAMERA_ADDRESS_REFUSED'],
])('what RTSP says after ONVIF answered: %s', async (error, kind, fault) => {
  await using camera = await startScriptedCamera(script);
  const describeStream = () => Promise.reject(error);
  expect(await check(camera.port, {}, { describeStream })).toMatchObject({ kind, fault });
});

test('a camera that keeps its time behind the sign-in is still checked', async () => {
  await using camera = await startScriptedCamera((request) =>
    request.operation === 'GetSystemDateAndTime' ? { status: 401 } : script(request),
  );
  expect(await check(camera.port)).toEqual({ kind: 'answers' });
});

test('no stream is asked for before ONVIF is right, nor off the registered address', async () => {
  await using camera = await startScriptedCamera(script);
  let described = 0;
  const describeStream = async () => {
    described += 1;
  };
  expect(await check(camera.port, { serial: 'OTHER' }, { describeStream })).toMatchObject({
    fault: 'CAMERA_IDENTITY_MISMATCH',
  });
  expect(
    await check(camera.port, { streamUrl: 'rtsp://127.0.0.9/main' }, { describeStream }),
  ).toMatchObject({ fault: 'CAMERA_ADDRESS_REFUSED' });
  expect(described).toBe(0);
});

test('the credentials breaker holds refused credentials back, others not, and lets go in time', () => {
  let nowMs = 0;
  const refused = createRefusedCredentials(
    { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} },
    1_000,
  );
  const endpoint = { address: '192.0.2.1', onvifPort: 80 };
  const wrong = { username: 'a', password: 'b' };
  refused.add(endpoint, wrong);
  expect(refused.has(endpoint, wrong)).toBe(true);
  expect(refused.has(endpoint, { username: 'a', password: 'c' })).toBe(false);
  expect(refused.has({ ...endpoint, address: '192.0.2.2' }, wrong)).toBe(false);
  nowMs = 1_000;
  expect(refused.has(endpoint, wrong)).toBe(false);
  refused.add(endpoint, wrong);
  refused.forget(endpoint, wrong);
  expect(refused.has(endpoint, wrong)).toBe(false);
});

test('a stop ends work at once, on the wire and off it', async () => {
  await using hanging = await startRawServer(() => {});
  await using well = await startScriptedCamera(script);
  const stopping = new AbortController();
  const with_ = { signal: stopping.signal, describeStream: () => new Promise<void>(() => {}) };
  const runs = [check(hanging.port, {}, with_), check(well.port, {}, with_)];
  const ended = Promise.all(
    runs.map((run) => expect(run).rejects.toMatchObject({ code: 'GATEWAY_UNAVAILABLE' })),
  );
  while (well.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const startedMs = performance.now();
  stopping.abort();
  await ended;
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  await expect(check(well.port, {}, with_)).rejects.toMatchObject({ code: 'GATEWAY_UNAVAILABLE' });
});

test('a make that names a dead port is asked on its registered one, and not for what harms it', async () => {
  const operations: string[] = [];
  await using camera = await startScriptedCamera((request) => {
    operations.push(request.operation);
    switch (request.operation) {
      case 'GetDeviceInformation':
        return deviceInformation('0000123').replace('Test &amp; Sons', 'Xiongmai');
      case 'GetServices':
        return soap(
          '<d:GetServicesResponse><d:Service><d:Namespace>http://www.onvif.org/ver10/media/wsdl' +
            `</d:Namespace><d:XAddr>http://127.0.0.1:1/m1</d:XAddr></d:Service></d:GetServicesResponse>`,
        );
      default:
        return script(request);
    }
  });
  const told = await probe(camera.port);
  expect(told.streams.length).toBeGreaterThan(0);
  expect(told.hasSynchronizationPoint).toBe(false);
  expect(operations).not.toContain('SetSynchronizationPoint');
});
