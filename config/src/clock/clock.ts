/** Time as a parameter of the shells. Decisions in `domain/` take `nowMs` instead. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Milliseconds from an arbitrary origin, for measuring: never follows a step of the wall clock. */
  monotonicMs(): number;
  /** Runs once after the delay; the returned function cancels. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface ManualClock extends Clock {
  /** Moves on, running what falls due in order. */
  advance(byMs: number): void;
  /** The wall clock is set, forward or (negative) back: no time passes and nothing falls due. */
  step(byMs: number): void;
}

/** A clock that moves only when told, for tests. */
export function createManualClock(startMs = Date.UTC(2027, 1, 8, 3)): ManualClock {
  let passedMs = 0;
  let wallMs = startMs;
  let timers: { dueMs: number; run: () => void }[] = [];
  return {
    nowMs: () => wallMs + passedMs,
    monotonicMs: () => passedMs,
    after(delayMs, run) {
      const timer = { dueMs: passedMs + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(byMs) {
      const endMs = passedMs + byMs;
      for (;;) {
        const due = timers.filter((timer) => timer.dueMs <= endMs);
        const next = due.sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        passedMs = Math.max(passedMs, next.dueMs);
        next.run();
      }
      passedMs = endMs;
    },
    step(byMs) {
      wallMs += byMs;
    },
  };
}
