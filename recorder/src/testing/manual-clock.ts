import type { Clock, Timer } from '@nigehban/media/clock.ts';

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  #nowUs: number;
  #timers: { dueUs: number; run: () => void }[] = [];

  constructor(startUs = 1_790_000_000_000_000) {
    this.#nowUs = startUs;
  }

  wallUs(): number {
    return this.#nowUs;
  }

  monotonicMs(): number {
    return this.#nowUs / 1000;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const timer = { dueUs: this.#nowUs + delayMs * 1000, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves on, running what falls due in order. */
  advance(byMs: number): void {
    const endUs = this.#nowUs + byMs * 1000;
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.dueUs <= endUs)
        .sort((a, b) => a.dueUs - b.dueUs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowUs = Math.max(this.#nowUs, next.dueUs);
      next.run();
    }
    this.#nowUs = endUs;
  }
}
