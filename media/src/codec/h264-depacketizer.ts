import type { NalDepacketizer, NalSink } from './nal-sink.ts';

const typeStapA = 24;
const typeFuA = 28;

/**
 * RTP payload format for H.264 (RFC 6184): single NAL units, STAP-A and FU-A, which are
 * packetization modes 0 and 1. The interleaved mode's packets (STAP-B, MTAP, FU-B) are refused.
 */
export class H264Depacketizer implements NalDepacketizer {
  readonly #sink: NalSink;
  #inFragment = false;

  constructor(sink: NalSink) {
    this.#sink = sink;
  }

  payload(buffer: Buffer, offset: number, length: number, lossBefore: boolean): boolean {
    if (lossBefore) this.reset();
    if (length < 1) return false;
    const type = (buffer[offset] ?? 0) & 0x1f;
    if (type === typeFuA) return this.#fragment(buffer, offset, length);
    // Anything else inside a fragmented NAL unit means that its end never came.
    this.reset();
    if (type >= 1 && type <= 23) {
      this.#sink.nal(buffer, offset, length);
      return true;
    }
    if (type === typeStapA) return this.#aggregate(buffer, offset + 1, offset + length);
    return false;
  }

  reset(): void {
    if (this.#inFragment) {
      this.#inFragment = false;
      this.#sink.fragmentLost();
    }
  }

  /** §5.7.1: each NAL unit behind its 16-bit size. */
  #aggregate(buffer: Buffer, from: number, end: number): boolean {
    let position = from;
    while (position < end) {
      if (position + 2 > end) return false;
      const size = ((buffer[position] ?? 0) << 8) | (buffer[position + 1] ?? 0);
      position += 2;
      if (size === 0 || position + size > end) return false;
      const type = (buffer[position] ?? 0) & 0x1f;
      if (type < 1 || type > 23) return false;
      this.#sink.nal(buffer, position, size);
      position += size;
    }
    return true;
  }

  /** §5.8: FU indicator, FU header, fragment. */
  #fragment(buffer: Buffer, offset: number, length: number): boolean {
    if (length < 3) return false;
    const indicator = buffer[offset] ?? 0;
    const header = buffer[offset + 1] ?? 0;
    const start = (header & 0x80) !== 0;
    const end = (header & 0x40) !== 0;
    if (start) {
      this.reset();
      const nalType = header & 0x1f;
      if (nalType < 1 || nalType > 23) return false;
      this.#inFragment = true;
      this.#sink.fragmentStart((indicator & 0xe0) | nalType, 1, buffer, offset + 2, length - 2);
    } else {
      // A fragment without its start: the loss is counted by sequence number already.
      if (!this.#inFragment) return true;
      this.#sink.fragmentMore(buffer, offset + 2, length - 2);
    }
    if (end && this.#inFragment) {
      this.#inFragment = false;
      this.#sink.fragmentEnd();
    }
    return true;
  }
}
