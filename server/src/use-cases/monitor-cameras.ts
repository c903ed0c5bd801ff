import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import {
  type CameraObservation,
  type CameraState,
  initialCameraState,
  type ProbeOutcome,
} from '@nigehban/domain/camera-state.ts';
import { decideCameraState } from '@nigehban/domain/camera-state-decision.ts';
import type { CameraCounters, NodeFact } from '@nigehban/domain/link-messages.ts';
import type {
  CameraStateChange,
  CameraTransitionRow,
  StoredCameraState,
} from '../store/camera-state-store.ts';

/** What is known of a camera at this moment, beyond what is stored. */
export interface CameraLiveStatus {
  readonly lastFrameMs: number | null;
  readonly counters: readonly CameraCounters[];
}

export interface CameraMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly load: () => Promise<readonly StoredCameraState[]>;
  /** Stores all or throws; returns those of which another process stored a newer state. */
  readonly store: (changes: readonly CameraStateChange[]) => Promise<readonly CameraId[]>;
  /** Asks the gateway; a throw means that nobody could ask. */
  readonly probe: (cameraId: CameraId) => Promise<ProbeOutcome>;
  /** Node that is to record the camera; null when unknown. Facts of another node count for nothing. */
  readonly nodeOf: (cameraId: CameraId) => string | null;
}

/**
 * Runs the camera state machine over the facts of the media nodes, in memory, and stores what
 * changes. While PostgreSQL is away the changes wait here, in order.
 */
export interface CameraMonitor {
  facts(nodeId: string, facts: readonly NodeFact[]): void;
  nodeLinked(nodeId: string): void;
  /** Nothing more is heard of the node's cameras: their states stay, and no time passes for them. */
  nodeUnlinked(nodeId: string): void;
  status(cameraId: CameraId): CameraLiveStatus;
  /** Counters of every stream of which some were told, for the metrics. */
  counters(): readonly CameraCounters[];
  stop(): Promise<void>;
}

const tickEveryMs = 1_000;
const probesAtOnce = 256;

interface Watched {
  state: CameraState;
  recording: boolean;
  version: number;
  /** Node whose facts are being followed; null: none in this process. */
  nodeId: string | null;
  counters: Map<StreamQuality, CameraCounters>;
}

/** Loads the stored states, then begins. */
export async function startCameraMonitor(ports: CameraMonitorPorts): Promise<CameraMonitor> {
  const monitor = new Monitor(ports, await ports.load());
  monitor.start();
  return monitor;
}

class Monitor implements CameraMonitor {
  readonly #ports: CameraMonitorPorts;
  readonly #cameras = new Map<CameraId, Watched>();
  readonly #linked = new Set<string>();
  #dirty = new Map<CameraId, CameraTransitionRow[]>();
  readonly #probeQueue: { cameraId: CameraId; askedAtMs: number }[] = [];
  #probing = 0;
  #flushing: Promise<void> | null = null;
  #flushAgain = false;
  #failing = false;
  #stopped = false;
  #cancelTick = () => {};

  constructor(ports: CameraMonitorPorts, stored: readonly StoredCameraState[]) {
    this.#ports = ports;
    for (const { cameraId, state, recording, version } of stored) {
      this.#cameras.set(cameraId, { state, recording, version, nodeId: null, counters: new Map() });
    }
  }

  start(): void {
    this.#cancelTick = this.#ports.clock.after(tickEveryMs, () => this.#tick());
  }

  nodeLinked(nodeId: string): void {
    this.#linked.add(nodeId);
  }

  nodeUnlinked(nodeId: string): void {
    this.#linked.delete(nodeId);
  }

