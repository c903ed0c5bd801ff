/** Room in front of the samples for the initialisation, `prft`, `moof` and the `mdat` header. */
export const frontReserveBytes = 8192;
/** Most samples of one fragment: their `trun` entries must fit the reserve. */
export const maxSamples = 256;

const ntpEpochSeconds = 2_208_988_800;
const syncFlags = 0x02000000; // sample_depends_on 2
const nonSyncFlags = 0x01010000; // sample_depends_on 1, sample_is_non_sync_sample

/** Everything about a fragment that its samples do not say. */
export interface FragmentShape {
  readonly trackId: number;
  /** mfhd sequence_number, from 1. */
  readonly sequence: number;
  /** Ticks of the stream's clock that are the file's zero. */
  readonly zeroTicks: number;
  /** No sample is decoded before this, the decoding time of the file's last sample so far. */
  readonly decodedTicks: number;
  /** Presentation time at which the sample after this fragment is shown. */
  readonly endTicks: number;
  /**
   * Presentation is this much behind decoding in the whole file, so that no picture is shown before
   * it is decoded: what {@link FragmentBuffer.reorderTicks} says of the first fragment.
   */
  readonly shiftTicks: number;
  /** Wall time of the fragment's earliest sample, microseconds since the Unix epoch. */
  readonly wallUs: number;
  /** Initialisation to stand in front, for the first fragment of a file. */
  readonly initialisation?: Buffer | undefined;
}

/**
 * The samples of one track's fragment in the making: a block of memory with their bytes behind a
 * free front, and their table. {@link FragmentBuffer.serialise} writes the boxes into that front, so
 * that the whole fragment leaves in one write. Times are in ticks of the track's clock, unwrapped.
 */
export class FragmentBuffer {
  block: Buffer;
  /** End of the samples' bytes. */
  end = frontReserveBytes;
  count = 0;
  readonly #sizes = new Uint32Array(maxSamples);
  readonly #ticks = new Float64Array(maxSamples);
  readonly #keys = new Uint8Array(maxSamples);
  readonly #decode = new Float64Array(maxSamples);
  #latestTicks = Number.NEGATIVE_INFINITY;
  #reordered = false;

  constructor(block: Buffer) {
    this.block = block;
  }

  get firstTicks(): number {
    return this.#ticks[0] ?? 0;
  }

  /** The latest presentation time so far; -Infinity when empty. */
  get latestTicks(): number {
    return this.#latestTicks;
  }

  get full(): boolean {
    return this.count >= maxSamples;
  }

  /** Decoding time of the last sample, once {@link serialise} has written it. */
  get decodedTicks(): number {
    return this.#decode[this.count - 1] ?? Number.NEGATIVE_INFINITY;
  }

  get startsWithKey(): boolean {
    return this.#keys[0] === 1;
  }

