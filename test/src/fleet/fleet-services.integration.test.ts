import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { SimulatedCamera } from './camera.ts';
import { exercisePlan } from './exercise-plan.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { childNamed, textAt, type XmlElement } from './onvif/soap.ts';
import { callOnvif, type OnvifCall } from './test-onvif-client.ts';
import { until } from './test-tools.ts';

let fleet: Fleet;

beforeAll(async () => {
  const plan = exercisePlan({ baseAddress: '127.231.9.1', httpPort: 8000, rtspPort: 8554 });
  const models = ['KV-2100', 'NL-D40', 'PX-9T', 'RS-1', 'TQ-6IR'];
  fleet = await startFleet({
    cameras: {
      stations: plan.stations,
      cameras: plan.cameras
        .slice(0, models.length)
        .map((camera, index) => ({ ...camera, modelName: models[index] ?? '', audio: false })),
    },
    scenes: 'tiny',
    multicast: false,
  });
});
afterEach(async () => {
  await Promise.all(fleet.cameras.map((camera) => camera.setFaults([])));
});
afterAll(async () => {
  await fleet?.stop();
});

function cameraOf(modelName: string): SimulatedCamera {
  const camera = fleet.cameras.find(({ plan }) => plan.modelName === modelName);
  if (camera === undefined) throw new Error(`no ${modelName}`);
  return camera;
}

function call(service: OnvifCall['service'], operation: string, content = ''): OnvifCall {
  return { service, operation, content };
}

const schema = 'xmlns:tt="http://www.onvif.org/ver10/schema"';

test('NTP, host name and password keep what is set, and refuse what is no such thing', async () => {
  const camera = cameraOf('KV-2100');
  const ntp =
    `<FromDHCP>false</FromDHCP><NTPManual ${schema}><tt:Type>IPv4</tt:Type>` +
    '<tt:IPv4Address>10.1.0.9</tt:IPv4Address></NTPManual>';
  expect((await callOnvif(camera, call('tds', 'SetNTP', ntp))).status).toBe(200);
  const read = await callOnvif(camera, call('tds', 'GetNTP'));
  expect(textAt(read.body, 'NTPInformation', 'NTPManual', 'IPv4Address')).toBe('10.1.0.9');
  const bad = ntp.replace('10.1.0.9', 'ten');
  expect((await callOnvif(camera, call('tds', 'SetNTP', bad))).text).toContain('InvalidIPv4');

  const name = '<Name>ge24-na117-ps042-c1</Name>';
  expect((await callOnvif(camera, call('tds', 'SetHostname', name))).status).toBe(200);
  const host = await callOnvif(camera, call('tds', 'GetHostname'));
  expect(textAt(host.body, 'HostnameInformation', 'Name')).toBe('ge24-na117-ps042-c1');
  const spaced = await callOnvif(camera, call('tds', 'SetHostname', '<Name>two words</Name>'));
  expect(spaced.text).toContain('InvalidHostname');

  const user = (password: string) =>
    `<User ${schema}><tt:Username>${camera.plan.username}</tt:Username>` +
    `<tt:Password>${password}</tt:Password><tt:UserLevel>Administrator</tt:UserLevel></User>`;
  const weak = await callOnvif(camera, call('tds', 'SetUser', user('123')));
  expect(weak.text).toContain('PasswordTooWeak');
  const set = call('tds', 'SetUser', user('A-new-one-2024'));
  expect((await callOnvif(camera, set)).status).toBe(200);
  const old = await callOnvif(camera, call('tds', 'GetDeviceInformation'));
  expect(old.text).toContain('NotAuthorized');
  const token = { password: 'A-new-one-2024', createdMs: Date.now() };
  const back = { ...call('tds', 'SetUser', user(camera.plan.password)), token };
  expect((await callOnvif(camera, back)).status).toBe(200);
});

test.each(['trt', 'tr2'] as const)(
  '%s burns texts in, changes them and has room for four',
  async (service) => {
    const camera = cameraOf('NL-D40');
    const osd = (text: string, token = '') =>
      `<OSD ${token === '' ? '' : `token="${token}"`} ${schema}>` +
      '<tt:VideoSourceConfigurationToken>VideoSourceConfig_1</tt:VideoSourceConfigurationToken>' +
      '<tt:Type>Text</tt:Type><tt:Position><tt:Type>LowerLeft</tt:Type></tt:Position>' +
      `<tt:TextString><tt:Type>Plain</tt:Type><tt:PlainText>${text}</tt:PlainText></tt:TextString></OSD>`;
    const created = await callOnvif(camera, call(service, 'CreateOSD', osd('PS042 A &amp; B')));
    const token = textAt(created.body, 'OSDToken');
    expect(token).not.toBe('');
    const texts = async () => {
      const { body } = await callOnvif(camera, call(service, 'GetOSDs'));
      return body.children.map((one) => textAt(one, 'TextString', 'PlainText'));
    };
    expect(await texts()).toEqual(['', 'PS042 A & B']);
    expect((await callOnvif(camera, call(service, 'SetOSD', osd('PS043', token)))).status).toBe(
      200,
    );
    expect(await texts()).toEqual(['', 'PS043']);
    await callOnvif(camera, call(service, 'CreateOSD', osd('3')));
    await callOnvif(camera, call(service, 'CreateOSD', osd('4')));
    const fifth = await callOnvif(camera, call(service, 'CreateOSD', osd('5')));
    expect(fifth.text).toContain('MaxOSDs');
    for (const left of [token, 'OSD_3', 'OSD_4']) {
      await callOnvif(camera, call(service, 'DeleteOSD', `<OSDToken>${left}</OSDToken>`));
    }
    expect(await texts()).toEqual(['']);
  },
);

