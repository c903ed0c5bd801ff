import type { Clock, Timer } from '@nigehban/media/clock.ts';

/**
 * Lets key-frame requests of many viewers through at most once per interval. A request that came
 * too early is made when the interval is over, unless a key picture arrived in the meantime.
 */
export class KeyFrameGate {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #ask: () => void;
  #askedAtMs: number | undefined;
  #waiting: Timer | undefined;
  #asked = 0;

  constructor(clock: Clock, intervalMs: number, ask: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#ask = ask;
  }

  /** Requests that went through. */
  get asked(): number {
    return this.#asked;
  }

  request(): void {
    if (this.#waiting !== undefined) return;
    const nowMs = this.#clock.monotonicMs();
    const askedAtMs = this.#askedAtMs;
    if (askedAtMs === undefined || nowMs - askedAtMs >= this.#intervalMs) {
      this.#askNow(nowMs);
      return;
    }
    this.#waiting = this.#clock.setTimer(askedAtMs + this.#intervalMs - nowMs, () => {
      this.#waiting = undefined;
      this.#askNow(this.#clock.monotonicMs());
    });
  }

  /** A key picture went out to all viewers: nobody waits any more. */
  keyPictureSent(): void {
    this.close();
  }

  close(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }

  #askNow(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#asked += 1;
    this.#ask();
  }
}
