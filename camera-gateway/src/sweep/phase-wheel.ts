/**
 * A turning wheel of slots: each key has its place by its own phase and comes up once a turn.
 * Costs nothing for each key but the visit, and is flat where the phases are.
 */
export class PhaseWheel<T> {
  readonly #periodMs: number;
  readonly #slotMs: number;
  readonly #slots: Map<number, T>[];
  #turnedTo: number | null = null;

  /** The period is rounded to whole slots. */
  constructor(periodMs: number, slotMs: number) {
    const slotCount = Math.max(1, Math.round(periodMs / slotMs));
    this.#slotMs = slotMs;
    this.#periodMs = slotCount * slotMs;
    this.#slots = Array.from({ length: slotCount }, () => new Map());
  }

  /** `phase` is any whole number from 0 up; equal ones share a slot. */
  put(key: number, phase: number, value: T): void {
    this.#slotOf(phase)?.set(key, value);
  }

  remove(key: number, phase: number): void {
    this.#slotOf(phase)?.delete(key);
  }

  /** For how long what has this phase has been up at `nowMs`: 0 up to a whole period. */
  sinceDueMs(phase: number, nowMs: number): number {
    const dueMs = (phase % this.#slots.length) * this.#slotMs;
    const sinceMs = (nowMs - dueMs) % this.#periodMs;
    return sinceMs < 0 ? sinceMs + this.#periodMs : sinceMs;
  }

  /**
   * Visits what came up since the turn before, in that order. After a stall of more than a period
   * everything is visited once; after a step back of the time the wheel goes on from there.
   */
  turn(nowMs: number, visit: (value: T) => void): void {
    const to = Math.floor(nowMs / this.#slotMs);
    const count = this.#slots.length;
    const before = this.#turnedTo ?? to - 1;
    this.#turnedTo = to;
    if (to < before) return;
    for (let at = Math.max(before + 1, to - count + 1); at <= to; at += 1) {
      const slot = this.#slots[((at % count) + count) % count];
      if (slot !== undefined) for (const value of slot.values()) visit(value);
    }
  }

  #slotOf(phase: number): Map<number, T> | undefined {
    return this.#slots[phase % this.#slots.length];
  }
}
