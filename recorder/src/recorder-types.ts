import type { CameraId } from '@nigehban/domain/camera.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { ChainEntry, GapCause } from '@nigehban/domain/footage.ts';
import type { Clock } from '@nigehban/media/clock.ts';
import type { StreamHub, StreamSource } from '@nigehban/media/hub/stream-hub-types.ts';
import type { SegmenterCounters } from '@nigehban/media/mp4/segmenter-types.ts';
import type { ChainHead } from './chain/camera-chain.ts';
import type { ManifestSigner } from './chain/node-manifest.ts';
import type { VolumeStanding } from './disk/footage-volumes.ts';
import type { WriteBytes } from './disk/segment-file.ts';
import type { FootageRoots } from './footage-layout.ts';

/** A camera that this node shall record. */
export interface RecordingOrder {
  readonly cameraId: CameraId;
  /** Written beside the footage for people who have the disk alone. */
  readonly cameraCode: string;
  readonly stationCode: string;
  readonly source: StreamSource;
}

export interface RecorderSettings {
  readonly nodeId: string;
  /** Folder of the footage, or one on each of several volumes; made when it is absent. */
  readonly footageFolder: FootageRoots;
  /** Of each folder the mark by which its volume is known from earlier times. */
  readonly volumeMarks?: Readonly<Record<string, string>> | undefined;
  /** A segment ends at the first key frame at or after this (2,000 to 300,000). */
  readonly segmentMs: number;
  /**
   * Cameras that begin together end their segments at different times, by a first segment that is
   * shorter by up to half: a node's files are not all made durable in one second. Default false.
   */
  readonly spreadSegments?: boolean;
  /** Longest fragment: what a crash may lose. Default 1,000. */
  readonly fragmentMs?: number;
  /** Largest access unit. Default 4 MiB. */
  readonly maxAccessUnitBytes?: number;
  /** Bytes that may wait for the disk, all cameras together. Default 256 MiB. */
  readonly maxQueuedBytes?: number;
  /** Bytes of one camera that may wait for the disk. Default 8 MiB. */
  readonly maxQueuedBytesPerCamera?: number;
  /** A lasting gap is written in entries of this length. Default 60,000. */
  readonly gapEntryMs?: number;
  /** Part of the volume that is to be free, 0 to 0.5; a tenth of it ends recording. Default 0.05. */
  readonly diskReserve?: number;
  /** False where somebody else writes the node's manifest from {@link Recorder.heads}. Default true. */
  readonly writesManifest?: boolean;
}

/** What pino's loggers have of it. */
export interface RecorderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Told of every chain entry after it is on disk, in order per camera. Must not throw. */
export type EntryListener = (entry: ChainEntry) => void;

/** The health of recording as a whole; told when it changes. */
export type RecordingHealth =
  | { readonly kind: 'well'; readonly atUs: number }
  | {
      readonly kind: 'fault';
      readonly fault: FaultCode;
      readonly evidence: string;
      readonly atUs: number;
    };

export interface RecorderPorts {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly log: RecorderLog;
  readonly onEntry?: EntryListener;
  readonly onHealth?: (health: RecordingHealth) => void;
  /** Writes a fragment to its file, as `fs.write` does; for tests with a slow disk. */
  readonly writeBytes?: WriteBytes;
  /** Signs the hourly manifests of the chains' heads; without it they are unsigned. */
  readonly signManifest?: ManifestSigner;
}

/** The segment that is being written: readable up to `sizeBytes`, whole fragments only. */
export interface OpenSegment {
  readonly cameraId: CameraId;
  /** Below the footage root. */
  readonly path: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly sizeBytes: number;
  readonly frames: number;
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Knows which segment of a camera is being written, in this process or in another. */
export interface OpenSegmentSource {
  openSegment(cameraId: CameraId): OpenSegment | undefined | Promise<OpenSegment | undefined>;
}

/** The hole that is open now and not yet in the chain. */
export interface OpenGap {
  readonly cameraId: CameraId;
  readonly startUs: number;
  readonly endUs: number;
  readonly cause: GapCause;
}

export interface CameraRecordingStatus {
  readonly cameraId: CameraId;
  readonly recording: boolean;
  readonly cause: GapCause | undefined;
  /** Bytes that wait for the disk. */
  readonly queuedBytes: number;
  /** How far the disk is behind the camera: age of the oldest picture that waits for it. */
  readonly queuedForMs: number;
  readonly segments: number;
  /** Sessions after the first one. */
  readonly restarts: number;
  /** Sums over all sessions; undefined before the first. */
  readonly counters: SegmenterCounters | undefined;
}

export interface RecorderStatus {
  readonly cameras: readonly CameraRecordingStatus[];
  readonly queuedBytes: number;
  readonly peakQueuedBytes: number;
  readonly blockBytes: number;
  readonly volumes: readonly VolumeStanding[];
  readonly health: RecordingHealth;
}

export interface Recorder {
  /** The whole desired state: cameras that are missing stop being recorded, new ones start. */
  apply(orders: readonly RecordingOrder[]): void;
  openSegments(): readonly OpenSegment[];
  openSegment(cameraId: CameraId): OpenSegment | undefined;
  openGaps(): readonly OpenGap[];
  /** Where the chains of the recorded cameras stand; empty chains are left out. */
  heads(): ReadonlyMap<CameraId, ChainHead>;
  status(): RecorderStatus;
  /** Ends all segments and entries in order; resolves when everything is on disk. */
  stop(): Promise<void>;
}

/** What passed before a camera's chain was open: it is accounted for like the time after it. */
export interface RecordingSince {
  /** When the order came, microseconds of the node's wall clock. */
  readonly orderedUs: number;
  /** Since when the disk kept its chain from being opened; undefined: it did not. */
  diskFailedUs: number | undefined;
}
