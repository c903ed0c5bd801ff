import { afterEach, expect, test } from 'vitest';
import { DEFAULT_RTSP_SETTINGS } from '../rtsp/rtsp-settings.ts';
import {
  type ScriptedRtspOptions,
  ScriptedRtspServer,
} from '../rtsp/testing/scripted-rtsp-server.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { until } from '../testing/until.ts';
import { createStreamHub, type StreamHubOptions } from './stream-hub.ts';
import type {
  SenderReport,
  StreamEvent,
  StreamSession,
  StreamSink,
  StreamStop,
} from './stream-hub-types.ts';

class RecordingSink implements StreamSink {
  readonly starts: StreamSession[] = [];
  readonly stops: StreamStop[] = [];
  readonly packets: { readonly track: number; readonly bytes: Buffer }[] = [];
  readonly reports: SenderReport[] = [];

  onStart(session: StreamSession): void {
    this.starts.push(session);
  }
  onRtp(track: number, buffer: Buffer, offset: number, length: number): void {
    this.packets.push({ track, bytes: Buffer.from(buffer.subarray(offset, offset + length)) });
  }
  onSenderReport(_track: number, report: SenderReport): void {
    this.reports.push(report);
  }
  onStop(stop: StreamStop): void {
    this.stops.push(stop);
  }
}

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(options?: ScriptedRtspOptions, port?: number): Promise<ScriptedRtspServer> {
  const server = await ScriptedRtspServer.listen(options, port);
  cleanups.push(() => server.close());
  return server;
}

function startHub(options: Partial<StreamHubOptions> = {}) {
  const clock = new ManualClock();
  const faults: { key: string; error: unknown }[] = [];
  const hub = createStreamHub({
    clock,
    random: () => 0.5,
    onFault: (key, error) => faults.push({ key, error }),
    ...options,
  });
  const events: StreamEvent[] = [];
  hub.onEvent((event) => events.push(event));
  cleanups.push(() => {
    const stopped = hub.stop();
    clock.advance(1000);
    return stopped;
  });
  return { hub, clock, events, faults };
}

function sourceOf(server: ScriptedRtspServer, password?: string) {
  return {
    key: 'camera',
    url: server.url,
    username: password === undefined ? undefined : 'viewer',
    password,
  };
}

const credential = { username: 'viewer', password: 'right' };

test('pulls once for two sinks; the late one starts at once', async () => {
  const server = await listen();
  const { hub, events } = startHub();
  const first = new RecordingSink();
  const second = new RecordingSink();
  hub.subscribe(sourceOf(server), first);
  await until(() => first.starts.length === 1, 'first start');
  server.last?.sendRtp({ sequence: 1, timestamp: 1000 });
  await until(() => first.packets.length === 1, 'first packet');

  hub.subscribe(sourceOf(server), second);
  expect(second.starts).toEqual(first.starts);
  server.last?.sendRtp({ sequence: 2, timestamp: 2000 });
  await until(() => second.packets.length === 1, 'packet of the late sink');

  expect(first.packets).toHaveLength(2);
  expect(server.connections).toHaveLength(1);
  expect(first.starts[0]?.tracks[0]).toMatchObject({ codec: 'H264', payloadType: 96, index: 0 });
  expect(events.map((event) => event.kind)).toEqual(['flowing']);
  expect(hub.status('camera')).toMatchObject({
    sinks: 2,
    state: { kind: 'flowing' },
    counters: { packets: 2, lost: 0, sessions: 1 },
  });
});

test('a wrong password is offered once a day by all streams of a camera together', async () => {
  const server = await listen({ credential });
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server, 'wrong'), sink);
  await until(() => events.length === 1, 'down');
  const offers = () =>
    server.requests.filter((request) => request.headers.has('authorization')).length;
  expect(events[0]).toMatchObject({
    kind: 'down',
    stop: { cause: 'refused', error: { code: 'AUTH_REFUSED' }, lastPacketUs: undefined },
  });
  expect(String(events[0]?.kind === 'down' && events[0].stop.error?.message)).not.toMatch(/wrong/);
  expect(offers()).toBe(1);
  hub.subscribe({ ...sourceOf(server, 'wrong'), key: 'sub' }, new RecordingSink());
  await until(() => hub.status('sub')?.state.kind === 'down', 'the other stream is held back');
  clock.advance(23 * 3_600_000);
  hub.update(sourceOf(server, 'wrong'));
  await settled(clock, 2000);
  expect(server.connections).toHaveLength(1);
  expect(events).toHaveLength(2);
  clock.advance(3_600_000);
  await until(() => offers() === 2, 'offered again after a day');
  await settled(clock, 2000);
  expect(offers()).toBe(2);

  server.options = {};
  hub.update(sourceOf(server, 'right'));
  await until(() => sink.starts.length === 1, 'start with the new password');
});

