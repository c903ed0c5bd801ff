import {
  isRtp,
  rtpPayloadEnd,
  rtpPayloadOffset,
  rtpSequence,
  rtpTimestamp,
} from '../rtp/rtp-packet.ts';
import type { AudioFormat } from './audio-format.ts';

/** Takes the audio samples that an {@link AudioDepacketizer} finds; bytes are valid during the call. */
export interface AudioListener {
  /** `timestamp` is the 32-bit RTP timestamp of the sample, `durationTicks` in the track's clock. */
  audioSample(
    buffer: Buffer,
    offset: number,
    length: number,
    timestamp: number,
    durationTicks: number,
    arrivalUs: number,
  ): void;
}

const accessUnitTicks = 1024;
/** sizeLength 13 bits and indexLength 3 bits of AAC-hbr (RFC 3640 §3.3.6). */
const accessUnitHeaderBytes = 2;
const maxAccessUnitBytes = 8191;

/**
 * Turns audio packets into samples: G.711 (RFC 3551 §4.5.14) payloads as they are, AAC-hbr (RFC 3640)
 * split into access units, fragmented ones put together. Late packets are dropped; malformed ones are
 * counted and dropped.
 */
export class AudioDepacketizer {
  malformedPackets = 0;
  lostPackets = 0;
  readonly #format: AudioFormat;
  readonly #listener: AudioListener;
  #nextSequence = -1;
  #fragment: Buffer | undefined;
  #fragmentBytes = 0;
  #fragmentTimestamp = 0;

  constructor(format: AudioFormat, listener: AudioListener) {
    this.#format = format;
    this.#listener = listener;
  }

  /** One RTP packet, header included. */
  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    if (!isRtp(buffer, offset, length)) {
      this.malformedPackets += 1;
      return;
    }
    const sequence = rtpSequence(buffer, offset);
    if (this.#nextSequence >= 0) {
      const ahead = (sequence - this.#nextSequence) & 0xffff;
      if (ahead >= 0x8000) return;
      this.lostPackets += ahead;
      if (ahead > 0) this.#fragmentBytes = 0;
    }
    this.#nextSequence = (sequence + 1) & 0xffff;
    const start = rtpPayloadOffset(buffer, offset, length);
    const end = rtpPayloadEnd(buffer, offset, length);
    if (start >= end) return;
    const timestamp = rtpTimestamp(buffer, offset);
    if (this.#format.codec === 'MPEG4-GENERIC') {
      if (!this.#accessUnits(buffer, start, end, timestamp, arrivalUs)) this.malformedPackets += 1;
      return;
    }
    const ticks = Math.floor((end - start) / this.#format.channels);
    this.#listener.audioSample(buffer, start, end - start, timestamp, ticks, arrivalUs);
  }

  #accessUnits(
    buffer: Buffer,
    start: number,
    end: number,
    timestamp: number,
    arrivalUs: number,
  ): boolean {
    if (end - start < 4) return false;
    const headerBits = buffer.readUInt16BE(start);
    const units = headerBits >> 4;
    if (headerBits % 16 !== 0 || units === 0) return false;
    let data = start + 2 + units * accessUnitHeaderBytes;
    if (data > end) return false;
    for (let unit = 0; unit < units; unit++) {
      const size = buffer.readUInt16BE(start + 2 + unit * accessUnitHeaderBytes) >> 3;
      if (size === 0) return false;
      if (data + size > end) {
        return units === 1 && this.#collect(buffer, data, end, size, timestamp, arrivalUs);
      }
      this.#listener.audioSample(
        buffer,
        data,
        size,
        (timestamp + unit * accessUnitTicks) >>> 0,
        accessUnitTicks,
        arrivalUs,
      );
      data += size;
    }
    return true;
  }

  /** A fragment of one access unit, whose header repeats the whole size (RFC 3640 §3.2.3). */
  #collect(
    buffer: Buffer,
    from: number,
    end: number,
    sizeBytes: number,
    timestamp: number,
    arrivalUs: number,
  ): boolean {
    this.#fragment ??= Buffer.allocUnsafeSlow(maxAccessUnitBytes);
    if (this.#fragmentBytes === 0 || timestamp !== this.#fragmentTimestamp) {
      this.#fragmentBytes = 0;
      this.#fragmentTimestamp = timestamp;
    }
    if (this.#fragmentBytes + end - from > sizeBytes) {
      this.#fragmentBytes = 0;
      return false;
    }
    buffer.copy(this.#fragment, this.#fragmentBytes, from, end);
    this.#fragmentBytes += end - from;
    if (this.#fragmentBytes === sizeBytes) {
      this.#fragmentBytes = 0;
      this.#listener.audioSample(
        this.#fragment,
        0,
        sizeBytes,
        timestamp,
        accessUnitTicks,
        arrivalUs,
      );
    }
    return true;
  }
}
