/** Latency may not shrink by more than this between packets: else the sender's clock jumped ahead. */
const maxEarlyUs = 1_000_000;

/**
 * Maps a stream's unwrapped ticks to the node's wall clock by the packets' arrival: the least
 * delayed packet of the present and the previous window stands for the path without queueing. The
 * windows make it follow a drifting camera clock.
 */
export class ArrivalClock {
  readonly #usPerTick: number;
  readonly #windowUs: number;
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #windowEndsUs = Number.NEGATIVE_INFINITY;

  constructor(clockRateHz: number, windowMs = 30_000) {
    this.#usPerTick = 1e6 / clockRateHz;
    this.#windowUs = windowMs * 1000;
  }

  get known(): boolean {
    return Number.isFinite(this.#base);
  }

  get #base(): number {
    return Math.min(this.#current, this.#previous);
  }

  /** Did these ticks arrive more than a second before they can have been sent? */
  isTooEarly(ticks: number, arrivalUs: number): boolean {
    return this.known && arrivalUs < this.wallUs(ticks) - maxEarlyUs;
  }

  /** How much later than the best path these ticks arrived, microseconds. */
  delayUs(ticks: number, arrivalUs: number): number {
    return this.known ? arrivalUs - this.wallUs(ticks) : 0;
  }

  observe(ticks: number, arrivalUs: number): void {
    const base = arrivalUs - ticks * this.#usPerTick;
    if (arrivalUs >= this.#windowEndsUs) {
      this.#previous = this.#current;
      this.#current = base;
      this.#windowEndsUs = arrivalUs + this.#windowUs;
    } else if (base < this.#current) {
      this.#current = base;
    }
  }

  /** Wall time of these ticks, microseconds; NaN before the first observation. */
  wallUs(ticks: number): number {
    return this.known ? this.#base + ticks * this.#usPerTick : Number.NaN;
  }

  reset(): void {
    this.#current = Number.POSITIVE_INFINITY;
    this.#previous = Number.POSITIVE_INFINITY;
    this.#windowEndsUs = Number.NEGATIVE_INFINITY;
  }
}
