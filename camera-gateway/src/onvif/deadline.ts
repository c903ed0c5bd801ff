import type { Clock } from '@nigehban/config/clock/clock.ts';

/** A moment by which work with one camera ends, whatever the camera does. */
export interface Deadline {
  /** Milliseconds left, 0 when none. */
  remainingMs(): number;
}

/** A deadline `durationMs` from now. */
export function startDeadline(clock: Clock, durationMs: number): Deadline {
  const endsAtMs = clock.nowMs() + durationMs;
  // A wall clock set back must not lengthen the wait.
  return { remainingMs: () => Math.min(durationMs, Math.max(0, endsAtMs - clock.nowMs())) };
}
