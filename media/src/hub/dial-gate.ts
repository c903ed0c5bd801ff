import type { Clock, Timer } from '../clock.ts';

export interface DialGateOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Dials under way at once. */
  readonly maxDials: number;
  /** After so long a dial no longer counts, so that cameras that hang do not shut the gate. */
  readonly slotMs: number;
}

export interface DialTicket {
  /** Leaves the queue, or gives the place back. Idempotent. */
  release(): void;
}

/** Streams that failed before wait behind those that never did. */
export type DialPriority = 'fresh' | 'retry';

interface Place {
  readonly admit: () => void;
  timer: Timer | undefined;
  state: 'queued' | 'admitted' | 'left';
}

/** The next in the queue follows a freed place within this time, so that dials spread. */
const SPREAD_MS = 20;

/** Admits dials so that a thousand subscriptions at once do not become a thousand handshakes at once. */
export class DialGate {
  readonly #options: DialGateOptions;
  readonly #queues: Readonly<Record<DialPriority, Set<Place>>> = {
    fresh: new Set(),
    retry: new Set(),
  };
  #busy = 0;

  constructor(options: DialGateOptions) {
    this.#options = options;
  }

  /** Runs `admit` when there is a place: now, or later from a timer. */
  enter(priority: DialPriority, admit: () => void): DialTicket {
    const place: Place = { admit, timer: undefined, state: 'queued' };
    if (this.#busy < this.#options.maxDials) {
      this.#busy++;
      this.#admit(place);
    } else {
      this.#queues[priority].add(place);
    }
    return { release: () => this.#leave(place, priority) };
  }

  #admit(place: Place): void {
    place.state = 'admitted';
    place.timer = this.#options.clock.setTimer(this.#options.slotMs, () => this.#free(place));
    place.admit();
  }

  #leave(place: Place, priority: DialPriority): void {
    if (place.state === 'queued') {
      place.state = 'left';
      this.#queues[priority].delete(place);
    } else {
      this.#free(place);
    }
  }

  #free(place: Place): void {
    if (place.state !== 'admitted') return;
    place.state = 'left';
    place.timer?.cancel();
    // The place stays taken until its successor is in, which keeps the number of dials exact.
    this.#options.clock.setTimer(this.#options.random() * SPREAD_MS, () => this.#admitNext());
  }

  #admitNext(): void {
    for (const queue of [this.#queues.fresh, this.#queues.retry]) {
      for (const next of queue) {
        queue.delete(next);
        this.#admit(next);
        return;
      }
    }
    this.#busy--;
  }
}
