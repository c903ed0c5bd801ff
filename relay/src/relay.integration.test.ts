import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LiveMethod, type Relay, startRelay } from './relay.ts';
import type { RelaySettings } from './relay-settings.ts';
import { HubDouble } from './testing/hub-double.ts';

const built = join(import.meta.dirname, '../../.cache/mediasoup-worker-3.27.1');
const workerBin = process.env.MEDIASOUP_WORKER_BIN ?? (existsSync(built) ? built : undefined);
const dtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
};

let hub: HubDouble;
let relay: Relay;
const orders = new Map<number, StreamOrder>();
const wanted: string[] = [];
const closed: string[] = [];

function order(cameraId: number, codecs: { main?: 'H264' | 'H265'; sub?: 'H264' }): StreamOrder {
  const streams = Object.entries(codecs).map(([quality, codec]) => ({
    quality: quality as StreamQuality,
    profileToken: quality,
    url: `rtsp://127.0.0.9/${cameraId}/${quality}`,
    codec,
    widthPx: 640,
    heightPx: 360,
    frameRateFps: 15,
  }));
  return {
    cameraId,
    cameraCode: `GE24-NA117-PS042-C${cameraId}`,
    stationCode: 'GE24-NA117-PS042',
    record: true,
    streams,
    credentials: null,
  };
}

async function start(settings: Partial<RelaySettings> = {}): Promise<Relay> {
  return startRelay(
    {
      nodeId: 'node-1',
      rtc: { listenIps: [{ ip: '127.0.0.1' }], minPort: 43_000, maxPort: 43_999 },
      workers: 1,
      lingerMs: 100,
      joinTimeoutMs: 500,
      ...(workerBin === undefined ? {} : { workerBin }),
      ...settings,
    },
    {
      hub: {
        subscribe: (source, sink) => hub.subscribe(source, sink),
        update: (source) => hub.update(source),
        status: (key) => hub.status(key),
        statuses: () => hub.statuses(),
        onEvent: (listener) => hub.onEvent(listener),
        stop: () => hub.stop(),
      },
      clock: systemClock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      orders: (cameraId) => orders.get(cameraId),
      wantKeyFrame: (cameraId, quality) => wanted.push(`${cameraId}/${quality}`),
      closed: (viewerId, transportId, _reason, consumerId = '') =>
        closed.push(`${viewerId} ${transportId} ${consumerId}`.trim()),
    },
  );
}

beforeAll(() => {
  orders.set(1, order(1, { main: 'H264', sub: 'H264' }));
  orders.set(2, order(2, { main: 'H265', sub: 'H264' }));
  orders.set(3, order(3, { main: 'H265' }));
});
beforeEach(async () => {
  hub = new HubDouble();
  wanted.length = 0;
  closed.length = 0;
  relay = await start({ maxViews: 3, maxViewsPerViewer: 2 });
});
afterEach(async () => {
  await relay.stop();
});
afterAll(() => {
  orders.clear();
});

const joinLive = (viewerId: string, cameraId: number, quality: StreamQuality) =>
  relay.handlers['live.join']({ viewerId, cameraId, quality });

async function watch(viewerId: string, cameraId: number, quality: StreamQuality) {
  const joined = await joinLive(viewerId, cameraId, quality);
  const consumer = await relay.handlers['live.consume']({
    viewerId,
    transportId: joined.transportId,
    cameraId,
    quality: joined.quality,
    rtpCapabilities: joined.routerRtpCapabilities,
  });
  return { ...joined, ...consumer };
}

const coded = (code: string) => expect.objectContaining({ code });

test('a viewer has one transport for all its cameras and takes all with it when it leaves', async () => {
  const first = await watch('anna', 1, 'sub');
  const second = await watch('anna', 2, 'sub');
  expect(second.transportId).toBe(first.transportId);
  expect(second.kind).toBe('video');
  expect(relay.counters()).toMatchObject({ viewers: 1, views: 2 });
  expect(wanted.sort()).toEqual(['1/sub', '2/sub']);
  await relay.handlers['live.close']({ viewerId: 'anna' });
  expect(relay.counters()).toMatchObject({ viewers: 0, views: 0 });
  await expect.poll(() => hub.sinkCount('1/sub') + hub.sinkCount('2/sub')).toBe(0);
  expect(relay.counters().streams).toEqual([]);
});

