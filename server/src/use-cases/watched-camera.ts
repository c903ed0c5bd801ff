import type { CameraStream, StreamQuality } from '@nigehban/domain/camera.ts';
import type { StreamMeasure } from '@nigehban/domain/camera-health.ts';
import {
  measureStream,
  type StreamDifferences,
  type TimedCounters,
} from '@nigehban/domain/camera-health-measure.ts';
import type { CameraObservation, CameraState } from '@nigehban/domain/camera-state.ts';
import type { CameraCounters } from '@nigehban/domain/link-messages.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import type { CameraTransitionRow, StoredCameraState } from '../store/camera-state-store.ts';

/** What the monitor has to know of a camera. */
export interface MonitoredCamera {
  readonly registered: boolean;
  readonly stationCode: string;
  /** The stream that is recorded, as registered. */
  readonly main: CameraStream | null;
  /** Where its encoder is not as the policy wants it. */
  readonly differences: StreamDifferences | null;
}

/** The sweep as the one who tells of a camera, beside the ids of media nodes. */
export const sweepSource = Symbol('sweep');

/** A camera as the monitor holds it. */
export interface WatchedCamera {
  state: CameraState;
  recording: boolean;
  version: number;
  /** Node whose facts are being followed, or the sweep; null: nobody has told since the start. */
  source: string | typeof sweepSource | null;
  counters: Map<StreamQuality, CameraCounters>;
  measuredFrom: TimedCounters | null;
  measure: StreamMeasure | null;
}

export function watchedOf({ state, recording, version }: StoredCameraState): WatchedCamera {
  return {
    state,
    recording,
    version,
    source: null,
    counters: new Map(),
    measuredFrom: null,
    measure: null,
  };
}

/** What another process stored goes before what is remembered here. */
export function adoptState(camera: WatchedCamera, stored: StoredCameraState): void {
  camera.state = stored.state;
  camera.recording = stored.recording;
  camera.version = stored.version;
}

/** Shorter spans between counters measure the jitter of their delivery. */
const measureOverMs = 9_000;

/** Notes counters; returns a measure when one is complete. */
export function noteCounters(
  camera: WatchedCamera,
  counters: CameraCounters,
  nowMs: number,
  planned: MonitoredCamera | null,
): StreamMeasure | null {
  camera.counters.set(counters.quality, counters);
  if (counters.quality !== 'main') return null;
  const current = { atMs: nowMs, counters };
  const from = camera.measuredFrom;
  if (from !== null && nowMs - from.atMs < measureOverMs) return null;
  camera.measuredFrom = current;
  camera.measure =
    from === null
      ? null
      : measureStream(from, current, planned?.main ?? null, planned?.differences);
  return camera.measure;
}

export function forgetMeasure(camera: WatchedCamera): void {
  camera.measuredFrom = null;
  camera.measure = null;
}

/** A gateway's fact as the state machine takes it. */
export function observationOf(fact: WatchFact, registered: boolean): CameraObservation {
  const { atMs } = fact;
  switch (fact.kind) {
    case 'camera-answered':
      return {
        kind: 'swept',
        atMs,
        lost: null,
        clockOffsetMs: fact.clockOffsetMs,
        registered,
      };
    case 'camera-lost':
      return { kind: 'swept', atMs, lost: fact.outcome, clockOffsetMs: null, registered };
    case 'view-judged':
      return { kind: 'view-judged', atMs, verdict: fact.verdict, evidence: fact.evidence };
    case 'camera-event': {
      const { event, active, evidence } = fact;
      return { kind: 'camera-event', atMs, event, active, evidence };
    }
  }
}

/** What `ours` knows of sweep and view that `stored` does not know yet. */
export function newerObservations(
  ours: CameraState,
  stored: CameraState,
): readonly CameraObservation[] {
  const { sweep, view, registered } = ours.detail;
  const [theirSweep, theirView] = [stored.detail.sweep, stored.detail.view];
  const observations: CameraObservation[] = [];
  if (sweep !== null && sweep.atMs > (theirSweep?.atMs ?? 0)) {
    const { atMs, lost } = sweep;
    observations.push({ kind: 'swept', atMs, lost, registered, clockOffsetMs: null });
  }
  if (view !== null && view.atMs > (theirView?.atMs ?? 0)) {
    observations.push({ kind: 'view-judged', ...view });
  }
  return observations;
}

/** The transition from one state to another as it is stored; none when the kind stays. */
export function stepsBetween(
  from: CameraState,
  to: CameraState,
  atMs: number,
): readonly CameraTransitionRow[] {
  if (from.kind === to.kind) return [];
  return [{ atMs, from: from.kind, to: to.kind, fault: to.fault, evidence: to.evidence }];
}

/** True when something changed that has to survive a restart or that people see. */
export function isNews(before: CameraState, after: CameraState): boolean {
  const [a, b] = [before.detail, after.detail];
  return (
    before.fault !== after.fault ||
    before.evidence !== after.evidence ||
    a.connection.kind !== b.connection.kind ||
    a.view?.verdict !== b.view?.verdict ||
    (a.tamper === null) !== (b.tamper === null) ||
    a.sweep?.lost?.kind !== b.sweep?.lost?.kind ||
    (a.sweep === null) !== (b.sweep === null) ||
    a.registered !== b.registered ||
    a.registration?.outcome.kind !== b.registration?.outcome.kind ||
    a.flap.sinceMs !== b.flap.sinceMs
  );
}

/** When anything came of its main stream last; null: never. */
export function lastFrameMsOf({ state, counters }: WatchedCamera): number | null {
  const lastMs = Math.max(state.lastFrameMs ?? -1, counters.get('main')?.lastPacketMs ?? -1);
  return lastMs < 0 ? null : lastMs;
}
