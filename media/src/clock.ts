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

export const systemClock: Clock = {
  wallUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