test('the offer is handed out until the browser has connected, then null', async () => {
  const { transportId, transport } = await joinLive('anna', 1, 'sub');
  expect(transport?.iceCandidates).toHaveLength(2);
  expect((await joinLive('anna', 2, 'sub')).transport).not.toBeNull();
  await relay.handlers['live.connect']({ viewerId: 'anna', transportId, dtlsParameters });
  expect(await joinLive('anna', 2, 'sub')).toMatchObject({ transportId, transport: null });
  await expect(
    relay.handlers['live.connect']({ viewerId: 'anna', transportId, dtlsParameters }),
  ).rejects.toEqual(coded('REQUEST_INVALID'));
});

test('nobody touches the transport or view of another viewer', async () => {
  const { transportId, consumerId, routerRtpCapabilities } = await watch('anna', 1, 'sub');
  await joinLive('boris', 1, 'sub');
  const viewerId = 'boris';
  const attempts = [
    relay.handlers['live.connect']({ viewerId, transportId, dtlsParameters }),
    relay.handlers['live.consume']({
      viewerId,
      transportId,
      cameraId: 1,
      quality: 'sub',
      rtpCapabilities: routerRtpCapabilities,
    }),
    relay.handlers['live.resume']({ viewerId, consumerId }),
    relay.handlers['live.pause']({ viewerId, consumerId }),
    relay.handlers['live.leave']({ viewerId, consumerId }),
  ];
  for (const attempt of attempts) {
    await expect(attempt).rejects.toEqual(coded('LIVE_SESSION_UNKNOWN'));
  }
  expect(relay.counters()).toMatchObject({ views: 1 });
});

test('a camera must be joined before it is consumed, and be ordered of this node', async () => {
  const { transportId, routerRtpCapabilities } = await joinLive('anna', 1, 'sub');
  const rtpCapabilities = routerRtpCapabilities;
  await expect(
    relay.handlers['live.consume']({
      viewerId: 'anna',
      transportId,
      cameraId: 2,
      quality: 'sub',
      rtpCapabilities,
    }),
  ).rejects.toEqual(coded('LIVE_SESSION_UNKNOWN'));
  await expect(joinLive('anna', 99, 'sub')).rejects.toEqual(coded('CAMERA_UNKNOWN'));
});

test('limits per viewer and per node', async () => {
  await watch('anna', 1, 'sub');
  await watch('anna', 1, 'main');
  await expect(joinLive('anna', 2, 'sub')).rejects.toEqual(coded('LIVE_LIMIT_REACHED'));
  const third = await watch('boris', 2, 'sub');
  await expect(joinLive('clara', 1, 'sub')).rejects.toEqual(coded('LIVE_LIMIT_REACHED'));
  expect(relay.counters()).toMatchObject({ viewers: 2, views: 3 });
  await relay.handlers['live.leave']({ viewerId: 'boris', consumerId: third.consumerId });
  await watch('clara', 1, 'sub');
});

test('H.265 alone is unsupported, also when only the SDP says so', async () => {
  await expect(joinLive('anna', 3, 'main')).rejects.toEqual(coded('LIVE_CODEC_UNSUPPORTED'));
  hub.scripts.set('1/main', { kind: 'flows', codec: 'H265' });
  expect((await joinLive('anna', 1, 'main')).quality).toBe('sub');
  expect(hub.sinkCount('1/main')).toBe(0);
  hub.scripts.set('1/sub', { kind: 'flows', codec: 'H265' });
  await relay.handlers['live.close']({ viewerId: 'anna' });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(0);
  await expect(joinLive('anna', 1, 'sub')).rejects.toEqual(coded('LIVE_CODEC_UNSUPPORTED'));
});

test('a camera that refuses one more session is served from what is pulled', async () => {
  hub.scripts.set('1/sub', { kind: 'fails', cause: 'sessions-exhausted' });
  await expect(joinLive('anna', 1, 'sub')).rejects.toEqual(coded('LIVE_UNAVAILABLE'));
  hub.pull('1/main');
  expect((await joinLive('anna', 1, 'sub')).quality).toBe('main');
});

