import { createHash } from 'node:crypto';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { expect, test } from 'vitest';
import { startDeadline } from './deadline.ts';
import { getDeviceInformation, readClockOffset } from './device-operations.ts';
import { createOnvifClient, type OnvifClient } from './onvif-client.ts';
import {
  dateAndTime,
  deviceInformation,
  type ScriptedReply,
  type SeenRequest,
  soap,
  soapFault,
  startRawServer,
  startScriptedCamera,
  tokenIsValid,
} from './testing/scripted-camera.ts';

const credentials: CameraCredentials = { username: 'ad"min<&', password: `p<>&"'\\ لاہور` };
const randomBytes = (size: number): Uint8Array => new Uint8Array(size).fill(7);

function clientFor(port: number, sent: CameraCredentials | null = credentials): OnvifClient {
  return createOnvifClient({
    endpoint: { address: '127.0.0.1', onvifPort: port },
    credentials: sent,
    clock: systemClock,
    randomBytes,
    connectTimeoutMs: 1_000,
  });
}

const soon = () => startDeadline(systemClock, 4_000);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no fault',
    (thrown: { code?: string }) => thrown.code ?? String(thrown),
  );
}

/** A camera that knows HTTP Digest alone, with this nonce. */
function digestCamera(password: string, nonceOf: () => string, algorithm = 'MD5') {
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  let failures = 0;
  const answer = (request: SeenRequest): ScriptedReply => {
    if (request.operation === 'GetSystemDateAndTime') return dateAndTime(Date.now());
    const field = (name: string): string =>
      new RegExp(`(?:^|[ ,])${name}="?((?:[^"\\\\,]|\\\\.)*)`).exec(
        request.authorization ?? '',
      )?.[1] ?? '';
    const nonce = nonceOf();
    const ha1 = hash(`${credentials.username}:cam:${password}`);
    const ha2 = hash(`POST:${request.path}`);
    const expected = hash(`${ha1}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${ha2}`);
    if (request.authorization !== undefined && field('nonce') === nonce) {
      if (field('response') === expected) return deviceInformation();
      failures += 1;
    }
    const stale = request.authorization !== undefined && field('nonce') !== nonce;
    return {
      status: 401,
      headers: {
        'www-authenticate': [
          'Basic realm="cam"',
          `Digest realm="cam", qop="auth", nonce="${nonce}", algorithm=${algorithm}${stale ? ', stale=true' : ''}`,
        ],
      },
    };
  };
  return { answer, failures: () => failures };
}

test('UsernameToken dated by the clock of a camera that is an hour behind', async () => {
  const behindMs = -3_600_000;
  await using camera = await startScriptedCamera((request) => {
    const cameraNowMs = Date.now() + behindMs;
    if (request.operation === 'GetSystemDateAndTime') return dateAndTime(cameraNowMs);
    return tokenIsValid(request.body, credentials.password, cameraNowMs)
      ? deviceInformation()
      : {
          status: 400,
          headers: { 'content-type': 'application/soap+xml' },
          body: soapFault('Sender', 'NotAuthorized'),
        };
  });
  const client = clientFor(camera.port);
  expect(Math.abs((await readClockOffset(client, soon())) - behindMs)).toBeLessThan(2_000);
  const device = await getDeviceInformation(client, soon());
  expect(device).toEqual({
    manufacturer: 'Test & Sons',
    model: 'T-1',
    firmware: '1.10',
    serial: '0042001',
    hardwareId: 'h',
  });
  await getDeviceInformation(client, soon());
  expect(camera.seen[0]?.body).not.toContain('UsernameToken');
  expect(camera.seen.map((one) => one.operation)).toEqual([
    'GetSystemDateAndTime',
    'GetDeviceInformation',
    'GetDeviceInformation',
    'GetDeviceInformation',
  ]);
  expect(camera.seen[1]?.contentType).toContain(
    'action="http://www.onvif.org/ver10/device/wsdl/GetDeviceInformation"',
  );
  expect(client.calls.map((call) => call.fault)).toEqual([null, null, null]);
});

test.each(['MD5', 'SHA-256'])('HTTP Digest %s with one nonce for many calls', async (algorithm) => {
  const script = digestCamera(credentials.password, () => 'n1', algorithm);
  await using camera = await startScriptedCamera(script.answer);
  const client = clientFor(camera.port);
  await getDeviceInformation(client, soon());
  await getDeviceInformation(client, soon());
  expect(camera.seen).toHaveLength(3);
  expect(camera.seen[2]?.authorization).toContain('nc=00000002');
  expect(script.failures()).toBe(0);
});

test('a nonce that ran out is renewed', async () => {
  let nonce = 'n1';
  const script = digestCamera(credentials.password, () => nonce);
  await using camera = await startScriptedCamera(script.answer);
  const client = clientFor(camera.port);
  await getDeviceInformation(client, soon());
  nonce = 'n2';
  await getDeviceInformation(client, soon());
  expect(camera.seen).toHaveLength(4);
});

