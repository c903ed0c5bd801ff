const slabBytes = 8 << 20;

/**
 * Size-classed memory for fragments in the making. Blocks are reused, so that recording makes no
 * garbage; a class that is empty grows by one block at a time and keeps it. Blocks are cut from large
 * slabs: each memory of its own would press the garbage collector to look through the whole heap.
 */
export class BlockPool {
  readonly #classes: readonly { readonly sizeBytes: number; readonly free: Buffer[] }[];
  #allocatedBytes = 0;
  #inUse = 0;
  #slab = Buffer.alloc(0);
  #slabUsed = 0;

  constructor(sizesBytes: readonly number[] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 5 << 20]) {
    this.#classes = [...sizesBytes]
      .sort((a, b) => a - b)
      .map((sizeBytes) => ({ sizeBytes, free: [] }));
  }

  /** Bytes of all blocks, in use or free; they are never given back. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  get blocksInUse(): number {
    return this.#inUse;
  }

  get largestBytes(): number {
    return this.#classes.at(-1)?.sizeBytes ?? 0;
  }

  /** A block of at least `neededBytes`, contents undefined; undefined when no class is that large. */
  take(neededBytes: number): Buffer | undefined {
    for (const { sizeBytes, free } of this.#classes) {
      if (sizeBytes < neededBytes) continue;
      this.#inUse += 1;
      const block = free.pop();
      if (block !== undefined) return block;
      this.#allocatedBytes += sizeBytes;
      return this.#cut(sizeBytes);
    }
    return undefined;
  }

  /** Takes back a block that {@link take} gave, once. */
  release(block: Buffer): void {
    for (const { sizeBytes, free } of this.#classes) {
      if (sizeBytes !== block.length) continue;
      this.#inUse -= 1;
      free.push(block);
      return;
    }
  }

  /** What is left of a slab that is too small is given up: memory never touched costs nothing. */
  #cut(sizeBytes: number): Buffer {
    if (this.#slabUsed + sizeBytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, sizeBytes));
      this.#slabUsed = 0;
    }
    const block = this.#slab.subarray(this.#slabUsed, this.#slabUsed + sizeBytes);
    this.#slabUsed += sizeBytes;
    return block;
  }
}
