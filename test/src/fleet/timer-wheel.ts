/** A time source in milliseconds since 1970, fractions included. */
export type NowMs = () => number;

interface Entry {
  readonly atMs: number;
  readonly run: () => void;
  isCancelled: boolean;
}

const tickMs = 4;
const slotCount = 1024;

/**
 * One interval timer for all cameras of a fleet: hundreds of streams with a timer each would cost
 * more than the packets they send. Runs only while something is scheduled; precise to about 5 ms.
 */
export class TimerWheel {
  readonly #now: NowMs;
  readonly #slots: Entry[][] = Array.from({ length: slotCount }, () => []);
  #entryCount = 0;
  #lastTick: number;
  #interval: NodeJS.Timeout | null = null;

  constructor(now: NowMs) {
    this.#now = now;
    this.#lastTick = Math.floor(now() / tickMs);
  }

  /** Calls `run` once at `atMs` or right after; the returned function takes that back. */
  schedule(atMs: number, run: () => void): () => void {
    if (this.#interval === null) {
      this.#lastTick = Math.floor(this.#now() / tickMs);
      this.#interval = setInterval(() => this.#advance(), tickMs);
    }
    const entry: Entry = { atMs, run, isCancelled: false };
    this.#put(entry);
    this.#entryCount += 1;
    return () => {
      entry.isCancelled = true;
    };
  }

  /** Forgets everything that is scheduled. */
  stop(): void {
    for (const slot of this.#slots) slot.length = 0;
    this.#entryCount = 0;
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
  }

  #put(entry: Entry): void {
    const tick = Math.max(Math.ceil(entry.atMs / tickMs), this.#lastTick + 1);
    this.#slots[tick % slotCount]?.push(entry);
  }

  #advance(): void {
    const nowMs = this.#now();
    const nowTick = Math.floor(nowMs / tickMs);
    // After a stall of more than one turn every slot is due once, not once per missed turn.
    const firstTick = Math.max(this.#lastTick + 1, nowTick - slotCount + 1);
    for (let tick = firstTick; tick <= nowTick; tick += 1) {
      const index = tick % slotCount;
      const due = this.#slots[index];
      if (due === undefined || due.length === 0) continue;
      this.#slots[index] = [];
      this.#lastTick = tick;
      for (const entry of due) {
        if (entry.isCancelled) this.#entryCount -= 1;
        else if (entry.atMs > nowMs) this.#put(entry);
        else {
          this.#entryCount -= 1;
          entry.run();
        }
      }
    }
    this.#lastTick = Math.max(this.#lastTick, nowTick);
    if (this.#entryCount <= 0 && this.#interval !== null) {
      clearInterval(this.#interval);
      this.#interval = null;
    }
  }
}
