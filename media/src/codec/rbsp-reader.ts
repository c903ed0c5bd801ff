import { MediaError } from '../media-error.ts';

/** Parameter sets of real cameras are below 200 bytes; a larger one is refused unread. */
const maxParameterSetBytes = 1024;

/**
 * Reads the fields of a raw byte sequence payload (ISO/IEC 14496-10 §7.2, 23008-2 §7.2): fixed
 * width and Exp-Golomb codes, emulation prevention removed. Reading past the end throws
 * PARAMETER_SETS_INVALID.
 */
export class RbspReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  /** `headerBytes` of the NAL unit are skipped. */
  constructor(nal: Uint8Array, headerBytes: number) {
    if (nal.length > maxParameterSetBytes) throw invalid(`${nal.length} bytes long`);
    this.#bytes = removeEmulationPrevention(nal.subarray(headerBytes));
  }

  /** u(1) as a boolean. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** u(n), n ≤ 32. */
  bits(count: number): number {
    if (this.#bit + count > this.#bytes.length * 8) throw invalid('ends too early');
    let value = 0;
    for (let read = 0; read < count; read++) {
      const byte = this.#bytes[this.#bit >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#bit & 7))) & 1);
      this.#bit += 1;
    }
    return value;
  }

  skip(count: number): void {
    if (this.#bit + count > this.#bytes.length * 8) throw invalid('ends too early');
    this.#bit += count;
  }

  /** ue(v). */
  unsigned(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (zeros > 31) throw invalid('has an Exp-Golomb code of more than 31 zeros');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v). */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

function removeEmulationPrevention(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length] = byte;
    length += 1;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, length);
}

function invalid(what: string): MediaError {
  return new MediaError('PARAMETER_SETS_INVALID', `Parameter set ${what}`);
}