test('Media 2 tells and sets its encoders with whole frame rates', async () => {
  const camera = cameraOf('NL-D40');
  const list = await callOnvif(camera, call('tr2', 'GetVideoEncoderConfigurations'));
  expect(textAt(list.body, 'Configurations', 'RateControl', 'FrameRateLimit')).toBe('15');
  const options = await callOnvif(
    camera,
    call(
      'tr2',
      'GetVideoEncoderConfigurationOptions',
      '<ConfigurationToken>VideoEncoder_2</ConfigurationToken>',
    ),
  );
  expect(childNamed(options.body, 'Options')?.attributes.get('FrameRatesSupported')).toBe('15');
  const wanted = (kilobits: number) =>
    `<Configuration token="VideoEncoder_2" GovLength="30" ${schema}><tt:Encoding>H264</tt:Encoding>` +
    '<tt:Resolution><tt:Width>160</tt:Width><tt:Height>90</tt:Height></tt:Resolution>' +
    `<tt:RateControl><tt:FrameRateLimit>15</tt:FrameRateLimit><tt:BitrateLimit>${kilobits}` +
    '</tt:BitrateLimit></tt:RateControl><tt:Quality>4</tt:Quality></Configuration>';
  const set = await callOnvif(camera, call('tr2', 'SetVideoEncoderConfiguration', wanted(256)));
  expect(set.status).toBe(200);
  const token = '<ConfigurationToken>VideoEncoder_2</ConfigurationToken>';
  const read = await callOnvif(camera, call('trt', 'GetVideoEncoderConfiguration', token));
  expect(textAt(read.body, 'Configuration', 'RateControl', 'BitrateLimit')).toBe('256');
  const mad = await callOnvif(camera, call('tr2', 'SetVideoEncoderConfiguration', wanted(1e6)));
  expect(mad.text).toContain('ConfigModify');
});

test('makes differ: Media 2 alone, one stream, no pictures, no MAC, SOAP 1.1 faults', async () => {
  const digest = await callOnvif(cameraOf('PX-9T'), call('tds', 'GetDeviceInformation'));
  expect(digest.status).toBe(401);
  const cheap = cameraOf('RS-1');
  const profiles = await callOnvif(cheap, call('trt', 'GetProfiles'));
  expect(profiles.body.children).toHaveLength(1);
  const snapshot = await callOnvif(cheap, call('trt', 'GetSnapshotUri'));
  expect(snapshot.text).toContain('http://schemas.xmlsoap.org/soap/envelope/');
  expect(snapshot.text).toContain('ActionNotSupported');
  expect(snapshot.contentType).toMatch(/^text\/html/);
});

const eventService = 'http://www.onvif.org/ver10/events/wsdl';
const notification = 'http://docs.oasis-open.org/wsn/b-2';

/** An event call with a UsernameToken, to the address that a subscription is at. */
async function callEvents(
  camera: SimulatedCamera,
  operation: string,
  content: string,
  options: { readonly url?: string; readonly namespace?: string; readonly action?: boolean } = {},
): Promise<{ readonly body: XmlElement; readonly text: string; readonly status: number }> {
  const { address, httpPort, username, password } = camera.plan;
  const created = new Date().toISOString();
  const nonce = Buffer.from(`${operation}${created}${Math.random()}`);
  const digest = createHash('sha1')
    .update(nonce)
    .update(created + password)
    .digest('base64');
  const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
  const response = await fetch(options.url ?? `http://${address}:${httpPort}/onvif/event_service`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/soap+xml' },
    body:
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>' +
      (options.action === false
        ? ''
        : '<a:Action xmlns:a="http://www.w3.org/2005/08/addressing">urn:x</a:Action>') +
      `<w:Security xmlns:w="${profile}-wssecurity-secext-1.0.xsd"><w:UsernameToken><w:Username>` +
      `${username}</w:Username><w:Password Type="${profile}-username-token-profile-1.0` +
      `#PasswordDigest">${digest}</w:Password><w:Nonce>${nonce.toString('base64')}</w:Nonce>` +
      `<w:Created>${created}</w:Created></w:UsernameToken></w:Security></s:Header><s:Body>` +
      `<${operation} xmlns="${options.namespace ?? eventService}">${content}</${operation}>` +
      '</s:Body></s:Envelope>',
  });
  const text = await response.text();
  const { parseXml } = await import('./onvif/soap.ts');
  const body = childNamed(parseXml(text), 'Body')?.children[0];
  if (body === undefined) throw new Error('no body');
  return { body, text, status: response.status };
}

