import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { systemClock as configClock } from '@nigehban/config/clock/clock.ts';
import { startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import { renderStill } from '@nigehban/recorder/ffmpeg/render-still.ts';
import { createFootageHandler } from '@nigehban/recorder/footage-http.ts';
import { startIndexClient } from '@nigehban/recorder/index-client/index-client.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import type {
  Recorder,
  RecordingHealth,
  RecordingOrder,
} from '@nigehban/recorder/recorder-types.ts';
import { StillMaker } from '@nigehban/recorder/still-maker.ts';
import { type LiveMethod, startRelay } from '@nigehban/relay/relay.ts';
import { createStoppables, type Stoppable } from '../stoppables.ts';
import { countCameras } from './camera-counters.ts';
import { createKeptOrders } from './kept-orders.ts';
import { planListenIps } from './listen-addresses.ts';
import { factOfEvent, factOfStatus, parseStreamKey, streamKey } from './stream-facts.ts';

export interface MediaNodeOptions {
  readonly settings: Settings;
  readonly clusterKey: string;
  readonly secretKey: Buffer;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly version: string;
}

const countersEveryMs = 5_000;

/**
 * A media node: hub, recorder, relay, footage HTTP and the link, in one process. Records its kept
 * orders at once; the link brings the current ones whenever the server can be reached.
 * @throws Fault PORT_TAKEN, DISK_FULL, DISK_FAILED, WORKER_BINARY_MISSING
 */
export async function startMediaNode(options: MediaNodeOptions): Promise<Stoppable> {
  const { settings, clusterKey, databaseUrl, log } = options;
  const footageFolder = settings.media.footageFolder ?? join(settings.dataFolder, 'footage');
  const startedAtMs = Date.now();
  const parts = createStoppables();
  let orders = new Map<CameraId, StreamOrder>();
  let tell: (facts: readonly NodeFact[]) => void = () => {};

  try {
    const hub = parts.add(createHub(settings, log));
    const index = parts.add(
      startIndexClient(
        { databaseUrl, nodeId: settings.nodeId, footageFolder },
        { clock: systemClock, log },
      ),
    );
    const recorder = parts.add(
      await startRecorder(
        { nodeId: settings.nodeId, footageFolder, segmentMs: settings.media.segmentMs },
        {
          hub,
          clock: systemClock,
          log,
          onEntry: (entry) => index.onEntry(entry),
          onHealth: (health) => tell([factOfHealth(health)]),
        },
      ),
    );
    const relay = parts.add(
      await startRelay(relaySettings(settings), {
        hub,
        clock: systemClock,
        log,
        orders: (cameraId) => orders.get(cameraId),
        wantKeyFrame: (cameraId, quality) =>
          tell([{ kind: 'key-frame-wanted', cameraId, quality }]),
        closed: (viewerId, transportId, reason) =>
          tell([{ kind: 'live-closed', viewerId, transportId, reason }]),
      }),
    );
    const handler = createFootageHandler({
      root: footageFolder,
      clusterKey,
      recorder,
      stills: new StillMaker({
        root: footageFolder,
        recorder,
        render: renderStill,
        atATime: 2,
        maxWaiting: 32,
      }),
    });
    const port = await listen(parts, createServer(handler), settings);

    const obey = (next: readonly StreamOrder[]) => {
      orders = new Map(next.map((order) => [order.cameraId, order]));
      recorder.apply(recordingOrders(next));
      relay.ordersChanged();
    };
    const kept = createKeptOrders(join(settings.dataFolder, 'media', 'orders'), options.secretKey);
    obey(kept.load());

    const link = parts.add(
      startNodeLink({
        serverUrl: settings.serverUrl,
        clusterKey,
        clock: configClock,
        random: Math.random,
        log,
        hello: () => ({
          role: 'media',
          nodeId: settings.nodeId,
          version: options.version,
          startedAtMs,
          footageUrl: settings.media.footageUrl ?? `http://${settings.media.host}:${port}`,
          snapshot: snapshotOf(hub, recorder),
        }),
        onDesired: (next) => {
          obey(next);
          kept.save(next);
        },
      }),
    );
    tell = (facts) => link.sendFacts(facts);
    for (const method of Object.keys(relay.handlers) as LiveMethod[]) {
      link.handle(method, relay.handlers[method] as never);
    }
    const forget = hub.onEvent((event) => {
      const fact = factOfEvent(event);
      if (fact !== undefined) tell([fact]);
    });
    const timer = setInterval(() => {
      tell([{ kind: 'stream-counters', cameras: countCameras(hub, recorder, relay) }]);
    }, countersEveryMs);
    parts.add({
      stop: async () => {
        forget();
        clearInterval(timer);
      },
    });
    log.info(
      { node: settings.nodeId, footage: footageFolder, cameras: orders.size },
      'media node runs',
    );
    return parts;
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function createHub(settings: Settings, log: Logger): StreamHub {
  return createStreamHub({
    clock: systemClock,
    random: Math.random,
    settings: { silentForMs: settings.media.silentForMs },
    onFault: (key, error) => log.error({ stream: key, err: error }, 'a sink of a stream failed'),
  });
}

function relaySettings(settings: Settings) {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4');
  const { minPort, maxPort, workers, workerBin } = settings.rtc;
  return {
    nodeId: settings.nodeId,
    rtc: { listenIps: planListenIps(settings.rtc.addresses, settings.host, own), minPort, maxPort },
    ...(workers === undefined ? {} : { workers }),
    ...(workerBin === undefined ? {} : { workerBin }),
  };
}

function recordingOrders(orders: readonly StreamOrder[]): RecordingOrder[] {
  return orders.flatMap((order) => {
    const main = order.streams.find((stream) => stream.quality === 'main');
    if (!order.record || main === undefined) return [];
    return [
      {
        cameraId: order.cameraId,
        cameraCode: order.cameraCode,
        stationCode: order.stationCode,
        source: {
          key: streamKey(order.cameraId, 'main'),
          url: main.url,
          username: order.credentials?.username,
          password: order.credentials?.password,
        },
      },
    ];
  });
}

function snapshotOf(hub: StreamHub, recorder: Recorder): NodeFact[] {
  const streams = hub.statuses().flatMap((status) => {
    // A stream that only a viewer pulls says nothing about recording.
    if (parseStreamKey(status.key)?.quality !== 'main') return [];
    return factOfStatus(status) ?? [];
  });
  return [...streams, factOfHealth(recorder.status().health)];
}

function factOfHealth(health: RecordingHealth): NodeFact {
  const atMs = Math.floor(health.atUs / 1000);
  if (health.kind === 'well') return { kind: 'recording-well', atMs };
  return { kind: 'recording-fault', fault: health.fault, evidence: health.evidence, atMs };
}

async function listen(
  parts: { add(part: Stoppable): unknown },
  server: Server,
  settings: Settings,
): Promise<number> {
  const { host, port } = settings.media;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const taken = 'code' in cause && cause.code === 'EADDRINUSE';
      reject(
        taken
          ? new Fault(
              'PORT_TAKEN',
              `Port ${port} (NIGEHBAN_MEDIA_PORT) is taken by another program`,
              { cause },
            )
          : cause,
      );
    });
    server.listen(port, host, resolve);
  });
  parts.add({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
