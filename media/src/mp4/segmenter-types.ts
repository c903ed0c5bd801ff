import type { BlockPool } from './block-pool.ts';

/** Why a segment ended. After `length` and `format` the next one follows without a hole. */
export type SegmentEnd =
  | 'length'
  /** The parameter sets changed: another initialisation. */
  | 'format'
  /** Timestamps jumped, or the sender changed. */
  | 'discontinuity'
  /** The camera paused for seconds inside a living session. */
  | 'pause'
  /** The session ended or the segmenter was stopped. */
  | 'stopped'
  /** The output refused more bytes. */
  | 'refused';

export interface SegmentStart {
  /** Wall time of the first sample, integer microseconds since the Unix epoch. */
  readonly startUs: number;
  /** RFC 6381 codecs of all tracks, video first, comma separated. */
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A fragment ready to be written: `block[offset, offset + length)`. */
export interface FragmentWrite {
  readonly offset: number;
  readonly length: number;
  /** Wall time at which the last video sample of this segment so far ends. */
  readonly endUs: number;
  /** Video samples in the segment so far. */
  readonly frames: number;
}

export interface SegmentSummary {
  readonly reason: SegmentEnd;
  readonly startUs: number;
  readonly endUs: number;
  /** Video samples. */
  readonly frames: number;
  /** At least one packet was missing or an access unit was dropped while it was recorded. */
  readonly lossy: boolean;
  /** Camera clock minus node clock by sender reports, milliseconds; null when there was none. */
  readonly clockOffsetMs: number | null;
}

/** Where segments go. Calls come synchronously in order: starts, fragments, ends. */
export interface SegmentOutput {
  /** False while it cannot take more: the segment ends and the next waits for a key frame. */
  accepts(): boolean;
  segmentStarts(start: SegmentStart): void;
  /** The block now belongs to the output, which gives it back to the pool. */
  fragment(block: Buffer, write: FragmentWrite): void;
  segmentEnds(summary: SegmentSummary): void;
}

export interface SegmenterSettings {
  /** A segment ends at the first key frame at or after this length. */
  readonly segmentMs: number;
  /** Another length for the first segment, so that streams that begin together end apart. */
  readonly firstSegmentMs?: number;
  /** A fragment ends at each key frame, and before it would become longer than this. */
  readonly fragmentMs: number;
  readonly maxAccessUnitBytes: number;
  readonly pool: BlockPool;
}

/** What went wrong in a stream since the segmenter was made. */
export interface SegmenterCounters {
  readonly frames: number;
  readonly keyFrames: number;
  /** Between the last two key frames without a break; undefined before the second. */
  readonly keyFrameIntervalMs: number | undefined;
  readonly lostPackets: number;
  readonly latePackets: number;
  readonly malformedPackets: number;
  readonly lostUnits: number;
  readonly discontinuities: number;
}
