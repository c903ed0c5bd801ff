import type { Socket } from 'node:net';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { afterEach, expect, test } from 'vitest';
import {
  dateAndTime,
  soap,
  soapFault,
  startRawServer,
  startScriptedCamera,
} from '../onvif/testing/scripted-camera.ts';
import { type AskLimits, type AskOutcome, createAskCamera } from './ask-camera.ts';

const limits: AskLimits = { connectMs: 300, totalMs: 600 };
const ask = createAskCamera(systemClock);
const closers: AsyncDisposable[] = [];
afterEach(async () => {
  for (const closer of closers.splice(0)) await closer[Symbol.asyncDispose]();
});

function askPort(port: number, address = '127.0.0.1', within = limits): Promise<AskOutcome> {
  return new Promise((resolve) => ask({ address, onvifPort: port }, within, resolve));
}

async function askRaw(serve: (socket: Socket) => void): Promise<AskOutcome> {
  const server = await startRawServer(serve);
  closers.push(server);
  return askPort(server.port);
}

/** Answers any request with these bytes and leaves the connection open. */
const says =
  (...parts: string[]) =>
  (socket: Socket) => {
    socket.once('data', () => {
      for (const part of parts) socket.write(part, 'latin1');
    });
  };

const head = (status: string, bytes: number) =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/soap+xml\r\nContent-Length: ${bytes}\r\n\r\n`;

test('asks for the time in one request without credentials and tells the clock offset', async () => {
  const camera = await startScriptedCamera(() => dateAndTime(Date.now() + 3_600_000));
  closers.push(camera);
  const outcome = await askPort(camera.port);
  expect(outcome).toMatchObject({ kind: 'answers' });
  const offsetMs = outcome.kind === 'answers' ? (outcome.clockOffsetMs ?? 0) : 0;
  expect(Math.abs(offsetMs - 3_600_000)).toBeLessThan(2_000);
  expect(camera.seen).toHaveLength(1);
  expect(camera.seen[0]).toMatchObject({
    operation: 'GetSystemDateAndTime',
    path: '/onvif/device_service',
    authorization: undefined,
  });
  expect(camera.seen[0]?.body).not.toMatch(/Security|Username|Password/i);
});

test.each([
  ['401 with a challenge', { status: 401, headers: { 'www-authenticate': 'Digest realm="x"' } }],
  ['401 with a SOAP fault', { status: 401, body: soapFault('Sender', 'NotAuthorized') }],
  ['400 with a SOAP fault', { status: 400, body: soapFault('Sender', 'NotAuthorized') }],
  ['500 with a SOAP fault', { status: 500, body: soapFault('Receiver', 'ActionNotSupported') }],
  ['200 with a SOAP fault', { status: 200, body: soapFault('Sender', 'NotAuthorized') }],
  [
    'local time only',
    {
      status: 200,
      body: soap('<d:GetSystemDateAndTimeResponse><a/></d:GetSystemDateAndTimeResponse>'),
    },
  ],
])('%s shows a live ONVIF device', async (_, reply) => {
  const camera = await startScriptedCamera(() => reply);
  closers.push(camera);
  expect(await askPort(camera.port)).toEqual({ kind: 'answers', clockOffsetMs: null });
});

test.each([
  ['a web page', { status: 200, body: '<html><body>Router</body></html>' }, 'not ONVIF'],
  ['a page that is not found', { status: 404, body: 'no' }, 'status 404'],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.9/' } }, 'status 302'],
  ['a crashed server', { status: 500, body: '<html>oops</html>' }, 'status 500'],
  ['401 of something else', { status: 401, body: 'no' }, 'status 401'],
  ['a busy server', { status: 503, body: 'busy' }, 'status 503'],
  ['another SOAP service', { status: 200, body: soap('<x:Other/>') }, 'not ONVIF'],
  [
    'a time that is none',
    { status: 200, body: dateAndTime(0).replace('<x:Month>1<', '<x:Month>13<') },
    'tells a time',
  ],
])('%s is a wrong answer', async (_, reply, evidence) => {
  const camera = await startScriptedCamera(() => reply);
  closers.push(camera);
  expect(await askPort(camera.port)).toMatchObject({
    kind: 'failed',
    fault: 'CAMERA_ANSWER_INVALID',
    evidence: expect.stringContaining(evidence),
  });
});

test('an answer in chunks and crumbs, after an interim one, is read all the same', async () => {
  const text = dateAndTime(Date.UTC(2027, 1, 8, 9, 30, 15));
  const chunks = (text.match(/[\s\S]{1,7}/g) ?? []).map(
    (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
  );
  const outcome = await askRaw(
    says(
      'HTTP/1.1 100 Continue\r\n\r\n',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`,
    ),
  );
  expect(outcome).toMatchObject({ kind: 'answers' });
  expect(outcome.kind === 'answers' && outcome.clockOffsetMs).not.toBeNull();
});

