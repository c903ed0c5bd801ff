import type { NalDepacketizer, NalSink } from './nal-sink.ts';

const typeAggregation = 48;
const typeFragmentation = 49;

/**
 * RTP payload format for H.265 (RFC 7798): single NAL units, aggregation packets and fragmentation
 * units, without decoding order numbers (`sprop-max-don-diff` 0, what cameras send). PACI packets
 * are refused.
 */
export class H265Depacketizer implements NalDepacketizer {
  readonly #sink: NalSink;
  #inFragment = false;

  constructor(sink: NalSink) {
    this.#sink = sink;
  }

  payload(buffer: Buffer, offset: number, length: number, lossBefore: boolean): boolean {
    if (lossBefore) this.reset();
    if (length < 3) return false;
    const type = ((buffer[offset] ?? 0) >> 1) & 0x3f;
    if (type === typeFragmentation) return this.#fragment(buffer, offset, length);
    this.reset();
    if (type < typeAggregation) {
      this.#sink.nal(buffer, offset, length);
      return true;
    }
    if (type === typeAggregation) return this.#aggregate(buffer, offset + 2, offset + length);
    return false;
  }

  reset(): void {
    if (this.#inFragment) {
      this.#inFragment = false;
      this.#sink.fragmentLost();
    }
  }

  /** §4.4.2: each NAL unit behind its 16-bit size. */
  #aggregate(buffer: Buffer, from: number, end: number): boolean {
    let position = from;
    while (position < end) {
      if (position + 2 > end) return false;
      const size = ((buffer[position] ?? 0) << 8) | (buffer[position + 1] ?? 0);
      position += 2;
      if (size < 2 || position + size > end) return false;
      if ((((buffer[position] ?? 0) >> 1) & 0x3f) >= typeAggregation) return false;
      this.#sink.nal(buffer, position, size);
      position += size;
    }
    return true;
  }

  /** §4.4.3: payload header, FU header, fragment. */
  #fragment(buffer: Buffer, offset: number, length: number): boolean {
    if (length < 4) return false;
    const header = buffer[offset + 2] ?? 0;
    const start = (header & 0x80) !== 0;
    const end = (header & 0x40) !== 0;
    if (start) {
      this.reset();
      const nalType = header & 0x3f;
      if (nalType >= typeAggregation) return false;
      const high = ((buffer[offset] ?? 0) & 0x81) | (nalType << 1);
      this.#inFragment = true;
      this.#sink.fragmentStart(
        (high << 8) | (buffer[offset + 1] ?? 0),
        2,
        buffer,
        offset + 3,
        length - 3,
      );
    } else {
      if (!this.#inFragment) return true;
      this.#sink.fragmentMore(buffer, offset + 3, length - 3);
    }
    if (end && this.#inFragment) {
      this.#inFragment = false;
      this.#sink.fragmentEnd();
    }
    return true;
  }
}