test('a camera that does not answer in time, or is down, is unavailable by code', async () => {
  hub.scripts.set('2/sub', { kind: 'hangs' });
  await expect(joinLive('anna', 2, 'sub')).rejects.toEqual(coded('LIVE_UNAVAILABLE'));
  hub.scripts.set('2/sub', { kind: 'fails', cause: 'unreachable' });
  await expect(joinLive('anna', 2, 'sub')).rejects.toEqual(coded('LIVE_UNAVAILABLE'));
  expect(relay.counters()).toMatchObject({ viewers: 0, streams: [] });
  expect(hub.sinkCount('2/sub')).toBe(0);
});

test('many joins at once make one producer and one transport each', async () => {
  const joined = await Promise.all(
    ['anna', 'anna', 'boris', 'boris'].map((viewerId) => joinLive(viewerId, 1, 'sub')),
  );
  expect(new Set(joined.map((each) => each.transportId)).size).toBe(2);
  expect(hub.sinkCount('1/sub')).toBe(1);
});

test('a viewer that leaves while it joins leaves nothing behind', async () => {
  const joining = joinLive('anna', 1, 'sub');
  await relay.handlers['live.close']({ viewerId: 'anna' });
  await expect(joining).rejects.toEqual(coded('LIVE_SESSION_UNKNOWN'));
  await expect.poll(() => relay.counters()).toMatchObject({ viewers: 0, streams: [] });
});

test('orders that end close the stream, changed ones reach the hub', async () => {
  await watch('anna', 1, 'sub');
  relay.ordersChanged();
  expect(hub.updates.map((source) => source.key)).toEqual(['1/sub']);
  const kept = orders.get(1);
  orders.delete(1);
  relay.ordersChanged();
  if (kept !== undefined) orders.set(1, kept);
  expect(hub.sinkCount('1/sub')).toBe(0);
  await expect.poll(() => relay.counters()).toMatchObject({ streams: [], views: 0 });
});

test('packets before anybody watches are kept, not forwarded', async () => {
  await watch('anna', 1, 'sub');
  for (let picture = 0; picture < 5; picture += 1) hub.sendKeyPicture('1/sub', picture * 6000);
  expect(relay.counters().streams).toMatchObject([{ watching: 0, forwardedPackets: 0 }]);
});

test('hostile parameters are refused by code and harm nobody', async () => {
  const good = await watch('anna', 1, 'sub');
  const methods: LiveMethod[] = [
    'live.join',
    'live.connect',
    'live.consume',
    'live.listen',
    'live.resume',
    'live.pause',
    'live.leave',
  ];
  const hostile = fc.oneof(
    fc.anything(),
    fc.record({
      viewerId: fc.constantFrom<unknown>('anna', 'x', 5, '__proto__'),
      transportId: fc.constantFrom<unknown>(good.transportId, 'x', null),
      consumerId: fc.constantFrom<unknown>('x', {}, 'constructor'),
      cameraId: fc.constantFrom<unknown>(1, 2, -1, 1.5, '1', Number.NaN),
      quality: fc.constantFrom<unknown>('sub', 'hd', null),
      dtlsParameters: fc.anything(),
      rtpCapabilities: fc.oneof(
        fc.anything(),
        fc.record({ codecs: fc.array(fc.anything(), { maxLength: 4 }) }),
        fc.record({
          codecs: fc.array(
            fc.record({
              kind: fc.constantFrom<unknown>('video', 'x'),
              mimeType: fc.constantFrom<unknown>('video/H264', 'video/x', 7),
              clockRate: fc.constantFrom<unknown>(90_000, -1, 'x'),
              parameters: fc.anything(),
              rtcpFeedback: fc.anything(),
            }),
            { maxLength: 3 },
          ),
          headerExtensions: fc.anything(),
        }),
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...methods), hostile, async (method, params) => {
      const handle = relay.handlers[method] as (params: unknown) => Promise<unknown>;
      await handle(params).catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Fault));
    }),
    { numRuns: 300 },
  );
  const { viewerId, consumerId } = { viewerId: 'anna', consumerId: good.consumerId };
  await relay.handlers['live.pause']({ viewerId, consumerId });
  expect(relay.counters().workerRestarts).toBe(0);
});

