import type { CameraId } from '@nigehban/domain/camera.ts';
import type { StreamMeasure } from '@nigehban/domain/camera-health.ts';
import type { CameraState, FailedOutcome } from '@nigehban/domain/camera-state.ts';
import type { CameraCounters, NodeFact } from '@nigehban/domain/link-messages.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';

/** What is known of a camera at this moment, beyond what is stored. */
export interface CameraLiveStatus {
  readonly lastFrameMs: number | null;
  readonly recording: boolean;
  readonly counters: readonly CameraCounters[];
}

/**
 * Runs the camera state machine over the facts of media nodes and gateways, in memory, and stores
 * what changes.
 */
export interface CameraMonitor {
  facts(nodeId: string, facts: readonly NodeFact[]): void;
  /** Facts of a gateway, about cameras that this process decides about. */
  watchFacts(facts: readonly WatchFact[]): void;
  /** Cameras whose registration failed, and how. */
  registrationFailed(
    failures: readonly { readonly cameraId: CameraId; readonly outcome: FailedOutcome }[],
  ): void;
  /** These are all the cameras of which no media node tells: the sweep does. */
  swept(cameraIds: readonly CameraId[]): void;
  /** The plan was loaded again: who was registered is known now. */
  planLoaded(): void;
  /** Loads what other processes stored of cameras that are ours from now on. */
  takeOver(cameraIds: readonly CameraId[]): Promise<void>;
  /** What is stored now, by camera: where another process stored a newer version, that is settled. */
  compareVersions(stored: ReadonlyMap<CameraId, number>): void;
  nodeLinked(nodeId: string): void;
  /** Nothing more is heard of the node's cameras: their states stay, and no time passes for them. */
  nodeUnlinked(nodeId: string): void;
  status(cameraId: CameraId): CameraLiveStatus;
  /** The state in memory; null when none is known in this process. */
  state(cameraId: CameraId): CameraState | null;
  /** What the stream did lately; null when nobody told. */
  measure(cameraId: CameraId): StreamMeasure | null;
  /** Counters of every stream of which some were told, for the metrics. */
  counters(): readonly CameraCounters[];
  stop(): Promise<void>;
}