test('UTF-16, spaces, attributes and foreign prefixes do not hide the time', async () => {
  const text = dateAndTime(Date.now())
    .replaceAll('x:', 'ns0.a-b:')
    .replace(/<ns0.a-b:Hour>(\d+)</, '<ns0.a-b:Hour q="1">\n $1 <');
  const utf16 = Buffer.from(text, 'utf16le').toString('latin1');
  const outcome = await askRaw(says(head('200 OK', utf16.length), utf16));
  expect(outcome.kind === 'answers' && Math.abs(outcome.clockOffsetMs ?? 1e9)).toBeLessThan(2_000);
});

test('a server that knows no length and closes is read to its end', async () => {
  const outcome = await askRaw((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${dateAndTime(Date.now())}`));
  });
  expect(outcome).toMatchObject({ kind: 'answers' });
});

test('who refuses the connection is unreachable at once', async () => {
  const server = await startRawServer(() => {});
  await server[Symbol.asyncDispose]();
  expect(await askPort(server.port)).toMatchObject({
    kind: 'unreachable',
    fault: 'CAMERA_UNREACHABLE',
    evidence: expect.stringContaining('refused'),
  });
});

test('a name that nobody knows is unreachable', async () => {
  expect(await askPort(80, 'no-such-camera.invalid')).toMatchObject({
    kind: 'unreachable',
    fault: 'CAMERA_UNREACHABLE',
  });
});

const hostile: readonly [string, string, (socket: Socket) => void][] = [
  ['accepts and says nothing', 'CAMERA_TIMEOUT', () => {}],
  ['stops after the head', 'CAMERA_TIMEOUT', says(head('200 OK', 500))],
  ['closes at once', 'CAMERA_ANSWER_INVALID', (socket) => socket.end()],
  ['resets', 'CAMERA_ANSWER_INVALID', (socket) => socket.resetAndDestroy()],
  [
    'closes in the middle',
    'CAMERA_ANSWER_INVALID',
    (socket) => {
      socket.once('data', () => socket.end(`${head('200 OK', 5_000)}<a>`));
    },
  ],
  ['speaks another protocol', 'CAMERA_ANSWER_INVALID', (socket) => socket.write('SSH-2.0-x\r\n')],
  ['answers RTSP', 'CAMERA_ANSWER_INVALID', says('RTSP/1.0 400 Bad Request\r\n\r\n')],
  ['sends zeros', 'CAMERA_ANSWER_INVALID', (socket) => socket.write(Buffer.alloc(100_000))],
  [
    'sends endless headers',
    'CAMERA_ANSWER_TOO_LARGE',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(`X-Filler: ${'y'.repeat(4_000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    },
  ],
  [
    'sends an endless body',
    'CAMERA_ANSWER_TOO_LARGE',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write('<a b="c">'.repeat(1_000)));
      };
      socket.on('drain', more);
      more();
    },
  ],
  [
    'floods with interim answers',
    'CAMERA_ANSWER_',
    (socket) => {
      for (let at = 0; at < 1_000; at += 1) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    },
  ],
];

test.each(hostile)('a camera that %s ends as %s in time', async (_, code, serve) => {
  const startedMs = performance.now();
  const outcome = await askRaw(serve);
  expect(performance.now() - startedMs).toBeLessThan(1_500);
  expect(outcome).toMatchObject({ kind: 'failed', fault: expect.stringContaining(code) });
});

test('a byte at a time ends by the deadline', async () => {
  const text = `${head('200 OK', 4_000)}${'<a>'.repeat(1_000)}`;
  let timer: NodeJS.Timeout | undefined;
  const startedMs = performance.now();
  const outcome = await askRaw((socket) => {
    let at = 0;
    timer = setInterval(() => socket.write(text[at++] ?? ' '), 5);
  });
  clearInterval(timer);
  expect(outcome).toMatchObject({ kind: 'failed', fault: 'CAMERA_TIMEOUT' });
  expect(performance.now() - startedMs).toBeLessThan(1_500);
});

test('two hundred at once share a buffer and keep their answers apart', async () => {
  const servers = await Promise.all(
    [0, 1, 2, 3].map((at) => startScriptedCamera(() => dateAndTime(Date.now() + at * 3_600_000))),
  );
  closers.push(...servers);
  await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const outcome = await askPort(servers[at % 4]?.port ?? 0, '127.0.0.1', {
        connectMs: 5_000,
        totalMs: 5_000,
      });
      const offsetMs = outcome.kind === 'answers' ? (outcome.clockOffsetMs ?? 0) : -1e9;
      expect(Math.abs(offsetMs - (at % 4) * 3_600_000)).toBeLessThan(60_000);
    }),
  );
});

test('an abandoned check tells nothing', async () => {
  const server = await startRawServer(() => {});
  closers.push(server);
  let told = 0;
  const abandon = ask({ address: '127.0.0.1', onvifPort: server.port }, limits, () => {
    told += 1;
  });
  abandon();
  await new Promise((resolve) => systemClock.after(700, () => resolve(undefined)));
  expect(told).toBe(0);
});
