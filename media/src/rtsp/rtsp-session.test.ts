import { afterEach, expect, test } from 'vitest';
import type { SenderReport, TrackDescription } from '../hub/stream-hub-types.ts';
import type { MediaError } from '../media-error.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { until } from '../testing/until.ts';
import { probeRtsp } from './probe-rtsp.ts';
import { createReadArena } from './read-arena.ts';
import { RtspSession } from './rtsp-session.ts';
import { DEFAULT_RTSP_SETTINGS } from './rtsp-settings.ts';
import {
  H264_SDP,
  interleave,
  rtpPacket,
  type ScriptedRtspOptions,
  ScriptedRtspServer,
} from './testing/scripted-rtsp-server.ts';

const TICK_MS = 250;
const credential = { username: 'viewer', password: 'right' };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(options: ScriptedRtspOptions = {}): Promise<ScriptedRtspServer> {
  const server = await ScriptedRtspServer.listen(options);
  cleanups.push(() => server.close());
  return server;
}

function open(url: string, login: Partial<typeof credential> = {}) {
  const clock = new ManualClock();
  const seen = {
    tracks: undefined as readonly TrackDescription[] | undefined,
    packets: [] as { track: number; bytes: string }[],
    reports: [] as SenderReport[],
    closed: [] as MediaError[],
  };
  const session = new RtspSession(
    {
      source: { url, username: login.username, password: login.password },
      clock,
      arena: createReadArena(),
      settings: DEFAULT_RTSP_SETTINGS,
      tickMs: TICK_MS,
      random: () => 0.5,
    },
    {
      onPlaying: (tracks) => {
        seen.tracks = tracks;
      },
      onRtp: (track, buffer, offset, length) => {
        expect(seen.tracks).toBeDefined();
        seen.packets.push({ track, bytes: buffer.toString('hex', offset, offset + length) });
      },
      onSenderReport: (_track, report) => seen.reports.push(report),
      onClosed: (error) => seen.closed.push(error),
    },
  );
  session.start();
  cleanups.push(() => {
    const closed = session.close();
    clock.advance(10_000);
    return closed;
  });
  const run = (forMs: number) => {
    for (let done = 0; done < forMs; done += TICK_MS) {
      clock.advance(TICK_MS);
      session.tick(clock.monotonicMs());
    }
  };
  return { session, clock, seen, run };
}

const playing = (seen: { tracks: unknown }) => until(() => seen.tracks !== undefined, 'playing');
const ended = (seen: { closed: unknown[] }) => until(() => seen.closed.length > 0, 'closed');

test('asks OPTIONS, DESCRIBE, SETUP, PLAY as the description says, and names itself', async () => {
  const server = await listen();
  const { seen, session } = open(server.url);
  await playing(seen);
  expect(server.requests.map((request) => `${request.method} ${request.uri}`)).toEqual([
    `OPTIONS ${server.url}`,
    `DESCRIBE ${server.url}`,
    `SETUP ${server.url}/trackID=1`,
    `PLAY ${server.url}/`,
  ]);
  expect(server.requests[0]?.headers.get('user-agent')).toBe('Nigehban');
  expect(server.requests[3]?.headers.get('session')).toBe('scripted');
  await session.close();
  expect(server.methods().at(-1)).toBe('TEARDOWN');
  expect(seen.closed.map((error) => error.code)).toEqual(['STOPPED']);
});

test.each([1, 2, 3, 7, 64])('understands answers in pieces of %i bytes', async (pieceBytes) => {
  const server = await listen({ pieceBytes, credential });
  const { seen } = open(server.url, credential);
  await playing(seen);
});

test('packets split at every byte arrive whole and in order', async () => {
  const server = await listen();
  const { seen } = open(server.url);
  await playing(seen);
  const stream = Buffer.concat(
    [1, 2, 3].map((sequence) => interleave(0, rtpPacket({ sequence, timestamp: sequence }))),
  );
  const socket = server.last?.socket;
  for (const byte of stream) {
    socket?.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => seen.packets.length === 3, 'packets');
  expect(seen.packets.map((packet) => packet.bytes)).toEqual(
    [1, 2, 3].map((sequence) => rtpPacket({ sequence, timestamp: sequence }).toString('hex')),
  );
});

