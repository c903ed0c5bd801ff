import type { SweepVerdict } from './sweep-verdict.ts';

/** Since the sweep began. */
export interface SweepCounters {
  asked: number;
  failed: number;
  /** Checks that our own machine could not make. */
  unasked: number;
  /** Cameras that came up while a check of theirs still ran or waited. */
  coincided: number;
  siblingsAsked: number;
  /** How often this process was kept from its work for a second or more. */
  stalls: number;
}

export interface SweepStatus extends Readonly<SweepCounters> {
  readonly cameras: number;
  readonly answering: number;
  readonly lost: number;
  readonly unknown: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly waiting: number;
  readonly periodMs: number;
  /** The longest time between two checks of one camera during the last period or two. */
  readonly worstIntervalMs: number;
}

interface Present {
  readonly periodMs: number;
  readonly cameras: Iterable<{ readonly verdict: SweepVerdict }>;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly waiting: number;
}

/** Counts what the sweep does. */
export class SweepGauges {
  readonly counters: SweepCounters = {
    asked: 0,
    failed: 0,
    unasked: 0,
    coincided: 0,
    siblingsAsked: 0,
    stalls: 0,
  };
  #windowMs = 15_000;
  #window = 0;
  #worstMs = 0;
  #worstBeforeMs = 0;

  /** A camera was asked again after so long. */
  note(nowMs: number, intervalMs: number): void {
    this.#turn(nowMs);
    if (intervalMs > this.#worstMs) this.#worstMs = intervalMs;
  }

  status(nowMs: number, present: Present): SweepStatus {
    this.#windowMs = present.periodMs;
    this.#turn(nowMs);
    const by = { unknown: 0, answers: 0, lost: 0 };
    for (const { verdict } of present.cameras) by[verdict.kind] += 1;
    const { periodMs, inFlight, maxInFlight, waiting } = present;
    return {
      ...this.counters,
      cameras: by.unknown + by.answers + by.lost,
      answering: by.answers,
      lost: by.lost,
      unknown: by.unknown,
      periodMs,
      inFlight,
      maxInFlight,
      waiting,
      worstIntervalMs: Math.max(this.#worstMs, this.#worstBeforeMs),
    };
  }

  #turn(nowMs: number): void {
    const window = Math.floor(nowMs / this.#windowMs);
    if (window === this.#window) return;
    this.#worstBeforeMs = window === this.#window + 1 ? this.#worstMs : 0;
    this.#worstMs = 0;
    this.#window = window;
  }
}