test.each([
  [
    'Digest',
    (): { answer: (request: SeenRequest) => ScriptedReply } => digestCamera('other', () => 'n1'),
  ],
  [
    'Digest with a new nonce each time',
    () => {
      let count = 0;
      return digestCamera('other', () => `n${count++}`);
    },
  ],
  [
    'a fault of SOAP',
    () => ({
      answer: () => ({
        status: 400,
        headers: { 'content-type': 'text/xml' },
        body: soapFault(
          'Sender',
          'NotAuthorized',
          `no: ${credentials.password}`.replaceAll('<', '&lt;').replaceAll('&"', '&amp;"'),
        ),
      }),
    }),
  ],
  ['bare 401', () => ({ answer: () => ({ status: 401 }) })],
  ['403', () => ({ answer: () => ({ status: 403 }) })],
  [
    'Basic alone',
    () => ({ answer: () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }) }),
  ],
])('a wrong password is offered once and never again: %s', async (_name, script) => {
  await using camera = await startScriptedCamera(script().answer);
  const client = clientFor(camera.port);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await codeOf(getDeviceInformation(client, soon()))).toBe('CAMERA_AUTH_REFUSED');
  }
  const offered = camera.seen.filter(
    (one) => one.authorization !== undefined || one.body.includes('UsernameToken'),
  );
  expect(offered).toHaveLength(1);
  expect(camera.seen).toHaveLength(2);
  expect(client.credentialsRefused()).toBe(true);
  expect(JSON.stringify([client.calls, camera.seen])).not.toContain(
    JSON.stringify(credentials.password).slice(1, -1),
  );
  expect(camera.seen.every((one) => !one.authorization?.startsWith('Basic'))).toBe(true);
});

test('firmware that refuses the unauthenticated with any fault gets one token', async () => {
  await using camera = await startScriptedCamera((request) =>
    request.body.includes('UsernameToken')
      ? deviceInformation()
      : { status: 500, body: 'Internal Error' },
  );
  expect((await getDeviceInformation(clientFor(camera.port), soon())).model).toBe('T-1');
});

test('redirects on the camera are followed, elsewhere they are refused', async () => {
  let elsewhere = 0;
  await using other = await startScriptedCamera(() => {
    elsewhere += 1;
    return deviceInformation();
  }, '127.0.0.2');
  const leadTo = (location: string) => (request: SeenRequest) =>
    request.path === '/new' ? deviceInformation() : { status: 307, headers: { location } };
  await using good = await startScriptedCamera(leadTo('/new'));
  expect((await getDeviceInformation(clientFor(good.port), soon())).model).toBe('T-1');
  await using bad = await startScriptedCamera(leadTo(`http://127.0.0.2:${other.port}/new`));
  expect(await codeOf(getDeviceInformation(clientFor(bad.port), soon()))).toBe(
    'CAMERA_ADDRESS_REFUSED',
  );
  await using circle = await startScriptedCamera(leadTo('/old'));
  expect(await codeOf(getDeviceInformation(clientFor(circle.port), soon()))).toBe(
    'CAMERA_ANSWER_INVALID',
  );
  expect(elsewhere).toBe(0);
});

const start =
  '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>';

test.each<[string, ScriptedReply, string]>([
  ['garbage', 'not xml at all', 'CAMERA_ANSWER_INVALID'],
  ['a web page', '<html><body>Login</body></html>', 'CAMERA_ANSWER_INVALID'],
  ['nothing', '', 'CAMERA_ANSWER_INVALID'],
  ['cut XML', `${start}<x>`, 'CAMERA_ANSWER_INVALID'],
  [
    'a DOCTYPE',
    `<!DOCTYPE a [<!ENTITY b "c">]>${start}</s:Body></s:Envelope>`,
    'CAMERA_ANSWER_INVALID',
  ],
  ['deep nesting', start + '<a>'.repeat(46_000), 'CAMERA_ANSWER_INVALID'],
  ['another operation', dateAndTime(0), 'CAMERA_ANSWER_INVALID'],
  ['a missing value', soap('<d:GetDeviceInformationResponse/>'), 'CAMERA_ANSWER_INVALID'],
  [
    'another charset',
    { status: 200, headers: { 'content-type': 'text/xml; charset=koi8-r' }, body: '<a/>' },
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'bytes of another charset',
    { status: 200, body: Buffer.from('<a>\u00e9</a>', 'latin1') },
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'compression',
    { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'x' },
    'CAMERA_ANSWER_INVALID',
  ],
  ['nothing of ONVIF', { status: 404, body: 'no' }, 'CAMERA_ANSWER_INVALID'],
  ['405', { status: 405 }, 'CAMERA_OPERATION_UNSUPPORTED'],
  [
    '500 with garbage',
    { status: 500, headers: { 'content-type': 'text/xml' }, body: '<a' },
    'CAMERA_FAULT',
  ],
  [
    'an unsupported action',
    soapFault('Receiver', 'ActionNotSupported'),
    'CAMERA_OPERATION_UNSUPPORTED',
  ],
  [
    'an announced gigabyte',
    { status: 200, headers: { 'content-length': '1000000000' }, body: 'x' },
    'CAMERA_ANSWER_TOO_LARGE',
  ],
  [
    'huge headers',
    { status: 200, headers: { 'x-a': 'a'.repeat(60_000) }, body: '' },
    'CAMERA_ANSWER_TOO_LARGE',
  ],
  [
    'a redirect to no URL',
    { status: 302, headers: { location: 'http://[' } },
    'CAMERA_ANSWER_INVALID',
  ],
  ['a redirect without location', { status: 302 }, 'CAMERA_ANSWER_INVALID'],
])('%s is a coded fault at once', async (_name, reply, code) => {
  await using camera = await startScriptedCamera(() => reply);
  const startedMs = performance.now();
  expect(await codeOf(getDeviceInformation(clientFor(camera.port), soon()))).toBe(code);
  expect(performance.now() - startedMs).toBeLessThan(2_500);
});