test('packets in the same segment as the answer to PLAY, or ahead of it, are not lost', async () => {
  const server = await listen({
    respond: ({ method, connection }) => {
      if (method !== 'PLAY') return undefined;
      connection.sendRtp({ sequence: 1, timestamp: 1 });
      setImmediate(() => connection.sendRtp({ sequence: 2, timestamp: 2 }));
      return undefined;
    },
  });
  const { seen } = open(server.url);
  await until(() => seen.packets.length === 2, 'packets');
});

test('takes the interleaved channels that the server assigns, and other traffic is ignored', async () => {
  const sdp = `${H264_SDP}m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n`;
  const server = await listen({ sdp, channels: (setUp) => (setUp === 0 ? [10, 11] : [4, 5]) });
  const { seen } = open(server.url);
  await playing(seen);
  const connection = server.last;
  connection?.sendRtp({ sequence: 1, timestamp: 1 }, 0);
  connection?.sendRtp({ sequence: 1, timestamp: 1, payloadType: 99 }, 10);
  connection?.send(interleave(10, Buffer.from([1, 2, 3])));
  connection?.sendRtp({ sequence: 1, timestamp: 1, payloadType: 8 }, 4);
  connection?.sendRtp({ sequence: 1, timestamp: 1 }, 10);
  await until(() => seen.packets.length === 2, 'packets');
  expect(seen.packets.map((packet) => packet.track)).toEqual([1, 0]);
});

test('sound that cannot be set up leaves the picture', async () => {
  const sdp = `${H264_SDP}m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n`;
  const server = await listen({
    sdp,
    respond: ({ method, uri }) =>
      method === 'SETUP' && uri.endsWith('2') ? 'RTSP/1.0 400 Bad Request\r\n\r\n' : undefined,
  });
  const { seen, session } = open(server.url);
  await playing(seen);
  expect(seen.tracks?.map((track) => track.kind)).toEqual(['video']);
  expect(session.skipped).toEqual([expect.stringContaining('audio PCMA')]);
});

