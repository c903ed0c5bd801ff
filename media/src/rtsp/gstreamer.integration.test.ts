import {
  type GstreamerRtspOptions,
  type GstreamerRtspServer,
  startGstreamerRtspServer,
} from '@nigehban/test/peers/gstreamer-rtsp-server.ts';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { createStreamHub } from '../hub/stream-hub.ts';
import type {
  SenderReport,
  StreamEvent,
  StreamHub,
  StreamSession,
  StreamSink,
} from '../hub/stream-hub-types.ts';
import { rtpMarker, rtpPayloadOffset, rtpTimestamp } from '../rtp/rtp-packet.ts';
import { until } from '../testing/until.ts';
import { probeRtsp } from './probe-rtsp.ts';

/** Counts what arrives of each track. */
class CountingSink implements StreamSink {
  readonly starts: StreamSession[] = [];
  readonly reports: SenderReport[] = [];
  readonly packets = [0, 0];
  readonly timestamps = new Set<number>();
  markers = 0;
  nalTypes = new Set<number>();
  stops = 0;

  onStart(session: StreamSession): void {
    this.starts.push(session);
  }
  onRtp(track: number, buffer: Buffer, offset: number, length: number): void {
    this.packets[track] = (this.packets[track] ?? 0) + 1;
    if (track !== 0) return;
    this.timestamps.add(rtpTimestamp(buffer, offset));
    if (rtpMarker(buffer, offset)) this.markers++;
    const payload = rtpPayloadOffset(buffer, offset, length);
    const indicator = buffer[payload] ?? 0;
    const fragment = buffer[payload + 1] ?? 0;
    this.nalTypes.add((indicator & 0x1f) === 28 ? fragment & 0x1f : indicator & 0x1f);
  }
  onSenderReport(_track: number, report: SenderReport): void {
    this.reports.push(report);
  }
  onStop(): void {
    this.stops++;
  }
}

const credential = { username: 'viewer', password: 'Pa ss"wörd\\' };
const servers: GstreamerRtspServer[] = [];
const hubs: StreamHub[] = [];

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop();
  for (const server of servers.splice(0)) await server.kill();
});

async function start(options: GstreamerRtspOptions = {}): Promise<GstreamerRtspServer> {
  const server = await startGstreamerRtspServer(options);
  servers.push(server);
  return server;
}

function startHub(): { hub: StreamHub; events: StreamEvent[] } {
  const hub = createStreamHub({ clock: systemClock, random: Math.random });
  hubs.push(hub);
  const events: StreamEvent[] = [];
  hub.onEvent((event) => events.push(event));
  return { hub, events };
}

test('pulls H.264 behind digest, with sender reports and the picture rate it was set to', async () => {
  const server = await start({ credential, framesPerSecond: 15 });
  const { hub } = startHub();
  const sink = new CountingSink();
  const key = 'main';
  hub.subscribe({ key, url: server.url('main'), ...credential }, sink);
  await until(() => sink.timestamps.size >= 45 && sink.reports.length >= 1, 'pictures', 20_000);
  expect(sink.starts[0]?.tracks[0]).toMatchObject({
    codec: 'H264',
    payloadType: 96,
    clockRateHz: 90_000,
    kind: 'video',
  });
  expect(sink.starts[0]?.tracks[0]?.parameterSets.map((set) => (set[0] ?? 0) & 0x1f)).toEqual([
    7, 8,
  ]);
  expect(sink.markers).toBeGreaterThanOrEqual(44);
  expect([...sink.nalTypes].sort()).toEqual(expect.arrayContaining([1, 5]));
  const steps = [...sink.timestamps].slice(0, 45);
  expect(((steps.at(-1) ?? 0) - (steps[0] ?? 0)) / 44).toBeCloseTo(6000, -1);
  const status = hub.status(key);
  expect(status?.counters.lost).toBe(0);
  // GStreamer stamps its reports with this machine's clock.
  expect(Math.abs(status?.counters.clockOffsetMs ?? Number.POSITIVE_INFINITY)).toBeLessThan(2000);
});

test('sets up H.264 with G.711 and pulls both', async () => {
  const server = await start();
  const { hub } = startHub();
  const sink = new CountingSink();
  const source = { url: server.url('audio'), username: undefined, password: undefined };
  hub.subscribe({ key: 'audio', ...source }, sink);
  await until(() => Math.min(...sink.packets) > 20, 'both tracks', 20_000);
  expect(sink.starts[0]?.tracks.map((track) => track.codec)).toEqual(['H264', 'PCMU']);
});

test('describes H.265 with its three parameter sets', async () => {
  const server = await start();
  const outcome = await probeRtsp(
    { url: server.url('hevc'), username: undefined, password: undefined },
    systemClock,
    { timeoutMs: 15_000 },
  );
  expect(outcome).toMatchObject({ kind: 'answers', tracks: [{ codec: 'H265' }] });
  if (outcome.kind !== 'answers') return;
  const sets = outcome.tracks[0]?.parameterSets ?? [];
  expect(sets.map((set) => ((set[0] ?? 0) >> 1) & 0x3f)).toEqual([32, 33, 34]);
});

test('probes: right password, wrong password, wrong path, nobody there', async () => {
  const server = await start({ credential });
  const probe = async (url: string, password: string) => {
    const outcome = await probeRtsp({ url, username: credential.username, password }, systemClock, {
      timeoutMs: 10_000,
    });
    return outcome.kind === 'answers' ? 'answers' : `${outcome.kind} ${outcome.code}`;
  };
  expect(await probe(server.url('main'), credential.password)).toBe('answers');
  expect(await probe(server.url('main'), 'wrong')).toBe('refused AUTH_REFUSED');
  const missing = server.url('main').replace('/main', '/missing');
  expect(await probe(missing, credential.password)).toBe('refused NOT_FOUND');
  await server.kill();
  expect(await probe(server.url('main'), credential.password)).toBe('unreachable CONNECT_REFUSED');
});

test('outlives the server’s session time-out by keep-alives', async () => {
  const server = await start({ sessionTimeoutS: 5 });
  const { hub, events } = startHub();
  const sink = new CountingSink();
  const source = { url: server.url('main'), username: undefined, password: undefined };
  hub.subscribe({ key: 'main', ...source }, sink);
  await until(() => sink.timestamps.size >= 15 * 14, 'fourteen seconds of pictures', 30_000);
  expect(events.map((event) => event.kind)).toEqual(['flowing']);
  expect(sink.starts).toHaveLength(1);
});

test('a killed server is told at once, and pulled again when it is back', async () => {
  const server = await start();
  const { hub, events } = startHub();
  const sink = new CountingSink();
  const source = { url: server.url('main'), username: undefined, password: undefined };
  hub.subscribe({ key: 'main', ...source }, sink);
  await until(() => events.length === 1, 'flowing', 20_000);
  await server.kill();
  await until(() => events.length >= 2, 'down', 2000);
  expect(events[1]).toMatchObject({ kind: 'down', stop: { cause: 'lost' } });
  await start({ port: server.port });
  await until(() => events.at(-1)?.kind === 'flowing', 'flowing again', 20_000);
  expect(sink.starts.length).toBeGreaterThanOrEqual(2);
});