test('what is known to be refused is not offered at all, until an update says to try again', async () => {
  const server = await listen({ credential });
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  const source = sourceOf(server, credential.password);
  hub.subscribe({ ...source, held: true }, sink);
  await until(() => events.length === 1, 'told as refused');
  expect(events[0]).toMatchObject({ kind: 'down', stop: { cause: 'refused' } });
  clock.advance(20 * 3_600_000);
  await settled(clock, 2000);
  expect(server.connections).toHaveLength(0);
  hub.update(source);
  await until(() => sink.starts.length === 1, 'start');
  // It is played: what the order says of it stops nothing.
  hub.update({ ...source, held: true });
  await settled(clock, 2000);
  expect(sink.stops).toHaveLength(0);
});

test('silence is told within the limit, then the stream is dialled again', async () => {
  const server = await listen();
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  clock.advance(3000);
  server.last?.sendRtp({ sequence: 1, timestamp: 0 });
  await until(() => sink.packets.length === 1, 'packet');
  const lastPacketUs = clock.wallUs();

  clock.advance(4900);
  expect(events.map((event) => event.kind)).toEqual(['flowing']);
  clock.advance(600);
  expect(events[1]).toMatchObject({ kind: 'down', stop: { cause: 'silent', lastPacketUs } });
  expect(sink.stops).toMatchObject([{ cause: 'silent' }]);
  await until(() => server.methods().includes('TEARDOWN'), 'teardown');

  // It answers but stays silent: dialled again, and not told again.
  await until(() => server.connections[0]?.socket.destroyed === true, 'hung up');
  await advanceUntil(clock, () => sink.starts.length === 2);
  expect(server.connections).toHaveLength(2);
  clock.advance(6000);
  expect(sink.stops).toHaveLength(2);
  expect(events).toHaveLength(2);

  await until(() => server.connections[1]?.socket.destroyed === true, 'hung up again');
  await advanceUntil(clock, () => sink.starts.length === 3);
  server.last?.sendRtp({ sequence: 9, timestamp: 9 });
  await until(() => events.length === 3, 'flowing again');
  expect(events[2]?.kind).toBe('flowing');
});

test('sound without picture is silence', async () => {
  const sdp = `${SDP_VIDEO_AUDIO}`;
  const server = await listen({ sdp });
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  server.last?.sendRtp({ sequence: 1, timestamp: 0 });
  await until(() => events.length === 1, 'flowing');
  for (let second = 1; second <= 6; second++) {
    server.last?.sendRtp({ sequence: second, timestamp: 0, payloadType: 0, ssrc: 5 }, 2);
    if (sink.stops.length === 0) {
      await until(() => sink.packets.length === 1 + second || sink.stops.length > 0, 'sound');
    }
    clock.advance(1000);
  }
  expect(events[1]).toMatchObject({ kind: 'down', stop: { cause: 'silent' } });
});

test('a lost connection is told with the last packet and replaced by a new session', async () => {
  const server = await listen();
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  server.last?.sendRtp({ sequence: 7, timestamp: 0 });
  await until(() => events.length === 1, 'flowing');
  // Half a packet, then the end.
  server.last?.send(Buffer.from([0x24, 0, 0, 200, 0x80, 96]));
  server.last?.socket.end();
  await until(() => events.length === 2, 'down');
  expect(events[1]).toMatchObject({
    kind: 'down',
    stop: { cause: 'lost', error: { code: 'CONNECTION_LOST' } },
  });
  expect(sink.packets).toHaveLength(1);
  await advanceUntil(clock, () => sink.starts.length === 2);
  expect(sink.starts.map((session) => session.epoch)).toEqual([1, 2]);
});

test('back-off grows while a camera is unreachable, is told once, and ends when it is back', async () => {
  const server = await listen();
  const { port } = server;
  const source = sourceOf(server);
  await server.close();
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(source, sink);
  await until(() => events.length === 1, 'down');
  expect(events[0]).toMatchObject({
    kind: 'down',
    stop: { cause: 'unreachable', error: { code: 'CONNECT_REFUSED' } },
  });
  const attempts = () => {
    const state = hub.status('camera')?.state;
    return state?.kind === 'down' ? state.attempts : 0;
  };
  // With random 0.5: 375, 750, 1500, 3000, 6000, 7500, 7500 ms.
  for (const delayMs of [375, 750, 1500, 3000, 6000, 7500, 7500]) {
    const before = attempts();
    await settled(clock, delayMs - 50);
    expect(attempts()).toBe(before);
    clock.advance(100);
    await until(() => attempts() === before + 1, `attempt after ${delayMs} ms`);
  }
  expect(events).toHaveLength(1);
  const again = await listen({}, port);
  await advanceUntil(clock, () => sink.starts.length === 1);
  again.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await until(() => events.length === 2, 'flowing');
});

