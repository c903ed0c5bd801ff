import type { Clock } from '@nigehban/config/clock/clock.ts';

/** The end of work with one camera: a moment, whatever the camera does, or our own stop. */
export interface Deadline {
  /** Milliseconds left, 0 when none. */
  remainingMs(): number;
  /** Aborted when the gateway stops and nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
}

/** A deadline `durationMs` from now. */
export function startDeadline(clock: Clock, durationMs: number, signal?: AbortSignal): Deadline {
  const endsAtMs = clock.nowMs() + durationMs;
  return {
    // A wall clock set back must not lengthen the wait.
    remainingMs: () => Math.min(durationMs, Math.max(0, endsAtMs - clock.nowMs())),
    signal,
  };
}

/** A deadline for one step of the work: `durationMs` from now, but never later than the whole. */
export function withinDeadline(clock: Clock, whole: Deadline, durationMs: number): Deadline {
  return startDeadline(clock, Math.min(durationMs, whole.remainingMs()), whole.signal);
}
