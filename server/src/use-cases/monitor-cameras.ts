import type { CameraId } from '@nigehban/domain/camera.ts';
import type { StreamMeasure } from '@nigehban/domain/camera-health.ts';
import {
  type CameraObservation,
  type CameraState,
  type FailedOutcome,
  initialCameraState,
  isDown,
} from '@nigehban/domain/camera-state.ts';
import { decideCameraState } from '@nigehban/domain/camera-state-decision.ts';
import type { CameraCounters, NodeFact } from '@nigehban/domain/link-messages.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import type { StoredCameraState } from '../store/camera-state-store.ts';
import { createSiblingChecks, type SiblingChecks } from './ask-siblings.ts';
import type { CameraLiveStatus, CameraMonitor } from './camera-monitor.ts';
import type { CameraMonitorPorts } from './camera-monitor-ports.ts';
import { type CameraProbes, createCameraProbes } from './camera-probes.ts';
import { workInSlices } from './in-slices.ts';
import { type CameraStateKeeper, createCameraStateKeeper } from './keep-camera-states.ts';
import { TickTurns } from './tick-turns.ts';
import {
  adoptState,
  forgetMeasure,
  isNews,
  lastFrameMsOf,
  newerObservations,
  noteCounters,
  observationOf,
  stepsBetween,
  sweepSource,
  type WatchedCamera,
  watchedOf,
} from './watched-camera.ts';

const tickEveryMs = 1_000;

/** Loads the stored states, then begins. */
export async function startCameraMonitor(ports: CameraMonitorPorts): Promise<CameraMonitor> {
  const monitor = new Monitor(ports, await ports.load());
  monitor.start();
  return monitor;
}

class Monitor implements CameraMonitor {
  readonly #ports: CameraMonitorPorts;
  readonly #cameras = new Map<CameraId, WatchedCamera>();
  readonly #turns = new TickTurns();
  readonly #linked = new Set<string>();
  readonly #keeper: CameraStateKeeper;
  readonly #probes: CameraProbes;
  readonly #siblings: SiblingChecks;
  /** What was told last of which cameras no media node tells. */
  #unwatched: ReadonlySet<CameraId> = new Set();
  #stopped = false;
  #ticks = 0;
  #cancelTick = () => {};