test.each(['MD5', 'SHA-256'] as const)(
  'logs in by digest %s and counts the nonce',
  async (algorithm) => {
    const server = await listen({ credential, algorithm });
    const { seen } = open(server.url, credential);
    await playing(seen);
    // One 401 to the first request; its nonce serves for the rest.
    expect(server.methods()).toEqual(['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
  },
);

test.each([true, false])('goes on when the nonce goes stale (told: %s)', async (tellsStale) => {
  const server = await listen({ credential, nonceUses: 2, tellsStale });
  const { seen, run } = open(server.url, credential);
  await playing(seen);
  run(40_000);
  await until(() => server.methods().filter((method) => method === 'OPTIONS').length >= 4, 'alive');
  expect(seen.closed).toEqual([]);
});

test('a server that calls every nonce stale is given up', async () => {
  let nonce = 0;
  const server = await listen({
    respond: () =>
      `RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n${nonce++}", stale=true\r\n\r\n`,
  });
  const { seen } = open(server.url, credential);
  await ended(seen);
  expect(seen.closed[0]?.code).toBe('AUTH_REFUSED');
  expect(server.requests.length).toBeLessThanOrEqual(3);
});

test.each([
  ['no user name is set', {}, 'Digest realm="r", nonce="n"', 'AUTH_REFUSED'],
  ['only Basic is offered', credential, 'Basic realm="r"', 'AUTH_UNSUPPORTED'],
  ['only unknown schemes are offered', credential, 'Negotiate', 'AUTH_UNSUPPORTED'],
])('gives up when %s', async (_what, login, challenge, code) => {
  const server = await listen({
    respond: () => `RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\n\r\n`,
  });
  const { seen } = open(server.url, login);
  await ended(seen);
  expect(seen.closed[0]?.code).toBe(code);
  expect(server.requests).toHaveLength(1);
});

test.each([
  [403, 'AUTH_REFUSED'],
  [404, 'NOT_FOUND'],
  [453, 'SESSIONS_EXHAUSTED'],
  [503, 'SESSIONS_EXHAUSTED'],
  [500, 'SERVER_REFUSED'],
])('DESCRIBE answered %i is %s', async (status, code) => {
  const server = await listen({
    respond: ({ method }) => (method === 'DESCRIBE' ? `RTSP/1.0 ${status} No\r\n\r\n` : undefined),
  });
  const { seen } = open(server.url);
  await ended(seen);
  expect(seen.closed[0]).toMatchObject({ code, statusCode: status });
});

test('follows a redirect on the same host', async () => {
  const target = await listen();
  const server = await listen({
    respond: ({ method }) =>
      method === 'DESCRIBE' ? `RTSP/1.0 302 Moved\r\nLocation: ${target.url}\r\n\r\n` : undefined,
  });
  const { seen } = open(server.url);
  await playing(seen);
  target.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await until(() => seen.packets.length === 1, 'packet');
  await until(() => server.last?.socket.destroyed === true, 'first connection closed');
  expect(seen.closed).toEqual([]);
});

test('refuses a redirect to another host, and endless ones', async () => {
  const elsewhere = await listen();
  const other = elsewhere.url.replace('127.0.0.1', '127.0.0.2');
  const server = await listen({
    respond: ({ method }) =>
      method === 'DESCRIBE' ? `RTSP/1.0 301 Moved\r\nLocation: ${other}\r\n\r\n` : undefined,
  });
  const first = open(server.url);
  await ended(first.seen);
  expect(first.seen.closed[0]?.code).toBe('REDIRECT_REFUSED');
  expect(elsewhere.connections).toHaveLength(0);

  server.options = {
    respond: ({ method }) =>
      method === 'DESCRIBE' ? `RTSP/1.0 302 Moved\r\nLocation: ${server.url}\r\n\r\n` : undefined,
  };
  const second = open(server.url);
  await ended(second.seen);
  expect(second.seen.closed[0]?.code).toBe('REDIRECT_REFUSED');
  expect(server.methods().filter((method) => method === 'DESCRIBE')).toHaveLength(5);
});

test('keeps the session alive within its time-out by GET_PARAMETER where listed', async () => {
  const server = await listen({
    session: 'abc;timeout=10',
    publicMethods: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER',
  });
  const { seen, run, clock } = open(server.url);
  await playing(seen);
  const count = () => server.methods().filter((method) => method === 'GET_PARAMETER').length;
  for (let wanted = 1; wanted <= 3; wanted++) {
    const beforeMs = clock.monotonicMs();
    await until(() => {
      if (count() < wanted) run(TICK_MS);
      return count() >= wanted;
    }, `keep-alive ${wanted}`);
    expect(clock.monotonicMs() - beforeMs).toBeLessThan(9000);
  }
  expect(server.requests.at(-1)?.headers.get('session')).toBe('abc');
});

test('falls back to OPTIONS when GET_PARAMETER is refused, and ends on 454', async () => {
  const server = await listen({
    session: 'abc;timeout=10',
    publicMethods: 'GET_PARAMETER',
    respond: ({ method }) => (method === 'GET_PARAMETER' ? 'RTSP/1.0 451 No\r\n\r\n' : undefined),
  });
  const { seen, run } = open(server.url);
  await playing(seen);
  const runUntil = (condition: () => boolean, what: string) =>
    until(() => {
      if (!condition()) run(TICK_MS);
      return condition();
    }, what);
  await runUntil(() => server.methods().at(-1) === 'GET_PARAMETER', 'first keep-alive');
  await runUntil(() => server.methods().at(-1) === 'OPTIONS', 'second keep-alive');
  expect(server.methods().filter((method) => method === 'GET_PARAMETER')).toHaveLength(1);
  server.options = { respond: () => 'RTSP/1.0 454 Session Not Found\r\n\r\n' };
  await runUntil(() => seen.closed.length > 0, 'closed');
  expect(seen.closed[0]?.code).toBe('CONNECTION_LOST');
});

test('a keep-alive without answer is no fault while it plays', async () => {
  const server = await listen({ session: 'abc;timeout=10' });
  const { seen, run } = open(server.url);
  await playing(seen);
  server.options = { respond: () => 'silence' };
  run(60_000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(seen.closed).toEqual([]);
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await until(() => seen.packets.length === 1, 'packet');
});

test('sends receiver reports on the RTCP channel and takes sender reports', async () => {
  const server = await listen({ channels: () => [6, 9] });
  const { seen, run } = open(server.url);
  await playing(seen);
  server.last?.sendRtp({ sequence: 1, timestamp: 1 }, 6);
  server.last?.sendRtp({ sequence: 5, timestamp: 1 }, 6);
  const report = Buffer.alloc(28);
  report.set([0x80, 200, 0, 6]);
  report.writeUInt32BE(0x1234_5678, 4);
  report.writeUInt32BE(3_976_214_400, 8);
  server.last?.send(interleave(9, report));
  await until(() => seen.reports.length === 1, 'sender report');
  run(10_000);
  await until(() => (server.last?.received.length ?? 0) > 0, 'receiver report');
  const sent = server.last?.received[0];
  expect(sent?.channel).toBe(9);
  expect(sent?.packet[1]).toBe(201);
  expect(sent?.packet.readUInt32BE(8)).toBe(0x1234_5678);
  expect(sent?.packet.readIntBE(13, 3)).toBe(3);
});

test.each([
  ['OPTIONS', 200, false],
  ['ANNOUNCE', 200, true],
  ['TEARDOWN', 200, true],
  ['RECORD', 551, false],
])('answers the server’s own %s with %i', async (method, status, ends) => {
  const server = await listen();
  const { seen } = open(server.url);
  await playing(seen);
  const before = server.requests.length;
  server.last?.send(`${method} ${server.url} RTSP/1.0\r\nCSeq: 77\r\n\r\n`);
  if (ends) {
    await ended(seen);
    expect(seen.closed[0]?.code).toBe('CONNECTION_LOST');
    return;
  }
  await until(() => server.requests.length > before, 'answer');
  // The double files the client's answer as a request with the status as its URI.
  expect(server.requests.at(-1)).toMatchObject({ uri: String(status) });
  expect(server.requests.at(-1)?.headers.get('cseq')).toBe('77');
  expect(seen.closed).toEqual([]);
});

test('100 Continue is not the answer yet', async () => {
  const server = await listen({
    respond: ({ method, headers, connection }) => {
      if (method === 'DESCRIBE') {
        connection.send(`RTSP/1.0 100 Continue\r\nCSeq: ${headers.get('cseq')}\r\n\r\n`);
      }
      return undefined;
    },
  });
  const { seen } = open(server.url);
  await playing(seen);
});

test('a BYE of the picture’s source ends the session', async () => {
  const server = await listen();
  const { seen } = open(server.url);
  await playing(seen);
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  server.last?.send(interleave(1, Buffer.from([0x81, 203, 0, 1, 0x12, 0x34, 0x56, 0x78])));
  await ended(seen);
  expect(seen.closed[0]?.code).toBe('CONNECTION_LOST');
});

test('a server that accepts and says nothing is a response time-out', async () => {
  const server = await listen({ respond: () => 'silence' });
  const { seen, clock } = open(server.url);
  await until(() => server.requests.length === 1, 'request');
  clock.advance(5001);
  await ended(seen);
  expect(seen.closed[0]?.code).toBe('RESPONSE_TIMEOUT');
});

test('a server that drips its answers is cut off by the deadline of the whole', async () => {
  const server = await listen({
    respond: ({ method }) => (method === 'PLAY' ? 'silence' : undefined),
  });
  const { seen, clock, run } = open(server.url);
  await until(() => server.methods().includes('PLAY'), 'PLAY');
  for (let byte = 0; byte < 20; byte++) {
    server.last?.send('R');
    run(1000);
  }
  clock.advance(0);
  await ended(seen);
  expect(seen.closed[0]?.code).toBe('RESPONSE_TIMEOUT');
});

test('a garbage flood ends in a coded fault without holding its bytes', async () => {
  const server = await listen();
  const { seen, session } = open(server.url);
  await playing(seen);
  const before = process.memoryUsage().arrayBuffers;
  server.last?.send(Buffer.alloc(8_000_000, 0x41));
  await ended(seen);
  expect(seen.closed[0]?.code).toBe('LIMIT_EXCEEDED');
  expect(session.bytes).toBeLessThan(400_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(12_000_000);
});

test('closing while a hung server never answers TEARDOWN ends by its deadline', async () => {
  const server = await listen();
  const { seen, session, clock } = open(server.url);
  await playing(seen);
  server.options = { respond: () => 'silence' };
  const closed = session.close();
  await until(() => server.methods().at(-1) === 'TEARDOWN', 'TEARDOWN');
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(seen.packets).toEqual([]);
  clock.advance(500);
  await closed;
  expect(seen.closed.map((error) => error.code)).toEqual(['STOPPED']);
});

test('an impossible URL and a dead port are coded faults', async () => {
  const bad = open('http://user:secret@127.0.0.1/');
  await ended(bad.seen);
  expect(bad.seen.closed[0]?.code).toBe('PROTOCOL_VIOLATION');
  expect(bad.seen.closed[0]?.message).not.toMatch(/secret/);
  const server = await ScriptedRtspServer.listen();
  const { url } = server;
  await server.close();
  const dead = open(url);
  await ended(dead.seen);
  expect(dead.seen.closed[0]?.code).toBe('CONNECT_REFUSED');
});

test('a probe asks OPTIONS and DESCRIBE and hangs up', async () => {
  const server = await listen({ credential });
  const clock = new ManualClock();
  const outcome = await probeRtsp({ url: server.url, ...credential }, clock, { timeoutMs: 1000 });
  expect(outcome).toMatchObject({ kind: 'answers', tracks: [{ codec: 'H264' }] });
  expect(server.methods()).toEqual(['OPTIONS', 'OPTIONS', 'DESCRIBE']);
  await until(() => server.last?.socket.destroyed === true, 'hung up');
  expect(clock.pending).toBe(0);
});

test('a probe of a mute server ends in time; one of a dead port says so', async () => {
  const clock = new ManualClock();
  const server = await ScriptedRtspServer.listen({ respond: () => 'silence' });
  const source = { url: server.url, username: undefined, password: undefined };
  const mute = probeRtsp(source, clock, { timeoutMs: 800 });
  await until(() => server.requests.length === 1, 'request');
  clock.advance(800);
  expect(await mute).toMatchObject({ kind: 'failed', code: 'RESPONSE_TIMEOUT' });
  await server.close();
  expect(await probeRtsp(source, clock, { timeoutMs: 800 })).toMatchObject({
    kind: 'unreachable',
    code: 'CONNECT_REFUSED',
  });
});

test('another payload type than described ends the session with a word, a stray packet does not', async () => {
  const server = await listen();
  const { seen } = open(server.url);
  await playing(seen);
  const send = (sequence: number, payloadType: number) =>
    server.last?.sendRtp({ sequence, timestamp: 0, payloadType });
  for (let sequence = 0; sequence < 99; sequence++) send(sequence, 97);
  send(99, 96);
  for (let sequence = 100; sequence < 150; sequence++) send(sequence, 97);
  send(150, 96);
  await until(() => seen.packets.length === 2, 'what was described');
  expect(seen.closed).toEqual([]);
  for (let sequence = 151; sequence < 260; sequence++) send(sequence, 97);
  await ended(seen);
  expect(seen.closed[0]).toMatchObject({
    code: 'PROTOCOL_VIOLATION',
    message: 'packets of type 97, described as 96',
  });
});
