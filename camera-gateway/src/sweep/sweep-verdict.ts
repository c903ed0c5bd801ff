import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';

export type FailedOutcome = Exclude<ProbeOutcome, { kind: 'answers' }>;

/** What a check that was carried out found. */
export type AskedOutcome =
  | { readonly kind: 'answers'; readonly clockOffsetMs: number | null }
  | FailedOutcome;

/** What the sweep holds of one camera. */
export interface SweepVerdict {
  readonly kind: 'unknown' | 'answers' | 'lost';
  readonly sinceMs: number;
  /** As it was told last; null when the camera tells no time. */
  readonly clockOffsetMs: number | null;
  /** The last check found another offset than the told one. */
  readonly offsetDiffers: boolean;
  /** What was told of a lost camera. */
  readonly loss: FailedOutcome | null;
  /** A failure, or another cause of the loss, that waits for its repetition. */
  readonly suspected: FailedOutcome | null;
}

export const unknownVerdict: SweepVerdict = {
  kind: 'unknown',
  sinceMs: 0,
  clockOffsetMs: null,
  offsetDiffers: false,
  loss: null,
  suspected: null,
};

/** Cameras tell whole seconds: two offsets that differ by less may be the same. */
const materialOffsetMs = 1_000;

export interface SweepDecision {
  readonly verdict: SweepVerdict;
  /** `tell`: the fact has changed; `repeat`: ask again soon, before anything is said. */
  readonly effect: 'none' | 'tell' | 'repeat';
}

/**
 * One failure says nothing yet, its repetition does. One answer is enough to be back. Another cause
 * of a loss and another clock offset count when two checks in a row find them. Pure.
 */
export function decideAsked(
  verdict: SweepVerdict,
  outcome: AskedOutcome,
  nowMs: number,
): SweepDecision {
  if (outcome.kind === 'answers') return decideAnswered(verdict, outcome.clockOffsetMs, nowMs);
  if (verdict.kind === 'lost') {
    if (verdict.loss?.fault === outcome.fault) {
      return verdict.suspected === null
        ? { verdict, effect: 'none' }
        : { verdict: { ...verdict, suspected: null }, effect: 'none' };
    }
    if (verdict.suspected?.fault !== outcome.fault) {
      return { verdict: { ...verdict, suspected: outcome }, effect: 'none' };
    }
    return { verdict: { ...verdict, loss: outcome, suspected: null }, effect: 'tell' };
  }
  if (verdict.suspected === null) {
    return { verdict: { ...verdict, suspected: outcome }, effect: 'repeat' };
  }
  return {
    verdict: { ...unknownVerdict, kind: 'lost', sinceMs: nowMs, loss: outcome },
    effect: 'tell',
  };
}

function decideAnswered(
  verdict: SweepVerdict,
  clockOffsetMs: number | null,
  nowMs: number,
): SweepDecision {
  const told: SweepVerdict = { ...unknownVerdict, kind: 'answers', sinceMs: nowMs, clockOffsetMs };
  if (verdict.kind !== 'answers') return { verdict: told, effect: 'tell' };
  if (!isMaterial(verdict.clockOffsetMs, clockOffsetMs)) {
    return verdict.suspected === null && !verdict.offsetDiffers
      ? { verdict, effect: 'none' }
      : { verdict: { ...verdict, suspected: null, offsetDiffers: false }, effect: 'none' };
  }
  if (verdict.offsetDiffers) {
    return { verdict: { ...told, sinceMs: verdict.sinceMs }, effect: 'tell' };
  }
  return { verdict: { ...verdict, suspected: null, offsetDiffers: true }, effect: 'none' };
}

function isMaterial(told: number | null, found: number | null): boolean {
  if (told === null || found === null) return told !== found;
  return Math.abs(told - found) > materialOffsetMs;
}

/** The verdict as the server is told it; null while nothing is known. */
export function factOf(cameraId: CameraId, verdict: SweepVerdict, atMs: number): WatchFact | null {
  if (verdict.kind === 'answers') {
    return { kind: 'camera-answered', cameraId, atMs, clockOffsetMs: verdict.clockOffsetMs };
  }
  if (verdict.loss === null) return null;
  return { kind: 'camera-lost', cameraId, atMs, outcome: verdict.loss };
}