test('a pull point holds a pull open until something happens, is renewed, lost and made again', async () => {
  const camera = cameraOf('NL-D40');
  const subscribe = async () => {
    const { body } = await callEvents(camera, 'CreatePullPointSubscription', '');
    return textAt(body, 'SubscriptionReference', 'Address');
  };
  const url = await subscribe();
  const pull = (timeout: string) =>
    callEvents(
      camera,
      'PullMessages',
      `<Timeout>${timeout}</Timeout><MessageLimit>9</MessageLimit>`,
      {
        url,
      },
    );
  const empty = await pull('PT0.2S');
  expect(childNamed(empty.body, 'NotificationMessage')).toBeUndefined();
  const held = pull('PT20S');
  await until(
    'the pull is held',
    2000,
    () => (camera.counters.onvifRequests.PullMessages ?? 0) > 1,
  );
  await camera.setFaults([{ kind: 'event', event: 'tamper', active: true }]);
  const told = await held;
  expect(told.text).toContain('GlobalSceneChange');
  expect(told.text).toContain('PropertyOperation="Changed"');
  expect(told.text).toContain('Name="State" Value="true"');

  const renewal = await callEvents(camera, 'Renew', '<TerminationTime>PT5M</TerminationTime>', {
    url,
    namespace: notification,
  });
  const end = Date.parse(textAt(renewal.body, 'TerminationTime'));
  expect(end - Date.parse(textAt(renewal.body, 'CurrentTime'))).toBe(300_000);

  await camera.setFaults([{ kind: 'subscription-lost' }]);
  expect((await pull('PT1S')).text).toContain('ResourceUnknown');
  const again = await subscribe();
  expect(again).not.toBe(url);
  const gone = await callEvents(camera, 'Unsubscribe', '', { url: again, namespace: notification });
  expect(gone.status).toBe(200);
  expect(camera.status().eventSubscriptions).toBe(0);
});

test('a strict camera wants wsa:Action, one without events has none', async () => {
  const strict = await callEvents(cameraOf('NL-D40'), 'CreatePullPointSubscription', '', {
    action: false,
  });
  expect(strict.text).toContain('NoAction');
  const none = await callEvents(cameraOf('RS-1'), 'CreatePullPointSubscription', '');
  expect(none.text).toContain('ActionNotSupported');
});

interface OnvifEvents {
  readonly Cam: new (
    options: Record<string, unknown>,
    callback: (error: Error | null) => void,
  ) => {
    on(name: 'event', listener: (message: unknown) => void): void;
    removeAllListeners(): void;
  };
}

test('the package onvif hears of an event', async () => {
  const { Cam }: OnvifEvents = createRequire(import.meta.url)('onvif');
  const camera = cameraOf('KV-2100');
  const { address, httpPort, username, password } = camera.plan;
  const heard = await new Promise<string>((resolve, reject) => {
    const options = { hostname: address, port: httpPort, username, password, timeout: 5000 };
    const cam = new Cam(options, (error) => {
      if (error !== null) reject(error);
      cam.on('event', (message) => {
        cam.removeAllListeners();
        resolve(JSON.stringify(message));
      });
      until('it subscribed', 3000, () => camera.status().eventSubscriptions > 0)
        .then(() => camera.setFaults([{ kind: 'event', event: 'storage-failure', active: true }]))
        .catch(reject);
    });
  });
  expect(heard).toContain('StorageFailure');
});

test('too many wrong passwords lock the right one out for a time, and are counted', async () => {
  const camera = cameraOf('NL-D40');
  await camera.setFaults([{ kind: 'lock-out', attempts: 3, forMs: 400 }]);
  const before = { ...camera.counters };
  const wrong = () => ({
    ...call('tds', 'GetDeviceInformation'),
    token: { password: 'wrong', createdMs: Date.now() },
  });
  for (let attempt = 0; attempt < 3; attempt += 1) await callOnvif(camera, wrong());
  expect(camera.status().isLockedOut).toBe(true);
  const right = call('tds', 'GetDeviceInformation');
  expect((await callOnvif(camera, right)).text).toContain('NotAuthorized');
  expect(camera.counters.onvifAuthFailures - before.onvifAuthFailures).toBe(3);
  expect(camera.counters.lockOuts - before.lockOuts).toBe(1);
  expect(camera.counters.refusedWhileLocked - before.refusedWhileLocked).toBe(1);
  await until('the lock-out ends', 3000, () => !camera.status().isLockedOut);
  expect((await callOnvif(camera, right)).status).toBe(200);
});

test('answers can be late without being slow', async () => {
  const camera = cameraOf('KV-2100');
  await camera.setFaults([{ kind: 'slow-answer', delayMs: 300 }]);
  const startedMs = performance.now();
  await callOnvif(camera, call('tds', 'GetDeviceInformation'));
  expect(performance.now() - startedMs).toBeGreaterThan(280);
});
