import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethods, LiveConsumer, StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { Clock } from '@nigehban/media/clock.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import type { types } from 'mediasoup';
import {
  readCameraId,
  readDtlsParameters,
  readFields,
  readId,
  readQuality,
  readRtpCapabilities,
} from './negotiation/browser-parameters.ts';
import type { RelayLog } from './relay-log.ts';
import {
  type CompleteRelaySettings,
  completeRelaySettings,
  type RelaySettings,
} from './relay-settings.ts';
import { ProductionTable, type StreamCount } from './streams/production-table.ts';
import { SoundTable } from './streams/sound-table.ts';
import { updateSending, type View, type Viewer, ViewerTable } from './viewers/viewer-table.ts';
import { loadMediasoup } from './workers/load-mediasoup.ts';
import { type RelayWorker, WorkerPool } from './workers/worker-pool.ts';

export interface RelayPorts {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly log: RelayLog;
  /** What the node is told to do for a camera; undefined when it is not this node's. */
  readonly orders: (cameraId: CameraId) => StreamOrder | undefined;
  /** A live view needs a key frame; at most once per interval for each stream. */
  readonly wantKeyFrame: (cameraId: CameraId, quality: StreamQuality) => void;
  /**
   * One of a viewer's transports ended without its doing, and its views with it; with a consumer,
   * that one alone.
   */
  readonly closed: (
    viewerId: string,
    transportId: string,
    reason: string,
    consumerId?: string,
  ) => void;
}

export type LiveMethod = Extract<keyof LinkMethods, `live.${string}`>;

export type LiveHandlers = {
  readonly [M in LiveMethod]: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>;
};

export interface RelayCounters {
  readonly viewers: number;
  readonly views: number;
  /** Views that are sound which goes out. */
  readonly listening: number;
  readonly workers: number;
  readonly workerRestarts: number;
  readonly streams: readonly StreamCount[];
}

export interface Relay {
  /** The node's side of the link's `live.*` requests. Each rejects with a coded Fault. */
  readonly handlers: LiveHandlers;
  counters(): RelayCounters;
  /** Process ids of the mediasoup workers that run now. */
  workerPids(): readonly number[];
  /** The desired state changed: streams that are no more end, new addresses are taken up. */
  ordersChanged(): void;
  /** Ends all views and workers. */
  stop(): Promise<void>;
}

const done = { done: true } as const;

/**
 * Starts the mediasoup workers and serves live views of the hub's streams. Throws
 * WORKER_BINARY_MISSING, PORT_TAKEN and SETTING_INVALID.
 */
export async function startRelay(settings: RelaySettings, ports: RelayPorts): Promise<Relay> {
  const complete = completeRelaySettings(settings);
  if (complete.rtc.listenIps.length === 0) {
    throw new Fault('SETTING_INVALID', 'The relay needs an address to listen on');
  }
  const mediasoup = await loadMediasoup(complete.workerBin);
  let workerDied: (worker: RelayWorker) => void = () => {};
  const pool = await WorkerPool.start({
    mediasoup,
    clock: ports.clock,
    log: ports.log,
    count: complete.workers,
    ...complete.rtc,
    onDied: (worker) => workerDied(worker),
  });
  const productions = new ProductionTable({
    hub: ports.hub,
    clock: ports.clock,
    pool,
    lingerMs: complete.lingerMs,
    joinTimeoutMs: complete.joinTimeoutMs,
    keyFrameIntervalMs: complete.keyFrameIntervalMs,
    pictureGroupBytes: complete.pictureGroupBytes,
    viewsPerWorker: complete.viewsPerWorker,
    wantKeyFrame: ports.wantKeyFrame,
  });
  const sounds = new SoundTable(ports.hub);
  const viewers = new ViewerTable({
    clock: ports.clock,
    silentForMs: complete.viewerSilentForMs,
    onLost: (viewerId, transportId, reason) => {
      ports.log.info({ viewerId, transportId, reason }, 'live connection lost');
      ports.closed(viewerId, transportId, reason);
    },
    onSoundEnded: (viewerId, transportId, consumerId) =>
      ports.closed(viewerId, transportId, 'the sound changed at the camera', consumerId),
  });
  workerDied = (worker) => {
    productions.workerDied(worker);
    viewers.workerDied(worker);
    sounds.workerDied(worker);
  };
  return {
    handlers: liveHandlers(complete, ports, productions, sounds, viewers),
    counters: () => ({
      viewers: viewers.viewers,
      views: viewers.views,
      listening: sounds.listening,
      workers: pool.running.length,
      workerRestarts: pool.restarts,
      streams: productions.counts(),
    }),
    workerPids: () => pool.running.map((worker) => worker.pid),
    ordersChanged() {
      productions.ordersChanged(ports.orders);
      sounds.ordersChanged(ports.orders);
    },
    async stop() {
      viewers.stop();
      productions.stop();
      sounds.stop();
      await pool.stop();
    },
  };
}

