/** Time as a parameter. Production passes {@link systemClock}; tests a manual one. */
export interface Clock {
  /** Wall clock, microseconds since the Unix epoch (integer below 2^53). */
  wallUs(): number;
  /** Monotonic clock, milliseconds from an arbitrary origin. */
  monotonicMs(): number;
  setTimer(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The high-resolution clock never follows a step of the wall clock; beyond this they disagree. */
const AGREEMENT_MS = 2;

export const systemClock: Clock = {
  wallUs() {
    const fineMs = performance.timeOrigin + performance.now();
    const coarseMs = Date.now();
    return Math.round((Math.abs(fineMs - coarseMs) <= AGREEMENT_MS ? fineMs : coarseMs) * 1000);
  },
  monotonicMs: () => performance.now(),
  setTimer(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
