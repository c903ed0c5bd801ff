import type { GapCause } from '@nigehban/domain/footage.ts';
import type { StreamStopCause } from '@nigehban/media/hub/stream-hub-types.ts';
import type { SegmentEnd } from '@nigehban/media/mp4/segmenter-types.ts';

export interface GapPiece {
  readonly startUs: number;
  readonly endUs: number;
  readonly cause: GapCause;
}

/** Holes below this are the clock's, not the camera's. */
export const smallestGapUs = 100_000;
/** A verdict this soon after the last picture refines the first one instead of following it. */
const refineUs = 15_000_000;
/** A lasting gap is closed this far before now: the next key frame may be on its way. */
const marginUs = 3_000_000;

/**
 * Accounts for one camera's time: every instant is in a segment or in a gap with a cause. Pure
 * bookkeeping; the pieces that it gives are written by the caller, in order.
 */
export class Coverage {
  #coveredUntilUs: number;
  #cause: GapCause;
  #recording = false;

  constructor(coveredUntilUs: number, cause: GapCause) {
    this.#coveredUntilUs = coveredUntilUs;
    this.#cause = cause;
  }

  get coveredUntilUs(): number {
    return this.#coveredUntilUs;
  }

  get recording(): boolean {
    return this.#recording;
  }

  get cause(): GapCause {
    return this.#cause;
  }

  /** The hole that is open now. */
  openGap(nowUs: number): GapPiece | undefined {
    if (this.#recording || nowUs - this.#coveredUntilUs < smallestGapUs) return undefined;
    return { startUs: this.#coveredUntilUs, endUs: nowUs, cause: this.#cause };
  }

  segmentStarts(startUs: number): GapPiece | undefined {
    this.#recording = true;
    return this.#close(startUs);
  }

  segmentEnds(endUs: number, cause: GapCause): void {
    this.#recording = false;
    this.#coveredUntilUs = Math.max(this.#coveredUntilUs, endUs);
    this.#cause = cause;
  }

  /** A newer verdict on why nothing is recorded. */
  causeIs(cause: GapCause, nowUs: number, refinesUs = refineUs): GapPiece | undefined {
    if (this.#recording || cause === this.#cause) return undefined;
    const piece = nowUs - this.#coveredUntilUs > refinesUs ? this.#close(nowUs) : undefined;
    this.#cause = cause;
    return piece;
  }

  /** The piece of a lasting gap that is due to be written. */
  tick(nowUs: number, gapEntryUs: number): GapPiece | undefined {
    if (this.#recording || nowUs - this.#coveredUntilUs < gapEntryUs + marginUs) return undefined;
    return this.#close(nowUs - marginUs);
  }

  /** Nothing more is recorded: the hole up to now. */
  end(nowUs: number): GapPiece | undefined {
    return this.#recording ? undefined : this.#close(nowUs);
  }

  #close(untilUs: number): GapPiece | undefined {
    const startUs = this.#coveredUntilUs;
    if (untilUs - startUs < smallestGapUs) return undefined;
    this.#coveredUntilUs = untilUs;
    return { startUs, endUs: untilUs, cause: this.#cause };
  }
}

/** The gap's cause when the hub says why a stream does not flow. */
export function gapCauseOfStop(cause: StreamStopCause): GapCause {
  if (cause === 'lost') return 'failed';
  return cause === 'stopped' ? 'restart' : cause;
}

/** The gap's cause when a segment ends and none follows at once. */
export function gapCauseOfEnd(reason: SegmentEnd): GapCause {
  switch (reason) {
    case 'pause':
      return 'silent';
    case 'refused':
      return 'disk';
    case 'stopped':
      return 'failed';
    default:
      return 'discontinuity';
  }
}
