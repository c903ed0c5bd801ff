import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import type { NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import type { ChainHead } from '@nigehban/recorder/chain/camera-chain.ts';
import type { VolumePlace } from '@nigehban/recorder/disk/footage-volumes.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import type {
  OpenSegmentSource,
  Recorder,
  RecordingHealth,
} from '@nigehban/recorder/recorder-types.ts';
import { type LiveHandlers, startRelay } from '@nigehban/relay/relay.ts';
import type { RelaySettings } from '@nigehban/relay/relay-settings.ts';
import { createStoppables, type Stoppable } from '../stoppables.ts';
import { countCameras } from './camera-counters.ts';
import { recordingOrders } from './recording-orders.ts';
import { factOfEvent, factOfStatus, parseStreamKey } from './stream-facts.ts';

/** What an engine is made with: plain data, because it may be made in another process. */
export interface EngineSettings {
  readonly nodeId: string;
  /** Folders of the footage, one on each volume. */
  readonly footage: readonly VolumePlace[];
  readonly segmentMs: number;
  /** Part of the footage disk that is to be free, 0 to 0.5. */
  readonly diskReserve: number;
  readonly silentForMs: number;
  /** Bytes that may wait for the disk. */
  readonly maxQueuedBytes: number;
  readonly relay: RelaySettings;
}

export interface EnginePorts {
  readonly log: Logger;
  readonly tell: (facts: readonly NodeFact[]) => void;
  /** A chain entry that is on disk now, in order per camera. */
  readonly onEntry: (entry: ChainEntry) => void;
}

/** What pulls, records and relays a node's cameras: in this process, or in several. */
export interface MediaEngine extends Stoppable, OpenSegmentSource {
  /** The whole desired state. */
  apply(orders: readonly StreamOrder[]): void;
  /** How things stand at this moment, as facts. */
  snapshot(): readonly NodeFact[];
  /** Heads of the chains that are written here now. */
  heads(): Promise<ReadonlyMap<CameraId, ChainHead>>;
  readonly live: LiveHandlers;
}

const countersEveryMs = 5_000;

/**
 * Hub, recorder and relay in this process: one pull of a stream serves both.
 * @throws Fault PORT_TAKEN, DISK_FULL, DISK_FAILED, WORKER_BINARY_MISSING
 */
export async function startEngine(
  settings: EngineSettings,
  ports: EnginePorts,
): Promise<MediaEngine> {
  const { log, tell } = ports;
  const { nodeId, footage, segmentMs, diskReserve, maxQueuedBytes } = settings;
  const parts = createStoppables();
  let orders = new Map<CameraId, StreamOrder>();
  try {
    const hub = parts.add(
      createStreamHub({
        clock: systemClock,
        random: Math.random,
        settings: { silentForMs: settings.silentForMs },
        onFault: (key, error) =>
          log.error({ stream: key, err: error }, 'a sink of a stream failed'),
      }),
    );
    const recorder = parts.add(
      await startRecorder(
        // The node writes the manifest: its heads may come from several engines.
        {
          nodeId,
          footageFolder: footage.map(({ folder }) => folder),
          volumeMarks: marksOf(footage),
          segmentMs,
          diskReserve,
          maxQueuedBytes,
          spreadSegments: true,
          writesManifest: false,
        },
        {
          hub,
          clock: systemClock,
          log,
          onEntry: ports.onEntry,
          onHealth: (health) => tell([factOfHealth(health)]),
        },
      ),
    );
    const relay = parts.add(
      await startRelay(settings.relay, {
        hub,
        clock: systemClock,
        log,
        orders: (cameraId) => orders.get(cameraId),
        wantKeyFrame: (cameraId, quality) =>
          tell([{ kind: 'key-frame-wanted', cameraId, quality }]),
        closed(viewerId, transportId, reason, consumerId) {
          const view = consumerId === undefined ? {} : { consumerId };
          tell([{ kind: 'live-closed', viewerId, transportId, ...view, reason }]);
        },
      }),
    );
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
    return {
      apply(next) {
        orders = new Map(next.map((order) => [order.cameraId, order]));
        recorder.apply(recordingOrders(next));
        relay.ordersChanged();
      },
      snapshot: () => snapshotOf(hub, recorder),
      openSegment: (cameraId) => recorder.openSegment(cameraId),
      heads: async () => recorder.heads(),
      live: relay.handlers,
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function marksOf(footage: readonly VolumePlace[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    footage.flatMap(({ folder, mark }) => (mark === undefined ? [] : [[folder, mark]])),
  );
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