test('a sink that throws is removed and reported; the others go on', async () => {
  const server = await listen();
  const { hub, faults } = startHub();
  const good = new RecordingSink();
  const bad = new RecordingSink();
  bad.onRtp = () => {
    throw new Error('sink fault');
  };
  hub.subscribe(sourceOf(server), bad);
  hub.subscribe(sourceOf(server), good);
  await until(() => good.starts.length === 1, 'start');
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  server.last?.sendRtp({ sequence: 2, timestamp: 1 });
  await until(() => good.packets.length === 2, 'packets');
  expect(faults).toMatchObject([{ key: 'camera', error: { message: 'sink fault' } }]);
  expect(bad.stops).toHaveLength(1);
  expect(hub.status('camera')?.sinks).toBe(1);
});

test('the pull outlives its last sink by the linger time and is taken up by the next', async () => {
  const server = await listen();
  const { hub, clock } = startHub();
  const first = new RecordingSink();
  const leave = hub.subscribe(sourceOf(server), first, { lingerMs: 3000 });
  await until(() => first.starts.length === 1, 'start');
  leave.close();
  leave.close();
  clock.advance(2000);
  const second = new RecordingSink();
  const again = hub.subscribe(sourceOf(server), second, { lingerMs: 1000 });
  expect(second.starts).toHaveLength(1);
  clock.advance(2000);
  expect(hub.status('camera')?.state.kind).not.toBe('idle');
  again.close();
  clock.advance(1001);
  await until(() => hub.status('camera') === undefined, 'forgotten');
  expect(server.connections).toHaveLength(1);
  expect(server.methods()).toContain('TEARDOWN');
});

test('a viewer who comes again does not make a refused credential be offered again', async () => {
  const server = await listen({ credential });
  const { hub, clock, events } = startHub();
  for (let visit = 0; visit < 3; visit++) {
    const subscription = hub.subscribe(sourceOf(server, 'wrong'), new RecordingSink());
    await until(() => events.length > 0, 'refused');
    subscription.close();
    await settled(clock, 2000);
  }
  expect(server.connections).toHaveLength(1);
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server, 'right'), sink);
  await until(() => sink.starts.length === 1, 'start with another password');
});

test('sinks may leave, join and stop the stream from inside a packet', async () => {
  const server = await listen();
  const { hub } = startHub();
  const joined = new RecordingSink();
  const leaving = new RecordingSink();
  const watching = new RecordingSink();
  const source = sourceOf(server);
  leaving.onRtp = () => {
    subscription.close();
    hub.subscribe(source, joined);
  };
  const subscription = hub.subscribe(source, leaving);
  const last = hub.subscribe(source, watching);
  await until(() => watching.starts.length === 1, 'start');
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  server.last?.sendRtp({ sequence: 2, timestamp: 1 });
  await until(() => watching.packets.length === 2, 'packets');
  expect(joined.packets).toHaveLength(1);
  joined.onRtp = () => {
    last.close();
    void hub.stop();
  };
  server.last?.sendRtp({ sequence: 3, timestamp: 1 });
  await until(() => joined.stops.length === 1, 'stopped');
  expect(watching.stops).toHaveLength(0);
});

test('packets lie in the memory that was given for reading', async () => {
  const server = await listen();
  const slab = new ArrayBuffer(1 << 20);
  const { hub } = startHub({ readMemory: Buffer.from(slab) });
  const sink = new RecordingSink();
  const seen = new Set<ArrayBufferLike>();
  sink.onRtp = (_track, buffer) => {
    seen.add(buffer.buffer);
  };
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  for (let sequence = 0; sequence < 100; sequence++) {
    server.last?.sendRtp({ sequence, timestamp: 1, payload: Buffer.alloc(30_000) });
  }
  await until(() => hub.status('camera')?.counters.packets === 100, 'packets');
  expect([...seen]).toEqual([slab]);
});

test('453 is told as exhausted sessions and tried again after about five seconds', async () => {
  let full = true;
  const server = await listen({
    respond: (request) =>
      full && request.method === 'SETUP' ? 'RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n' : undefined,
  });
  const { hub, clock, events } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => events.length === 1, 'down');
  expect(events[0]).toMatchObject({ kind: 'down', stop: { cause: 'sessions-exhausted' } });
  full = false;
  await settled(clock, 4500);
  expect(server.connections).toHaveLength(1);
  await advanceUntil(clock, () => sink.starts.length === 1);
});

