import type { Clock, Timer } from '../clock.ts';

interface PendingTimer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told to, for tests. Timers run in order of their time. */
export class ManualClock implements Clock {
  readonly #startWallUs: number;
  #nowMs = 0;
  #order = 0;
  #timers: PendingTimer[] = [];

  constructor(startWallUs = 1_790_000_000_000_000) {
    this.#startWallUs = startWallUs;
  }

  wallUs(): number {
    return this.#startWallUs + Math.round(this.#nowMs * 1000);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on, running every timer that falls due on the way. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      let next: PendingTimer | undefined;
      for (const timer of this.#timers) {
        if (timer.atMs > untilMs) continue;
        if (
          next === undefined ||
          timer.atMs < next.atMs ||
          (timer.atMs === next.atMs && timer.order < next.order)
        ) {
          next = timer;
        }
      }
      if (next === undefined) break;
      const due = next;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = untilMs;
  }
}