  facts(nodeId: string, facts: readonly NodeFact[]): void {
    for (const fact of facts) {
      switch (fact.kind) {
        case 'stream-flowing':
          if (fact.quality === 'main') {
            this.#observe(nodeId, fact.cameraId, { kind: 'frames-flowing' });
          }
          break;
        case 'stream-down':
          if (fact.quality === 'main') {
            this.#observe(nodeId, fact.cameraId, {
              kind: 'frames-stopped',
              lastFrameMs: fact.lastFrameMs,
              fault: fact.fault,
              evidence: fact.evidence,
            });
          }
          break;
        case 'stream-counters':
          for (const counters of fact.cameras) this.#count(nodeId, counters);
          break;
        default:
          break;
      }
    }
    this.#flush();
  }

  status(cameraId: CameraId): CameraLiveStatus {
    const camera = this.#cameras.get(cameraId);
    if (camera === undefined) return { lastFrameMs: null, counters: [] };
    const counters = [...camera.counters.values()];
    const seen = [camera.state.lastFrameMs, camera.counters.get('main')?.lastPacketMs ?? null];
    const times = seen.filter((time) => time !== null);
    return { lastFrameMs: times.length === 0 ? null : Math.max(...times), counters };
  }

  counters(): readonly CameraCounters[] {
    return [...this.#cameras.values()].flatMap((camera) => [...camera.counters.values()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick();
    this.#probeQueue.length = 0;
    await this.#flushing;
    if (this.#dirty.size > 0 && !this.#failing) await this.#storeDirty();
  }

  /** The camera, when this node is the one to tell of it. */
  #watched(nodeId: string, cameraId: CameraId): Watched | null {
    const holder = this.#ports.nodeOf(cameraId);
    if (holder !== null && holder !== nodeId) return null;
    let camera = this.#cameras.get(cameraId);
    if (camera === undefined) {
      camera = {
        state: initialCameraState(this.#ports.clock.nowMs()),
        recording: false,
        version: 0,
        nodeId,
        counters: new Map(),
      };
      this.#cameras.set(cameraId, camera);
    }
    camera.nodeId = nodeId;
    return camera;
  }

  #observe(nodeId: string, cameraId: CameraId, observation: CameraObservation): void {
    const camera = this.#watched(nodeId, cameraId);
    if (camera !== null) this.#apply(cameraId, camera, observation);
  }

  #count(nodeId: string, counters: CameraCounters): void {
    const camera = this.#watched(nodeId, counters.cameraId);
    if (camera === null) return;
    camera.counters.set(counters.quality, counters);
    if (counters.quality !== 'main' || camera.recording === counters.recording) return;
    camera.recording = counters.recording;
    this.#touch(counters.cameraId);
  }

  #touch(cameraId: CameraId): CameraTransitionRow[] {
    const transitions = this.#dirty.get(cameraId) ?? [];
    this.#dirty.set(cameraId, transitions);
    return transitions;
  }

  #apply(cameraId: CameraId, camera: Watched, observation: CameraObservation): void {
    const nowMs = this.#ports.clock.nowMs();
    const before = camera.state;
    const { state, effects } = decideCameraState(before, observation, nowMs);
    camera.state = state;
    if (state.fault !== before.fault || state.evidence !== before.evidence) this.#touch(cameraId);
    for (const effect of effects) {
      if (effect.kind === 'probe') {
        this.#probeQueue.push({ cameraId, askedAtMs: nowMs });
      } else {
        this.#touch(cameraId).push({
          atMs: nowMs,
          from: effect.from,
          to: effect.to,
          fault: state.fault,
          evidence: state.evidence,
        });
      }
    }
    this.#probeNext();
  }

  #probeNext(): void {
    while (this.#probing < probesAtOnce) {
      const next = this.#probeQueue.shift();
      if (next === undefined) return;
      this.#probing += 1;
      void this.#probe(next.cameraId, next.askedAtMs);
    }
  }

  async #probe(cameraId: CameraId, askedAtMs: number): Promise<void> {
    try {
      const outcome = await this.#ports.probe(cameraId);
      const camera = this.#cameras.get(cameraId);
      if (camera !== undefined && !this.#stopped) {
        this.#apply(cameraId, camera, { kind: 'probe-answered', askedAtMs, outcome });
        this.#flush();
      }
    } catch (error) {
      // The state machine's own time-out decides without a probe.
      this.#ports.log.debug({ err: error, cameraId }, 'a suspected camera could not be probed');
    } finally {
      this.#probing -= 1;
      this.#probeNext();
    }
  }

  #tick(): void {
    for (const [cameraId, camera] of this.#cameras) {
      if (camera.nodeId === null || !this.#linked.has(camera.nodeId)) continue;
      this.#apply(cameraId, camera, { kind: 'tick' });
    }
    this.#flush();
    this.#cancelTick = this.#ports.clock.after(tickEveryMs, () => this.#tick());
  }

  #flush(): void {
    if (this.#dirty.size === 0 || this.#stopped) return;
    if (this.#flushing !== null) {
      this.#flushAgain = true;
      return;
    }
    this.#flushing = this.#storeDirty().finally(() => {
      this.#flushing = null;
      const again = this.#flushAgain && !this.#failing;
      this.#flushAgain = false;
      if (again) this.#flush();
    });
  }

  async #storeDirty(): Promise<void> {
    const taken = this.#dirty;
    this.#dirty = new Map();
    const changes = [...taken].flatMap(([cameraId, transitions]) => {
      const camera = this.#cameras.get(cameraId);
      if (camera === undefined) return [];
      camera.version += 1;
      const { state, recording, version } = camera;
      return [{ cameraId, state, recording, version, transitions }];
    });
    try {
      await this.#ports.store(changes);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#ports.log.warn({ err: error }, 'camera states cannot be stored');
      this.#failing = true;
      for (const [cameraId, transitions] of taken) {
        this.#dirty.set(cameraId, [...transitions, ...(this.#dirty.get(cameraId) ?? [])]);
      }
    }
  }
}