test('a 60 MB answer is cut off near 1 MB', async () => {
  let sentBytes = 0;
  await using camera = await startScriptedCamera(() => (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.write(`${start}<a>`);
    const chunk = Buffer.from('<b>text</b>'.repeat(5_900));
    const more = (): void => {
      while (sentBytes < 60_000_000 && !response.destroyed) {
        sentBytes += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
    };
    more();
  });
  expect(await codeOf(getDeviceInformation(clientFor(camera.port), soon()))).toBe(
    'CAMERA_ANSWER_TOO_LARGE',
  );
  expect(sentBytes).toBeLessThan(20_000_000);
});

test('a drip ends by the deadline although a byte comes every few milliseconds', async () => {
  await using camera = await startRawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<a>');
    const timer = setInterval(() => socket.write(' '), 20);
    socket.on('close', () => clearInterval(timer));
  });
  const startedMs = performance.now();
  const code = await codeOf(
    getDeviceInformation(clientFor(camera.port), startDeadline(systemClock, 500)),
  );
  expect(code).toBe('CAMERA_TIMEOUT');
  expect(performance.now() - startedMs).toBeLessThan(1_500);
});

test.each<[string, string, string]>([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'CAMERA_ANSWER_INVALID'],
  ['a connection closed at once', '', 'CAMERA_ANSWER_INVALID'],
  [
    'a body cut short',
    'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n<a>',
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'broken chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'interim answers without end',
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100),
    'CAMERA_ANSWER_INVALID',
  ],
  [
    'a protocol switch',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    'CAMERA_ANSWER_INVALID',
  ],
])('%s is a coded fault', async (_name, text, code) => {
  await using camera = await startRawServer((socket) => {
    socket.once('data', () => socket.end(text));
  });
  expect(await codeOf(getDeviceInformation(clientFor(camera.port), soon()))).toBe(code);
});

test('no listener, and a listener that never answers, are told apart', async () => {
  const closed = await startRawServer(() => {});
  await closed[Symbol.asyncDispose]();
  expect(await codeOf(getDeviceInformation(clientFor(closed.port), soon()))).toBe(
    'CAMERA_UNREACHABLE',
  );
  await using hanging = await startRawServer(() => {});
  expect(
    await codeOf(getDeviceInformation(clientFor(hanging.port), startDeadline(systemClock, 300))),
  ).toBe('CAMERA_TIMEOUT');
});

test('without credentials the fault says that they are asked for', async () => {
  await using camera = await startScriptedCamera(() => soapFault('Sender', 'NotAuthorized'));
  const client = clientFor(camera.port, null);
  await expect(getDeviceInformation(client, soon())).rejects.toMatchObject({
    code: 'CAMERA_AUTH_REFUSED',
    message: 'The camera asks for credentials',
  });
  expect(camera.seen).toHaveLength(1);
});

test('a password that the camera repeats reaches no message', async () => {
  const password = 'Shahdara-0842';
  await using camera = await startScriptedCamera(() =>
    soapFault('Sender', 'NotAuthorized', `user admin, password ${password}: wrong`),
  );
  const client = clientFor(camera.port, { username: 'admin', password });
  await expect(getDeviceInformation(client, soon())).rejects.toMatchObject({
    code: 'CAMERA_AUTH_REFUSED',
    message: expect.stringContaining('password [removed]: wrong'),
  });
  expect(JSON.stringify(client.calls)).not.toContain(password);
});
