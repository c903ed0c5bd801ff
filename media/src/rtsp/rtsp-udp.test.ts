import { createSocket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import type { SenderReport } from '../hub/stream-hub-types.ts';
import type { MediaError } from '../media-error.ts';
import { rtpSequence } from '../rtp/rtp-packet.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { until } from '../testing/until.ts';
import { createReadArena } from './read-arena.ts';
import { RtspSession } from './rtsp-session.ts';
import { DEFAULT_RTSP_SETTINGS, type RtspSettings } from './rtsp-settings.ts';
import {
  rtpPacket,
  type ScriptedRtspOptions,
  ScriptedRtspServer,
} from './testing/scripted-rtsp-server.ts';
import { UdpSender } from './testing/udp-sender.ts';
import { UdpPair } from './udp-pair.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function bindSender(address?: string): Promise<UdpSender> {
  const sender = await UdpSender.bind(address);
  cleanups.push(() => sender.close());
  return sender;
}

async function open(
  options: ScriptedRtspOptions,
  transport?: 'tcp' | 'udp',
  settings: RtspSettings = DEFAULT_RTSP_SETTINGS,
) {
  const server = await ScriptedRtspServer.listen(options);
  cleanups.push(() => server.close());
  const clock = new ManualClock();
  const arena = createReadArena();
  const seen = {
    playing: false,
    sequences: [] as number[],
    reports: [] as SenderReport[],
    closed: [] as MediaError[],
  };
  const session = new RtspSession(
    {
      source: { url: server.url, username: undefined, password: undefined, transport },
      clock,
      arena,
      settings,
      tickMs: 250,
      random: Math.random,
    },
    {
      onPlaying: () => {
        seen.playing = true;
      },
      onRtp: (_track, buffer, offset, length) => {
        expect(seen.playing).toBe(true);
        expect(buffer).toBe(arena.buffer);
        expect(length).toBe(16);
        seen.sequences.push(rtpSequence(buffer, offset));
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
  const tick = (forMs: number) => {
    for (let done = 0; done < forMs; done += 250) {
      clock.advance(250);
      session.tick(clock.monotonicMs());
    }
  };
  return { server, session, clock, seen, tick };
}

const packet = (sequence: number) => rtpPacket({ sequence, timestamp: 1000 });
const played = (server: ScriptedRtspServer) =>
  until(() => server.methods().includes('PLAY'), 'PLAY');

/** A sender report with this NTP second. */
function senderReport(seconds: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.set([0x80, 200, 0, 6]);
  bytes.writeUInt32BE(0x1234_5678, 4);
  bytes.writeUInt32BE(seconds, 8);
  return bytes;
}

test('asks for an even port and the next, and puts what arrives in order', async () => {
  const sender = await bindSender();
  const { server, seen } = await open({ respond: (r) => sender.respond(r) }, 'udp');
  await played(server);
  const setUp = server.requests.find((request) => request.method === 'SETUP');
  expect(setUp?.headers.get('transport')).toMatch(/^RTP\/AVP;unicast;client_port=\d+-\d+$/);
  expect(sender.clientPort % 2).toBe(0);
  expect(seen.playing).toBe(false);
  for (const sequence of [7, 9, 8, 8, 11, 10]) await sender.sendRtp(packet(sequence));
  await until(() => seen.sequences.length === 5, 'five packets');
  expect(seen.sequences).toEqual([7, 8, 9, 10, 11]);
});

test('RTCP goes both ways, and keep-alives through the connection', async () => {
  const sender = await bindSender();
  const { server, seen, tick } = await open({ respond: (r) => sender.respond(r) }, 'udp');
  await played(server);
  await sender.sendRtp(packet(1));
  await until(() => seen.playing, 'playing');
  await sender.sendRtcp(senderReport(3_976_214_400));
  await until(() => seen.reports.length === 1, 'report');
  tick(11_000);
  await until(() => sender.reports.some((report) => report.length > 8), 'receiver report');
  const report = sender.reports.find((bytes) => bytes.length > 8);
  expect([report?.[0], report?.[1]]).toEqual([0x81, 201]);
  expect(report?.readUInt32BE(8)).toBe(0x1234_5678);
  tick(31_000);
  await until(() => server.methods().filter((method) => method === 'OPTIONS').length > 1, 'alive');
});

test('a hole holds packets up until its time is over', async () => {
  const sender = await bindSender();
  const { server, seen, tick } = await open({ respond: (r) => sender.respond(r) }, 'udp');
  await played(server);
  await sender.sendRtp(packet(1));
  await sender.sendRtp(packet(3));
  await until(() => seen.playing, 'playing');
  await sender.sendRtcp(senderReport(1));
  await until(() => seen.reports.length === 1, 'everything read');
  expect(seen.sequences).toEqual([1]);
  tick(250);
  await until(() => seen.sequences.length === 2, 'the hole is given up');
  expect(seen.sequences).toEqual([1, 3]);
});

test('packets of another address or port are nobody’s', async () => {
  const sender = await bindSender();
  const stranger = await bindSender('127.0.0.2');
  const neighbour = await bindSender();
  const { server, seen } = await open({ respond: (r) => sender.respond(r) }, 'udp');
  await played(server);
  for (const other of [stranger, neighbour]) {
    other.clientPort = sender.clientPort;
    await other.sendRtp(packet(50));
  }
  await sender.sendRtp(packet(1));
  await until(() => seen.sequences.length > 0, 'a packet');
  expect(seen.sequences).toEqual([1]);
});

test('a server that names another source is believed; without ports its first packet shows them', async () => {
  const sender = await bindSender('127.0.0.2');
  const { server, seen } = await open(
    { respond: (r) => sender.respond(r, ';source=127.0.0.2') },
    'udp',
  );
  await played(server);
  await sender.sendRtp(packet(4));
  await until(() => seen.sequences.length > 0, 'a packet');
});

test('461 for UDP: set up over TCP in the same session', async () => {
  const { server, seen } = await open(
    {
      respond: (request) =>
        request.method === 'SETUP' && request.headers.get('transport')?.includes('client_port')
          ? 'RTSP/1.0 461 Unsupported Transport\r\n\r\n'
          : undefined,
    },
    'udp',
  );
  await until(() => seen.playing, 'playing');
  server.last?.sendRtp({ sequence: 5, timestamp: 0 });
  await until(() => seen.sequences.length > 0, 'a packet');
  expect(server.connections).toHaveLength(1);
});

test('461 for TCP: over UDP without a wish, refused with one', async () => {
  const sender = await bindSender();
  const respond: ScriptedRtspOptions['respond'] = (request) =>
    request.method === 'SETUP' && request.headers.get('transport')?.includes('TCP')
      ? 'RTSP/1.0 461 Unsupported Transport\r\n\r\n'
      : sender.respond(request);
  const free = await open({ respond });
  await played(free.server);
  await sender.sendRtp(packet(1));
  await until(() => free.seen.playing, 'playing over UDP');
  const strict = await open({ respond }, 'tcp');
  await until(() => strict.seen.closed.length > 0, 'refused');
  expect(strict.seen.closed[0]).toMatchObject({ code: 'SERVER_REFUSED', statusCode: 461 });
});

test('nothing arrives: torn down as TRANSPORT_BLOCKED, ports free again', async () => {
  const sender = await bindSender();
  const { server, session, clock, seen } = await open({ respond: (r) => sender.respond(r) }, 'udp');
  await played(server);
  await until(() => {
    clock.advance(100);
    return server.methods().includes('TEARDOWN');
  }, 'TEARDOWN');
  await until(() => seen.closed.length > 0, 'closed');
  expect(seen.closed[0]?.code).toBe('TRANSPORT_BLOCKED');
  expect(seen.playing).toBe(false);
  await session.close();
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(sender.clientPort, '127.0.0.1', resolve);
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
});

test('a server that interleaves although UDP was asked is read', async () => {
  const { server, seen } = await open({}, 'udp');
  await until(() => seen.playing, 'playing');
  server.last?.sendRtp({ sequence: 5, timestamp: 0 });
  await until(() => seen.sequences.length > 0, 'a packet');
});

test('pairs are even and odd, do not collide, and run out with a coded error', async () => {
  const options = {
    localAddress: '127.0.0.1',
    ports: { first: 18_001, last: 18_005 },
    receiveBufferBytes: 300_000,
    random: Math.random,
  };
  const pairs = [];
  for (let index = 0; index < 2; index++) {
    const pair = await UdpPair.open(options, () => {});
    cleanups.push(() => pair.close());
    pairs.push(pair);
  }
  expect(pairs.map((pair) => pair.rtpPort).sort()).toEqual([18_002, 18_004]);
  await expect(UdpPair.open(options, () => {})).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  // Linux doubles what it grants, and caps it at net.core.rmem_max before.
  expect(pairs[0]?.receiveBufferBytes).toBeGreaterThan(212_992);
});

test('a flood over UDP is dropped above the limit, then ends the session by TEARDOWN', async () => {
  const sender = await bindSender();
  const { server, seen, clock, session } = await open(
    { respond: (r) => sender.respond(r) },
    'udp',
    { ...DEFAULT_RTSP_SETTINGS, maxPacketsPerSecond: 40 },
  );
  await played(server);
  await sender.sendRtp(packet(0));
  await until(() => seen.playing, 'playing');
  let sequence = 0;
  for (let tick = 0; tick < 12; tick++) {
    const before = session.bytes;
    for (let sent = 0; sent < 15; sent++) await sender.sendRtp(packet(++sequence));
    await until(() => session.bytes >= before + 9 * 16, 'the allowance');
    await new Promise((resolve) => setImmediate(resolve));
    expect(session.bytes).toBeLessThanOrEqual(before + 10 * 16);
    clock.advance(250);
    session.tick(clock.monotonicMs());
  }
  await until(() => seen.closed.length > 0, 'ended');
  expect(seen.closed[0]?.code).toBe('LIMIT_EXCEEDED');
  expect(server.methods()).toContain('TEARDOWN');
});