  constructor(ports: CameraMonitorPorts, stored: readonly StoredCameraState[]) {
    this.#ports = ports;
    this.#probes = createCameraProbes(ports);
    this.#siblings = createSiblingChecks({
      probes: this.#probes,
      stationOf: (cameraId) => ports.find?.(cameraId)?.stationCode,
      siblings: (stationCode) => ports.siblings?.(stationCode) ?? [],
      isWell: (id) => this.#owns(id) && (this.state(id)?.flowingSinceMs ?? null) !== null,
      answered: (id, outcome) => {
        this.#apply(id, this.#cameraOf(id), { kind: 'sibling-checked', outcome });
        this.#keeper.flush();
      },
    });
    this.#keeper = createCameraStateKeeper({
      clock: ports.clock,
      log: ports.log,
      store: ports.store,
      next: (cameraId) => this.#nextVersion(cameraId),
      onOvertaken: (tried) => this.#overtaken(tried),
    });
    for (const one of stored) this.#watch(one);
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
            this.#tell(nodeId, fact.cameraId, { kind: 'frames-flowing' });
          }
          break;
        case 'stream-down':
          if (fact.quality === 'main') {
            this.#tell(nodeId, fact.cameraId, {
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
    this.#keeper.flush();
  }

  watchFacts(facts: readonly WatchFact[]): void {
    for (const fact of facts) {
      const registered = this.#ports.find?.(fact.cameraId)?.registered ?? false;
      const camera = this.#cameraOf(fact.cameraId);
      this.#apply(fact.cameraId, camera, observationOf(fact, registered));
    }
    this.#keeper.flush();
  }

  registrationFailed(
    failures: readonly { readonly cameraId: CameraId; readonly outcome: FailedOutcome }[],
  ): void {
    const atMs = this.#ports.clock.nowMs();
    for (const { cameraId, outcome } of failures) {
      if (!this.#owns(cameraId)) continue;
      const observation = { kind: 'registration-failed', atMs, outcome } as const;
      this.#apply(cameraId, this.#cameraOf(cameraId), observation);
    }
    this.#keeper.flush();
  }

  swept(cameraIds: readonly CameraId[]): void {
    const unwatched = new Set(cameraIds);
    this.#unwatched = unwatched;
    for (const [cameraId, camera] of this.#cameras) {
      if (camera.source === sweepSource && !unwatched.has(cameraId)) camera.source = null;
    }
    this.#inSlices(unwatched, (cameraId) => {
      // Told anew meanwhile: these are not all of them any more, or not theirs.
      if (this.#unwatched !== unwatched || !this.#owns(cameraId)) return;
      const camera = this.#cameraOf(cameraId);
      if (camera.source === sweepSource) return;
      camera.source = sweepSource;
      forgetMeasure(camera);
      this.#apply(cameraId, camera, { kind: 'stream-unwatched' });
    });
  }

  planLoaded(): void {
    this.#inSlices(this.#cameras, ([cameraId, camera]) => {
      if (camera.state.detail.registered || !this.#owns(cameraId)) return;
      if (this.#ports.find?.(cameraId)?.registered !== true) return;
      this.#apply(cameraId, camera, { kind: 'registered' });
    });
  }

  async takeOver(cameraIds: readonly CameraId[]): Promise<void> {
    for (const stored of await this.#ports.load(cameraIds)) {
      const camera = this.#cameras.get(stored.cameraId);
      if (camera === undefined) this.#watch(stored);
      else if (stored.version > camera.version) this.#reconcile(camera, stored);
    }
    this.#keeper.flush();
  }

  compareVersions(stored: ReadonlyMap<CameraId, number>): void {
    const older = new Map<CameraId, number>();
    for (const [cameraId, { version }] of this.#cameras) {
      if (version < (stored.get(cameraId) ?? 0) && this.#owns(cameraId))
        older.set(cameraId, version);
    }
    if (older.size > 0) this.#overtaken(older);
  }

  status(cameraId: CameraId): CameraLiveStatus {
    const camera = this.#cameras.get(cameraId);
    if (camera === undefined) return { lastFrameMs: null, recording: false, counters: [] };
    const { recording } = camera;
    return {
      lastFrameMs: lastFrameMsOf(camera),
      recording,
      counters: [...camera.counters.values()],
    };
  }

  state(cameraId: CameraId): CameraState | null {
    return this.#cameras.get(cameraId)?.state ?? null;
  }

  measure(cameraId: CameraId): StreamMeasure | null {
    return this.#cameras.get(cameraId)?.measure ?? null;
  }

  counters(): readonly CameraCounters[] {
    return [...this.#cameras.values()].flatMap((camera) => [...camera.counters.values()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick();
    this.#probes.stop();
    await this.#keeper.stop();
  }

  #owns(cameraId: CameraId): boolean {
    return this.#ports.owns?.(cameraId) ?? true;
  }

  #cameraOf(cameraId: CameraId): WatchedCamera {
    const known = this.#cameras.get(cameraId);
    if (known !== undefined) return known;
    return this.#watch({
      cameraId,
      state: initialCameraState(this.#ports.clock.nowMs()),
      recording: false,
      version: 0,
    });
  }

  #watch(stored: StoredCameraState): WatchedCamera {
    const camera = watchedOf(stored);
    this.#cameras.set(stored.cameraId, camera);
    this.#turns.note(stored.cameraId, camera.state);
    return camera;
  }

  /** The camera, when this node is the one to tell of it. */
  #followed(nodeId: string, cameraId: CameraId): WatchedCamera | null {
    const holder = this.#ports.nodeOf(cameraId);
    if (holder !== null && holder !== nodeId) return null;
    const camera = this.#cameraOf(cameraId);
    camera.source = nodeId;
    return camera;
  }

  #tell(nodeId: string, cameraId: CameraId, observation: CameraObservation): void {
    const camera = this.#followed(nodeId, cameraId);
    if (camera === null) return;
    if (observation.kind === 'frames-stopped') forgetMeasure(camera);
    this.#apply(cameraId, camera, observation);
  }

  #count(nodeId: string, counters: CameraCounters): void {
    const { cameraId } = counters;
    const camera = this.#followed(nodeId, cameraId);
    if (camera === null) return;
    const nowMs = this.#ports.clock.nowMs();
    const measure = noteCounters(camera, counters, nowMs, this.#ports.find?.(cameraId) ?? null);
    if (measure !== null) this.#apply(cameraId, camera, { kind: 'stream-measured', measure });
    if (counters.quality !== 'main') return;
    if (camera.recording === counters.recording) return;
    camera.recording = counters.recording;
    this.#keeper.touch(cameraId);
  }

  #apply(cameraId: CameraId, camera: WatchedCamera, observation: CameraObservation): void {
    const nowMs = this.#ports.clock.nowMs();
    const before = camera.state;
    const { state, effects } = decideCameraState(before, observation, nowMs);
    camera.state = state;
    this.#turns.note(cameraId, state);
    if (isNews(before, state)) this.#keeper.touch(cameraId);
    for (const effect of effects) {
      if (effect.kind === 'probe') {
        this.#probe(cameraId, nowMs);
      } else {
        this.#keeper.touch(cameraId, ...stepsBetween(before, state, nowMs));
        if (isDown(effect.to) && camera.source !== sweepSource)
          this.#siblings.failed(cameraId, nowMs);
      }
    }
  }

  #probe(cameraId: CameraId, askedAtMs: number): void {
    this.#probes.suspect({
      cameraId,
      stationCode: this.#ports.find?.(cameraId)?.stationCode ?? null,
      askedAtMs,
      state: () => this.#cameras.get(cameraId)?.state ?? null,
      answered: (outcome) => {
        const asked = this.#cameras.get(cameraId);
        if (asked === undefined) return;
        this.#apply(cameraId, asked, { kind: 'probe-answered', askedAtMs, outcome });
        this.#keeper.flush();
      },
    });
  }

  #nextVersion(cameraId: CameraId): StoredCameraState | null {
    const camera = this.#cameras.get(cameraId);
    if (camera === undefined || !this.#owns(cameraId)) return null;
    camera.version += 1;
    return { cameraId, state: camera.state, recording: camera.recording, version: camera.version };
  }

  /** Another process decided meanwhile: who hears the stream itself stays right, others go on from it. */
  #overtaken(tried: ReadonlyMap<CameraId, number>): void {
    if (this.#stopped) return;
    this.#ports.load([...tried.keys()]).then(
      (stored) => {
        for (const one of stored) {
          const camera = this.#cameras.get(one.cameraId);
          // Else it is settled already, or a later attempt will tell.
          if (camera !== undefined && camera.version === tried.get(one.cameraId)) {
            this.#reconcile(camera, one);
          }
        }
        this.#keeper.flush();
      },
      (error: unknown) => {
        this.#ports.log.warn({ err: error }, 'overtaken camera states cannot be read');
      },
    );
  }

  #reconcile(camera: WatchedCamera, stored: StoredCameraState): void {
    const { cameraId } = stored;
    const { state } = camera;
    const hearsStream = typeof camera.source === 'string' && this.#linked.has(camera.source);
    if (!this.#owns(cameraId) || !hearsStream) {
      adoptState(camera, stored);
      this.#turns.note(cameraId, camera.state);
      if (!this.#owns(cameraId)) return;
      for (const observation of newerObservations(state, stored.state)) {
        this.#apply(cameraId, camera, observation);
      }
      return;
    }
    camera.version = stored.version;
    this.#keeper.touch(cameraId, ...stepsBetween(stored.state, state, this.#ports.clock.nowMs()));
  }

  #tick(): void {
    this.#ticks += 1;
    this.#inSlices(
      this.#turns.due(this.#ticks),
      (cameraId) => {
        const camera = this.#cameraOf(cameraId);
        const { source } = camera;
        const told = source === sweepSource || (source !== null && this.#linked.has(source));
        if (told && this.#owns(cameraId)) this.#apply(cameraId, camera, { kind: 'tick' });
      },
      () => {
        this.#cancelTick = this.#ports.clock.after(tickEveryMs, () => this.#tick());
      },
    );
  }

  /** Gives way to everything else between slices; a few cameras are done within the call. */
  #inSlices<T>(items: Iterable<T>, work: (item: T) => void, then = () => {}): void {
    const slices = workInSlices(items, work);
    const goOn = () => {
      if (this.#stopped) return;
      const over = slices.next().done === true;
      this.#keeper.flush();
      if (over) then();
      else setImmediate(goOn);
    };
    goOn();
  }
}