  /** How far pictures are decoded before they are shown: 0 without B-frames. */
  get reorderTicks(): number {
    if (!this.#reordered) return 0;
    const decode = this.#decodeTimes();
    let most = 0;
    for (let index = 0; index < this.count; index++) {
      most = Math.max(most, (decode[index] ?? 0) - (this.#ticks[index] ?? 0));
    }
    return most;
  }

  /** Takes the next sample in decoding order; its bytes stand at `end` already. */
  append(sizeBytes: number, ticks: number, key: boolean): void {
    const index = this.count;
    this.#sizes[index] = sizeBytes;
    this.#ticks[index] = ticks;
    this.#keys[index] = key ? 1 : 0;
    if (ticks > this.#latestTicks) this.#latestTicks = ticks;
    else this.#reordered = true;
    this.count += 1;
    this.end += sizeBytes;
  }

  /** Empties it onto another block. */
  restart(block: Buffer): void {
    this.block = block;
    this.end = frontReserveBytes;
    this.count = 0;
    this.#latestTicks = Number.NEGATIVE_INFINITY;
    this.#reordered = false;
  }

  /** Continues on a larger block with the samples that are there. */
  growInto(block: Buffer): void {
    if (this.count > 0) this.block.copy(block, frontReserveBytes, frontReserveBytes, this.end);
    this.block = block;
  }

  /**
   * Writes [initialisation] `prft` `moof` `mdat` around the samples (ISO/IEC 14496-12 §8.8, §8.16.5)
   * and gives the offset in the block where they begin; they end at `end`.
   */
  serialise(shape: FragmentShape): number {
    const count = this.count;
    const decode = this.#decodeTimes(shape.decodedTicks);
    const baseTicks = (decode[0] ?? 0) - shape.zeroTicks;
    const withOffsets = this.#withOffsets(shape);
    const entryBytes = withOffsets ? 16 : 12;
    const trunBytes = 20 + count * entryBytes;
    const trafBytes = 8 + 20 + 20 + trunBytes;
    const moofBytes = 8 + 16 + trafBytes;
    const headBytes = (shape.initialisation?.length ?? 0) + 32 + moofBytes + 8;
    const offset = frontReserveBytes - headBytes;
    if (offset < 0) throw new RangeError('Fragment header does not fit its reserve');
    const block = this.block;
    let at = offset;
    if (shape.initialisation !== undefined) {
      shape.initialisation.copy(block, at);
      at += shape.initialisation.length;
    }
    at = writeProducerReferenceTime(block, at, shape, baseTicks);
    at = block.writeUInt32BE(moofBytes, at);
    at = block.writeUInt32BE(0x6d6f6f66, at); // moof
    at = block.writeUInt32BE(16, at);
    at = block.writeUInt32BE(0x6d666864, at); // mfhd
    at = block.writeUInt32BE(0, at);
    at = block.writeUInt32BE(shape.sequence, at);
    at = block.writeUInt32BE(trafBytes, at);
    at = block.writeUInt32BE(0x74726166, at); // traf
    at = block.writeUInt32BE(20, at);
    at = block.writeUInt32BE(0x74666864, at); // tfhd
    at = block.writeUInt32BE(0x020020, at); // default-base-is-moof, default-sample-flags
    at = block.writeUInt32BE(shape.trackId, at);
    at = block.writeUInt32BE(nonSyncFlags, at);
    at = block.writeUInt32BE(20, at);
    at = block.writeUInt32BE(0x74666474, at); // tfdt
    at = block.writeUInt32BE(0x01000000, at);
    at = writeU64(block, at, baseTicks);
    at = block.writeUInt32BE(trunBytes, at);
    at = block.writeUInt32BE(0x7472756e, at); // trun
    at = block.writeUInt32BE(withOffsets ? 0x01000f01 : 0x00000701, at);
    at = block.writeUInt32BE(count, at);
    at = block.writeUInt32BE(moofBytes + 8, at);
    at = this.#writeSamples(at, shape);
    at = block.writeUInt32BE(this.end - frontReserveBytes + 8, at);
    block.writeUInt32BE(0x6d646174, at); // mdat
    return offset;
  }

  #decodeTimes(notBefore = Number.NEGATIVE_INFINITY): Float64Array {
    const count = this.count;
    for (let index = 0; index < count; index++) {
      // A clock that went back, as cameras' do when they are set, is not followed: the file's is one.
      this.#decode[index] = Math.max(notBefore, this.#ticks[index] ?? 0);
    }
    // With B-frames (ISO/IEC 14496-12 §8.6.1.3) the decoding times are the presentation times in order.
    if (this.#reordered) this.#decode.subarray(0, count).sort();
    return this.#decode;
  }

  /** Whether samples are decoded at other times than they are shown. */
  #withOffsets(shape: FragmentShape): boolean {
    return this.#reordered || shape.shiftTicks > 0 || this.#decode[0] !== this.#ticks[0];
  }

  #writeSamples(from: number, shape: FragmentShape): number {
    const { block, count } = this;
    const withOffsets = this.#withOffsets(shape);
    let at = from;
    // With B-frames the next fragment may hold a picture earlier than its first one.
    const endTicks =
      this.#reordered && count > 1
        ? this.#latestTicks + Math.round((this.#latestTicks - (this.#decode[0] ?? 0)) / (count - 1))
        : shape.endTicks;
    for (let index = 0; index < count; index++) {
      const decode = this.#decode[index] ?? 0;
      const next = index + 1 < count ? (this.#decode[index + 1] ?? 0) : endTicks;
      at = block.writeUInt32BE(Math.max(0, next - decode), at);
      at = block.writeUInt32BE(this.#sizes[index] ?? 0, at);
      at = block.writeUInt32BE(this.#keys[index] === 1 ? syncFlags : nonSyncFlags, at);
      if (!withOffsets) continue;
      at = block.writeInt32BE((this.#ticks[index] ?? 0) + shape.shiftTicks - decode, at);
    }
    return at;
  }
}

/** `prft` (§8.16.5): the wall time at which the fragment's first sample was captured. */
function writeProducerReferenceTime(
  block: Buffer,
  from: number,
  shape: FragmentShape,
  mediaTicks: number,
): number {
  let at = block.writeUInt32BE(32, from);
  at = block.writeUInt32BE(0x70726674, at); // prft
  at = block.writeUInt32BE(0x01000018, at); // version 1; 24: time of capture
  at = block.writeUInt32BE(shape.trackId, at);
  const seconds = Math.floor(shape.wallUs / 1e6);
  at = block.writeUInt32BE(seconds + ntpEpochSeconds, at);
  at = block.writeUInt32BE(Math.round(((shape.wallUs - seconds * 1e6) * 2 ** 32) / 1e6), at);
  return writeU64(block, at, mediaTicks);
}

function writeU64(block: Buffer, from: number, value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return block.writeUInt32BE(value - high * 2 ** 32, block.writeUInt32BE(high, from));
}