test('garbage ends that session alone', async () => {
  const good = await listen();
  const bad = await listen();
  const { hub, events } = startHub();
  const goodSink = new RecordingSink();
  const badSink = new RecordingSink();
  hub.subscribe({ ...sourceOf(good), key: 'good' }, goodSink);
  hub.subscribe({ ...sourceOf(bad), key: 'bad' }, badSink);
  await until(() => goodSink.starts.length + badSink.starts.length === 2, 'both start');
  bad.last?.send(Buffer.alloc(100_000, 0xee));
  await until(() => events.length === 1, 'down');
  expect(events[0]).toMatchObject({
    key: 'bad',
    stop: { cause: 'failed', error: { code: 'PROTOCOL_VIOLATION' } },
  });
  good.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await until(() => goodSink.packets.length === 1, 'the other flows');
});

test('a flood is throttled, then ends in LIMIT_EXCEEDED', async () => {
  const server = await listen();
  const { hub, clock, events } = startHub({
    settings: { rtsp: { ...DEFAULT_RTSP_SETTINGS, maxBitsPerSecond: 800_000, floodForMs: 1000 } },
  });
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  const payload = Buffer.alloc(1000, 1);
  for (let sequence = 0; sequence < 2000; sequence++) {
    server.last?.sendRtp({ sequence, timestamp: sequence, payload });
  }
  // 25 kB are allowed each tick, and a read may overshoot by one read buffer.
  await until(() => sink.packets.length > 0, 'some packets');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sink.packets.length).toBeLessThan(200);
  for (let tick = 0; tick < 5; tick++) {
    clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(events.at(-1)).toMatchObject({
    kind: 'down',
    stop: { error: { code: 'LIMIT_EXCEEDED' } },
  });
});

test('many subscriptions are dialled a few at a time, and one that hangs does not hold the rest', async () => {
  const hanging = await listen({ respond: () => 'silence' });
  const server = await listen();
  const { hub, clock } = startHub({
    settings: {
      maxDials: 2,
      dialSlotMs: 500,
      rtsp: { ...DEFAULT_RTSP_SETTINGS, responseTimeoutMs: 60_000, handshakeTimeoutMs: 60_000 },
    },
  });
  const sinks = Array.from({ length: 12 }, () => new RecordingSink());
  sinks.forEach((sink, index) => {
    const { url } = index < 2 ? hanging : server;
    hub.subscribe({ key: `c${index}`, url, username: undefined, password: undefined }, sink);
  });
  await until(() => hanging.connections.length === 2, 'hanging dials');
  clock.advance(400);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(server.connections).toHaveLength(0);
  await advanceUntil(clock, () => sinks.slice(2).every((sink) => sink.starts.length === 1));
});

test('a stall of this process is nobody’s silence', async () => {
  const server = await listen();
  const stalling = new StallingClock();
  const { hub, events } = startHub({ clock: stalling });
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  server.last?.sendRtp({ sequence: 1, timestamp: 1 });
  await until(() => events.length === 1, 'flowing');
  stalling.advance(250);
  stalling.stall(20_000);
  stalling.advance(1);
  expect(events).toHaveLength(1);
  stalling.advance(5500);
  expect(events).toHaveLength(2);
  const stopped = hub.stop();
  stalling.advance(1000);
  await stopped;
});

test('stopping tears every session down and tells the sinks', async () => {
  const server = await listen();
  const { hub, clock } = startHub();
  const sink = new RecordingSink();
  hub.subscribe(sourceOf(server), sink);
  await until(() => sink.starts.length === 1, 'start');
  await hub.stop();
  expect(sink.stops).toMatchObject([{ cause: 'stopped' }]);
  expect(server.methods()).toContain('TEARDOWN');
  expect(hub.statuses()).toEqual([]);
  expect(() => hub.subscribe(sourceOf(server), sink)).toThrow(/stopped/);
  clock.advance(2000);
  expect(clock.pending).toBe(0);
});

const SDP_VIDEO_AUDIO = [
  'v=0',
  's=-',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
  'm=audio 0 RTP/AVP 0',
  'a=control:track2',
  '',
].join('\r\n');

/** Advances in small steps, letting sockets work in between, until a condition holds. */
async function advanceUntil(clock: ManualClock, condition: () => boolean): Promise<void> {
  await until(() => {
    if (condition()) return true;
    clock.advance(50);
    return false;
  });
}

/** Advances in small steps with turns of the event loop in between. */
async function settled(clock: ManualClock, byMs: number): Promise<void> {
  for (let done = 0; done < byMs; done += 50) {
    clock.advance(Math.min(50, byMs - done));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock whose timers can all be late at once, as when the process was starved. */
class StallingClock extends ManualClock {
  #stalledMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#stalledMs;
  }

  stall(byMs: number): void {
    this.#stalledMs += byMs;
  }
}
