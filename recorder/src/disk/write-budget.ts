/**
 * Bytes that wait for the disk, over all files: the back-pressure signal. A slow disk shows here
 * first; above the limit recordings end with a gap of cause `disk` instead of eating the memory.
 */
export class WriteBudget {
  readonly limitBytes: number;
  #queuedBytes = 0;
  #peakBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The most that ever waited. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  get exhausted(): boolean {
    return this.#queuedBytes >= this.limitBytes;
  }

  add(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#queuedBytes);
  }

  remove(bytes: number): void {
    this.#queuedBytes -= bytes;
  }
}
