/**
 * Above the 32 MiB up to which glibc's malloc may keep what is freed: a slab that is given back is no
 * longer memory of the process. What of a slab was never touched costs nothing.
 */
const slabBytes = 33 << 20;
/** So many blocks are taken between two looks for slabs that nobody needed meanwhile. */
export const takesPerLook = 16_384;

interface Slab {
  readonly memory: ArrayBuffer;
  /** Blocks cut from it so far, in use or free. */
  made: number;
  /** Not undefined: it is to go back when all its blocks are here. */
  home: Buffer[] | undefined;
}

/** The blocks of one size. */
interface SizeClass {
  readonly sizeBytes: number;
  readonly blocksPerSlab: number;
  readonly slabs: Slab[];
  /** The one released last is taken first: it is still in the processor's cache. */
  free: Buffer[];
  /** Fewest free blocks since the last look. */
  leastFree: number;
}

/**
 * Size-classed memory for fragments in the making. Blocks are reused, so that recording makes no
 * garbage. They are cut from large slabs: each memory of its own would press the garbage collector to
 * look through the whole heap. What a slow disk asked for goes back to the system when it has caught
 * up: slabs whose blocks were free for a whole while are emptied and given back.
 */
export class BlockPool {
  readonly #classes: readonly SizeClass[];
  readonly #owners = new Map<ArrayBufferLike, { readonly of: SizeClass; readonly slab: Slab }>();
  #allocatedBytes = 0;
  #inUse = 0;
  #takes = 0;

  constructor(sizesBytes: readonly number[] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 5 << 20]) {
    this.#classes = [...sizesBytes]
      .sort((a, b) => a - b)
      .map((sizeBytes) => ({
        sizeBytes,
        blocksPerSlab: Math.max(1, Math.floor(slabBytes / sizeBytes)),
        slabs: [],
        free: [],
        leastFree: 0,
      }));
  }

  /** Bytes of all blocks, in use or free. */
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
    for (const one of this.#classes) {
      if (one.sizeBytes < neededBytes) continue;
      this.#inUse += 1;
      this.#takes += 1;
      if (this.#takes % takesPerLook === 0) this.#look();
      const block = one.free.pop();
      if (one.free.length < one.leastFree) one.leastFree = one.free.length;
      return block ?? this.#revive(one) ?? this.#make(one);
    }
    return undefined;
  }

  /** Takes back a block that {@link take} gave, once. */
  release(block: Buffer): void {
    const owner = this.#owners.get(block.buffer);
    if (owner === undefined) return;
    this.#inUse -= 1;
    const { of, slab } = owner;
    if (slab.home === undefined) {
      of.free.push(block);
      return;
    }
    slab.home.push(block);
    if (slab.home.length === slab.made) this.#giveBack(of, slab);
  }

  #make(of: SizeClass): Buffer {
    const { sizeBytes, blocksPerSlab } = of;
    let slab = of.slabs.at(-1);
    if (slab === undefined || slab.made === blocksPerSlab || slab.home !== undefined) {
      const { buffer } = Buffer.allocUnsafeSlow(Math.max(slabBytes, sizeBytes));
      slab = { memory: buffer, made: 0, home: undefined };
      of.slabs.push(slab);
      this.#owners.set(buffer, { of, slab });
    }
    const block = Buffer.from(slab.memory, slab.made * sizeBytes, sizeBytes);
    slab.made += 1;
    this.#allocatedBytes += sizeBytes;
    return block;
  }

  /** A block of a slab that was to go back, which stays. */
  #revive(of: SizeClass): Buffer | undefined {
    const slab = of.slabs.find(({ home }) => home !== undefined && home.length > 0);
    if (slab?.home === undefined) return undefined;
    of.free = slab.home;
    slab.home = undefined;
    return of.free.pop();
  }

  /** Lets slabs go whose number of blocks was free all the time since the last look. */
  #look(): void {
    for (const of of this.#classes) {
      const { blocksPerSlab } = of;
      // A quarter stays for what comes and goes.
      for (let spare = of.leastFree - (blocksPerSlab >> 2); spare > 0; ) {
        const slab = mostlyFree(of);
        if (slab === undefined || slab.made > spare) break;
        spare -= slab.made;
        slab.home = of.free.filter(({ buffer }) => buffer === slab.memory);
        of.free = of.free.filter(({ buffer }) => buffer !== slab.memory);
        if (slab.home.length === slab.made) this.#giveBack(of, slab);
      }
      of.leastFree = of.free.length;
    }
  }

  #giveBack(of: SizeClass, slab: Slab): void {
    of.slabs.splice(of.slabs.indexOf(slab), 1);
    this.#owners.delete(slab.memory);
    this.#allocatedBytes -= slab.made * of.sizeBytes;
    // Frees it now; the garbage collector would, when it next looks through the old objects.
    slab.memory.transfer(0);
  }
}

/** The slab that has the fewest blocks in use: it is empty first. */
function mostlyFree({ slabs, free }: SizeClass): Slab | undefined {
  const freeOf = new Map<ArrayBufferLike, number>();
  for (const { buffer } of free) freeOf.set(buffer, (freeOf.get(buffer) ?? 0) + 1);
  let best: Slab | undefined;
  let leastUsed = Number.POSITIVE_INFINITY;
  for (const slab of slabs) {
    if (slab.home !== undefined) continue;
    const used = slab.made - (freeOf.get(slab.memory) ?? 0);
    if (used >= leastUsed) continue;
    best = slab;
    leastUsed = used;
  }
  return best;
}