async function listen(viewerId: string, cameraId: number, quality: StreamQuality) {
  const joined = await watch(viewerId, cameraId, quality);
  const sound = await relay.handlers['live.listen']({
    viewerId,
    transportId: joined.transportId,
    cameraId,
    quality: joined.quality,
    rtpCapabilities: joined.routerRtpCapabilities,
  });
  return { transportId: joined.transportId, video: joined.consumerId, ...sound };
}

test('sound is a further sink of the same pull, from the first listener to the last', async () => {
  hub.scripts.set('1/sub', { kind: 'flows', sound: 'PCMA' });
  const anna = await listen('anna', 1, 'sub');
  expect(anna).toMatchObject({
    kind: 'audio',
    rtpParameters: { codecs: [{ mimeType: 'audio/PCMA', payloadType: 8, clockRate: 8000 }] },
  });
  expect(hub.sinkCount('1/sub')).toBe(2);
  await relay.handlers['live.leave']({ viewerId: 'anna', consumerId: anna.consumerId });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(1);
  // Its pictures go on.
  await relay.handlers['live.resume']({ viewerId: 'anna', consumerId: anna.video });
  const again = await listen('boris', 1, 'sub');
  expect(again.producerId).not.toBe(anna.producerId);
  await relay.handlers['live.close']({ viewerId: 'boris' });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(1);
});

test('what there is to hear is said at the join, and taken from the other stream when that is pulled', async () => {
  expect(await joinLive('anna', 1, 'sub')).toMatchObject({ sound: 'none' });
  await relay.handlers['live.close']({ viewerId: 'anna' });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(0);
  hub.scripts.set('1/sub', { kind: 'flows', sound: 'MPEG4-GENERIC' });
  expect(await joinLive('anna', 1, 'sub')).toMatchObject({ sound: 'unsupported' });
  await expect(listen('anna', 1, 'sub')).rejects.toEqual(coded('LIVE_SOUND_UNAVAILABLE'));
  hub.scripts.set('1/main', { kind: 'flows', sound: 'PCMU' });
  expect(await joinLive('anna', 1, 'main')).toMatchObject({ sound: 'available' });
  const sound = await relay.handlers['live.listen']({
    viewerId: 'anna',
    cameraId: 1,
    quality: 'sub',
    ...(await joinLive('anna', 1, 'sub').then(({ transportId, routerRtpCapabilities }) => ({
      transportId,
      rtpCapabilities: routerRtpCapabilities,
    }))),
  });
  expect(sound.rtpParameters).toMatchObject({ codecs: [{ mimeType: 'audio/PCMU' }] });
  expect([hub.sinkCount('1/sub'), hub.sinkCount('1/main')]).toEqual([1, 2]);
});

test('a camera that changes its sound ends what is heard, not what is seen', async () => {
  hub.scripts.set('1/sub', { kind: 'flows', sound: 'PCMA' });
  const { transportId, consumerId } = await listen('anna', 1, 'sub');
  hub.resound('1/sub', 'PCMA');
  hub.resound('1/sub', 'PCMU');
  await expect.poll(() => closed).toEqual([`anna ${transportId} ${consumerId}`]);
  expect(relay.counters()).toMatchObject({ viewers: 1, views: 1 });
  expect(hub.sinkCount('1/sub')).toBe(1);
  hub.scripts.set('1/sub', { kind: 'flows', sound: 'PCMU' });
  expect((await listen('boris', 1, 'sub')).rtpParameters).toMatchObject({
    codecs: [{ mimeType: 'audio/PCMU', payloadType: 0 }],
  });
});

test('nobody hears a camera that was not joined, nor by somebody else’s transport', async () => {
  hub.scripts.set('1/sub', { kind: 'flows', sound: 'PCMA' });
  const { transportId, routerRtpCapabilities: rtpCapabilities } = await watch('anna', 1, 'sub');
  const request = { transportId, cameraId: 1, quality: 'sub', rtpCapabilities } as const;
  const attempts = [
    relay.handlers['live.listen']({ ...request, viewerId: 'boris' }),
    relay.handlers['live.listen']({ ...request, viewerId: 'anna', cameraId: 2 }),
  ];
  for (const attempt of attempts) {
    await expect(attempt).rejects.toEqual(coded('LIVE_SESSION_UNKNOWN'));
  }
  const pictures = { codecs: rtpCapabilities as { codecs: { kind: string }[] } };
  const onlyVideo = pictures.codecs.codecs.filter((codec) => codec.kind === 'video');
  await expect(
    relay.handlers['live.listen']({
      ...request,
      viewerId: 'anna',
      rtpCapabilities: { codecs: onlyVideo },
    }),
  ).rejects.toEqual(coded('LIVE_CODEC_UNSUPPORTED'));
  expect(hub.sinkCount('1/sub')).toBe(1);
});