function liveHandlers(
  settings: CompleteRelaySettings,
  ports: RelayPorts,
  productions: ProductionTable,
  sounds: SoundTable,
  viewers: ViewerTable,
): LiveHandlers {
  function orderOf(cameraId: CameraId): StreamOrder {
    const order = ports.orders(cameraId);
    if (order === undefined) {
      throw new Fault('CAMERA_UNKNOWN', `Camera ${cameraId} is not on this node`, {
        details: { cameraId },
      });
    }
    return order;
  }

  function refuseAboveLimits(viewerViews: number): void {
    if (viewers.views >= settings.maxViews || viewerViews >= settings.maxViewsPerViewer) {
      throw new Fault('LIVE_LIMIT_REACHED', 'This node serves as many live views as it may');
    }
  }

  async function setResumed(params: unknown, resumed: boolean): Promise<typeof done> {
    const fields = readFields(params, 'params');
    const view = viewers.view(readId(fields, 'viewerId'), readId(fields, 'consumerId'));
    view.resumed = resumed;
    if (resumed) await view.consumer.resume();
    else await view.consumer.pause();
    updateSending(view);
    return done;
  }

  /** What `live.consume` and `live.listen` name: a camera that was joined on that transport. */
  async function readConsume(params: unknown) {
    const fields = readFields(params, 'params');
    const rtpCapabilities = readRtpCapabilities(fields.rtpCapabilities);
    const viewerId = readId(fields, 'viewerId');
    const transport = await viewers.transport(viewerId, readId(fields, 'transportId'));
    const cameraId = readCameraId(fields);
    const viewer = viewers.find(viewerId);
    const production = productions.find(cameraId, readQuality(fields), transport.worker);
    if (viewer === undefined || production === undefined) {
      throw new Fault('LIVE_SESSION_UNKNOWN', 'The camera was not joined on this transport');
    }
    const order = orderOf(cameraId);
    refuseAboveLimits(viewer.views.size);
    return { order, viewer, transport, production, rtpCapabilities };
  }

  function refuseIfLeft(viewer: Viewer, consumer: types.Consumer): void {
    if (!viewer.left && !consumer.closed) return;
    consumer.close();
    throw new Fault('LIVE_SESSION_UNKNOWN', 'The viewer left');
  }

  function addView(viewer: Viewer, view: Omit<View, 'resumed'>): LiveConsumer {
    viewers.addView(viewer, { ...view, resumed: false });
    const { id: consumerId, producerId, kind, rtpParameters } = view.consumer;
    return { consumerId, producerId, kind, rtpParameters };
  }

  return {
    'live.join': coded(async (params) => {
      const fields = readFields(params, 'params');
      const order = orderOf(readCameraId(fields));
      const viewer = viewers.enter(readId(fields, 'viewerId'));
      try {
        refuseAboveLimits(viewer.views.size);
        const production = await productions.open(order, readQuality(fields));
        const transport = await viewers.transportOn(viewer, production.worker);
        return {
          nodeId: settings.nodeId,
          quality: production.quality,
          transportId: transport.id,
          transport: transport.offer,
          routerRtpCapabilities: production.worker.router.rtpCapabilities,
          sound: sounds.soundOf(order.cameraId),
        };
      } catch (error) {
        viewers.forgetIfEmpty(viewer);
        throw error;
      }
    }),

    'live.connect': coded(async (params) => {
      const fields = readFields(params, 'params');
      const dtlsParameters = readDtlsParameters(fields.dtlsParameters);
      const transport = await viewers.transport(
        readId(fields, 'viewerId'),
        readId(fields, 'transportId'),
      );
      await transport.connect(dtlsParameters);
      return done;
    }),

    'live.consume': coded(async (params) => {
      const { viewer, transport, production, rtpCapabilities } = await readConsume(params);
      const { producer } = production;
      const consumer = await consumeOrRefuse('H.264', () =>
        transport.consume(producer.id, rtpCapabilities),
      );
      refuseIfLeft(viewer, consumer);
      productions.addView(production, consumer.id);
      return addView(viewer, {
        consumer,
        transport,
        setSending: (sending) => production.setWatching(consumer.id, sending),
        release: () => productions.removeView(production, consumer.id),
      });
    }),

    'live.listen': coded(async (params) => {
      const { order, viewer, transport, production, rtpCapabilities } = await readConsume(params);
      const hold = await sounds.hold(order, production.quality, transport.worker);
      const { production: sound, release } = hold;
      try {
        const consumer = await consumeOrRefuse('G.711', () =>
          transport.consume(sound.producer.id, rtpCapabilities),
        );
        refuseIfLeft(viewer, consumer);
        return addView(viewer, {
          consumer,
          transport,
          setSending: (sending) => sound.setListening(consumer.id, sending),
          release,
        });
      } catch (error) {
        release();
        throw error;
      }
    }),

    'live.resume': coded((params) => setResumed(params, true)),
    'live.pause': coded((params) => setResumed(params, false)),

    'live.leave': coded(async (params) => {
      const fields = readFields(params, 'params');
      const viewerId = readId(fields, 'viewerId');
      const view = viewers.view(viewerId, readId(fields, 'consumerId'));
      const viewer = viewers.find(viewerId);
      if (viewer !== undefined) viewers.closeView(viewer, view);
      return done;
    }),

    'live.close': coded(async (params) => {
      viewers.close(readId(readFields(params, 'params'), 'viewerId'));
      return done;
    }),
  };
}

/** mediasoup's refusals of a browser's capabilities as ours. */
async function consumeOrRefuse<Result>(
  codec: string,
  consume: () => Promise<Result>,
): Promise<Result> {
  try {
    return await consume();
  } catch (cause) {
    const unsupported = cause instanceof Error && cause.name === 'UnsupportedError';
    if (unsupported) {
      throw new Fault('LIVE_CODEC_UNSUPPORTED', `This browser does not play ${codec}`, { cause });
    }
    if (cause instanceof TypeError) {
      throw new Fault('REQUEST_INVALID', 'rtpCapabilities are not valid', { cause });
    }
    throw cause;
  }
}

/**
 * A handler that only ever rejects with a Fault. What mediasoup throws when a worker dies, or an
 * object is closed in the middle of a call, means that the view has to be opened again.
 */
function coded<Params, Result>(
  handle: (params: Params) => Promise<Result>,
): (params: Params) => Promise<Result> {
  return async (params) => {
    try {
      return await handle(params);
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('LIVE_UNAVAILABLE', 'The live view could not be served', { cause });
    }
  };
}
