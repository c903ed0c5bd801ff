import type { CameraId } from './camera.ts';

/** Why nothing was recorded. The cause stands in the chain: a removed piece cannot pose as an outage. */
export const gapCauses = [
  'unreachable',
  'refused',
  'sessions-exhausted',
  'failed',
  'silent',
  'discontinuity',
  'disk',
  'restart',
  'not-assigned',
  /** Recorded, and withheld: it is not proved which camera it is of (`identity-doubt.ts`). No chain has it. */
  'identity-doubt',
] as const;
export type GapCause = (typeof gapCauses)[number];

/** Facts about a segment that a reader must know. */
export interface SegmentFlags {
  /** Its torn end was cut at the last whole fragment after a crash. */
  readonly repaired: boolean;
  /** At least one access unit was damaged by packet loss. */
  readonly lossy: boolean;
  /** Found on disk without a chain entry and taken into the chain afterwards. */
  readonly adopted: boolean;
}

interface ChainEntryBase {
  /** Position in the camera's chain, from 1 without holes. */
  readonly sequence: number;
  readonly cameraId: CameraId;
  /** Wall time, microseconds since the Unix epoch. */
  readonly startUs: number;
  readonly endUs: number;
  /** SHA-256, lower-case hex, of the previous entry's line; 64 zeros for the first. */
  readonly previousHash: string;
}

export interface SegmentEntry extends ChainEntryBase {
  readonly kind: 'segment';
  /** Path below the footage root, with `/`. */
  readonly path: string;
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: number;
  readonly sizeBytes: number;
  /** SHA-256 of the whole file, lower-case hex. */
  readonly sha256: string;
  /**
   * For each fragment: its end offset in the file (bytes) and the SHA-256 of the file up to there. The
   * first that differs tells where a change begins; the last is {@link sha256}.
   */
  readonly fragments: readonly (readonly [endOffsetBytes: number, sha256: string])[];
  /** Camera clock minus node clock at the last sender report, milliseconds; null when unknown. */
  readonly clockOffsetMs: number | null;
  readonly flags: SegmentFlags;
}

export interface GapEntry extends ChainEntryBase {
  readonly kind: 'gap';
  readonly cause: GapCause;
}

export type ChainEntry = SegmentEntry | GapEntry;

export const segmentFlagBits = { repaired: 1, lossy: 2, adopted: 4 } as const;

export function packSegmentFlags(flags: SegmentFlags): number {
  return (
    (flags.repaired ? segmentFlagBits.repaired : 0) |
    (flags.lossy ? segmentFlagBits.lossy : 0) |
    (flags.adopted ? segmentFlagBits.adopted : 0)
  );
}

/** A recorded piece as a timeline shows it. Times in milliseconds since the Unix epoch. */
export interface TimelineSegment {
  readonly startMs: number;
  readonly endMs: number;
  /** Key of the piece: its start in microseconds (a safe integer). */
  readonly startUs: number;
  readonly codec: string;
  readonly sizeBytes: number;
  readonly open: boolean;
}

export interface TimelineGap {
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: GapCause;
}

export interface Timeline {
  readonly cameraId: CameraId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly segments: readonly TimelineSegment[];
  readonly gaps: readonly TimelineGap[];
}