test('a dead worker is replaced and its viewers are told', async () => {
  const { transportId } = await watch('anna', 1, 'sub');
  const [pid] = relay.workerPids();
  if (pid === undefined) throw new Error('no worker');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => closed).toEqual([`anna ${transportId}`]);
  expect(relay.counters()).toMatchObject({ viewers: 0, views: 0, streams: [] });
  expect(hub.sinkCount('1/sub')).toBe(0);
  await expect.poll(() => relay.counters().workerRestarts, { timeout: 10_000 }).toBe(1);
  await watch('anna', 1, 'sub');
});

test('a crowd before one camera is spread over the workers, fed from one pull', async () => {
  await relay.stop();
  relay = await start({ workers: 2, viewsPerWorker: 2 });
  const viewers = ['anna', 'boris', 'clara', 'dina'];
  const watched = await Promise.all(viewers.map((viewerId) => watch(viewerId, 1, 'sub')));
  expect(new Set(watched.map((each) => each.producerId)).size).toBe(2);
  // One sink for each worker; the hub's pull is one.
  expect(hub.sinkCount('1/sub')).toBe(2);
  expect(relay.counters()).toMatchObject({ views: 4, streams: [{ cameraId: 1, viewers: 4 }] });
  expect(wanted).toEqual(['1/sub']);
  const [pid] = relay.workerPids();
  if (pid === undefined) throw new Error('no worker');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => closed).toHaveLength(2);
  expect(relay.counters()).toMatchObject({ viewers: 2, streams: [{ viewers: 2 }] });
  for (const viewerId of viewers) await relay.handlers['live.close']({ viewerId });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(0);
  expect(relay.counters().streams).toEqual([]);
});

test('who comes back within the linger time finds the same producer, then the pull ends', async () => {
  const first = await watch('anna', 1, 'sub');
  await relay.handlers['live.leave']({ viewerId: 'anna', consumerId: first.consumerId });
  expect(hub.sinkCount('1/sub')).toBe(1);
  const again = await watch('anna', 1, 'sub');
  expect(again.producerId).toBe(first.producerId);
  await relay.handlers['live.leave']({ viewerId: 'anna', consumerId: again.consumerId });
  await expect.poll(() => hub.sinkCount('1/sub')).toBe(0);
});

test('a dead worker ends the views on it alone', async () => {
  await relay.stop();
  relay = await start({ workers: 2 });
  const { transportId: kept } = await watch('anna', 1, 'sub');
  // Another camera whose home is the other worker.
  let lost = kept;
  for (let cameraId = 100; lost === kept; cameraId += 1) {
    orders.set(cameraId, order(cameraId, { sub: 'H264' }));
    lost = (await joinLive('anna', cameraId, 'sub')).transportId;
    if (lost !== kept) await watch('anna', cameraId, 'sub');
  }
  expect(relay.counters()).toMatchObject({ viewers: 1, views: 2 });
  const [pid] = relay.workerPids();
  if (pid === undefined) throw new Error('no worker');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => closed).toHaveLength(1);
  expect([`anna ${kept}`, `anna ${lost}`]).toContain(closed[0]);
  expect(relay.counters()).toMatchObject({ viewers: 1, views: 1 });
  await expect.poll(() => relay.counters().workerRestarts, { timeout: 10_000 }).toBe(1);
  expect(closed).toHaveLength(1);
});

test('a port range without room is a coded fault and leaves no process', async () => {
  const narrow = { listenIps: [{ ip: '127.0.0.1' }], minPort: 44_001, maxPort: 44_001 };
  const first = await start({ rtc: narrow });
  await expect(start({ rtc: narrow })).rejects.toEqual(coded('PORT_TAKEN'));
  await first.stop();
});
