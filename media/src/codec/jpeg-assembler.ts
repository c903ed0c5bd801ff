import {
  isRtp,
  rtpMarker,
  rtpPayloadEnd,
  rtpPayloadOffset,
  rtpSequence,
  rtpSsrc,
  rtpTimestamp,
} from '../rtp/rtp-packet.ts';
import type { AccessUnitListener, AccessUnits } from './access-unit.ts';
import { JpegDepacketizer } from './jpeg-depacketizer.ts';
import type { VideoFormat } from './video-format.ts';

const endOfImage = 0xffd9;
const endOfImageBytes = Buffer.from([0xff, 0xd9]);

/**
 * Assembles the RTP packets of a motion JPEG stream (RFC 2435) into whole JPEG pictures, each an
 * access unit and a key frame. A picture ends with its marker or with the next timestamp; one with a
 * hole is dropped and counted.
 */
export class JpegAssembler implements AccessUnits {
  block: Buffer = Buffer.alloc(0);
  position = 0;
  unitStart = 0;
  timestamp = 0;
  arrivalUs = 0;
  readonly key = true;
  lostPackets = 0;
  latePackets = 0;
  malformedPackets = 0;
  lostUnits = 0;
  sourceChanges = 0;
  readonly parameterSets: AccessUnits['parameterSets'];

  readonly #depacketizer = new JpegDepacketizer();
  readonly #listener: AccessUnitListener;
  readonly #maxUnitBytes: number;
  #open = false;
  /** Its first packet was read. */
  #started = false;
  #damaged = false;
  #scanBytes = 0;
  #synchronised = false;
  #ssrc = 0;
  #nextSequence = 0;
  #format: VideoFormat | undefined;

  constructor(listener: AccessUnitListener, options: { readonly maxUnitBytes: number }) {
    this.#listener = listener;
    this.#maxUnitBytes = options.maxUnitBytes;
    const depacketizer = this.#depacketizer;
    this.parameterSets = {
      get version() {
        return depacketizer.version;
      },
      format: () => this.#currentFormat(),
    };
  }

  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    if (!isRtp(buffer, offset, length)) {
      this.malformedPackets += 1;
      return;
    }
    const sequence = rtpSequence(buffer, offset);
    const ssrc = rtpSsrc(buffer, offset);
    let lossBefore = false;
    if (this.#synchronised && ssrc === this.#ssrc) {
      const ahead = (sequence - this.#nextSequence) & 0xffff;
      if (ahead >= 0x8000) {
        this.latePackets += 1;
        return;
      }
      this.lostPackets += ahead;
      lossBefore = ahead > 0;
    } else {
      if (this.#synchronised) {
        this.flush();
        this.sourceChanges += 1;
      }
      this.#synchronised = true;
      this.#ssrc = ssrc;
    }
    this.#nextSequence = (sequence + 1) & 0xffff;

    const timestamp = rtpTimestamp(buffer, offset);
    if (this.#open && lossBefore) this.#damaged = true;
    if (this.#open && timestamp !== this.timestamp) this.#endUnit();
    const start = rtpPayloadOffset(buffer, offset, length);
    const end = rtpPayloadEnd(buffer, offset, length);
    if (start >= end) return;
    if (!this.#open) this.#openUnit(timestamp, arrivalUs);
    if (!this.#part(buffer, start, end)) {
      this.malformedPackets += 1;
      this.#damaged = true;
    }
    if (rtpMarker(buffer, offset)) this.#endUnit();
  }

  flush(): void {
    if (!this.#open) return;
    // Its marker never came.
    this.#damaged = true;
    this.#endUnit();
  }

  moveTo(block: Buffer, start: number): void {
    const written = this.position - this.unitStart;
    if (written > 0) this.block.copy(block, start, this.unitStart, this.position);
    this.block = block;
    this.unitStart = start;
    this.position = start + written;
  }

  #openUnit(timestamp: number, arrivalUs: number): void {
    this.#open = true;
    this.#started = false;
    this.#damaged = false;
    this.#scanBytes = 0;
    this.timestamp = timestamp;
    this.arrivalUs = arrivalUs;
    this.unitStart = this.position;
  }

  #part(buffer: Buffer, start: number, end: number): boolean {
    const depacketizer = this.#depacketizer;
    if (!depacketizer.read(buffer, start, end)) return false;
    const { fragmentOffset, dataStart, header } = depacketizer;
    if (fragmentOffset === 0 && !this.#started && header !== undefined) {
      this.#started = true;
      this.#listener.accessUnitStarts(this);
      this.#append(header, 0, header.length);
    }
    if (this.#damaged) return true;
    if (!this.#started || fragmentOffset !== this.#scanBytes) {
      this.#damaged = true;
      return true;
    }
    this.#append(buffer, dataStart, end);
    this.#scanBytes += end - dataStart;
    return true;
  }

  #append(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#damaged) return;
    if (this.position - this.unitStart + length > this.#maxUnitBytes) {
      this.#damaged = true;
      return;
    }
    if (this.position + length > this.block.length && !this.#listener.blockFull(this, length)) {
      this.#damaged = true;
      return;
    }
    source.copy(this.block, this.position, start, end);
    this.position += length;
  }

  #endUnit(): void {
    this.#open = false;
    const hasEnd =
      this.position - this.unitStart >= 2 &&
      this.block.readUInt16BE(this.position - 2) === endOfImage;
    if (!this.#damaged && this.#started && !hasEnd) {
      this.#append(endOfImageBytes, 0, endOfImageBytes.length);
    }
    if (!this.#damaged && this.#started) {
      this.#listener.accessUnitEnds(this);
      this.unitStart = this.position;
      return;
    }
    this.position = this.unitStart;
    this.lostUnits += 1;
    this.#listener.accessUnitLost(this);
  }

  #currentFormat(): VideoFormat | undefined {
    const shape = this.#depacketizer.shape;
    if (shape === undefined) return undefined;
    const { widthPx, heightPx } = shape;
    if (
      this.#format?.codec !== 'JPEG' ||
      this.#format.widthPx !== widthPx ||
      this.#format.heightPx !== heightPx
    ) {
      this.#format = { codec: 'JPEG', widthPx, heightPx };
    }
    return this.#format;
  }
}
