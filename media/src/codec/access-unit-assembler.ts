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
import { H264Depacketizer } from './h264-depacketizer.ts';
import { H265Depacketizer } from './h265-depacketizer.ts';
import { h264Rules, h265Rules, type NalRules } from './nal-rules.ts';
import type { NalDepacketizer, NalSink } from './nal-sink.ts';
import { ParameterSets } from './video-format.ts';

const emptyBlock = Buffer.alloc(0);
const seiRecoveryPoint = 6;

/**
 * Assembles the RTP packets of one H.264 or H.265 stream into access units: NAL units with a 4-byte
 * length in front, as ISO/IEC 14496-15 stores them, without parameter sets, delimiters and filler.
 * Each payload byte is copied once, into the listener's block; nothing is allocated per packet.
 *
 * An access unit ends when the timestamp changes (the marker bit only tells whether its end was
 * lost: cameras set it on each NAL unit, or never). Late and duplicate packets are dropped; a unit
 * with a hole is dropped and counted.
 */
export class AccessUnitAssembler implements NalSink, AccessUnits {
  readonly parameterSets: ParameterSets;

  /** Where bytes go; set by {@link moveTo}. */
  block: Buffer = emptyBlock;
  position = 0;
  /** Where the access unit in progress begins. */
  unitStart = 0;

  /** Of the access unit in progress. */
  timestamp = 0;
  arrivalUs = 0;
  key = false;

  /** Packets missing by sequence number, late or duplicate packets, and refused payloads. */
  lostPackets = 0;
  latePackets = 0;
  malformedPackets = 0;
  lostUnits = 0;
  /** Grows when the sender's SSRC changes: timestamps before and after are not comparable. */
  sourceChanges = 0;

  readonly #rules: NalRules;
  readonly #depacketizer: NalDepacketizer;
  readonly #listener: AccessUnitListener;
  readonly #maxUnitBytes: number;
  #open = false;
  #sliceSeen = false;
  #damaged = false;
  #markerSeen = false;
  #synchronised = false;
  #ssrc = 0;
  #nextSequence = 0;
  #nalStart = 0;
  #nalRole: ReturnType<NalRules['roleOf']> = 'dropped';

  constructor(
    codec: 'H264' | 'H265',
    parameterSets: readonly Buffer[],
    listener: AccessUnitListener,
    options: { maxUnitBytes: number } = { maxUnitBytes: 4 << 20 },
  ) {
    this.#rules = codec === 'H264' ? h264Rules : h265Rules;
    this.#depacketizer = codec === 'H264' ? new H264Depacketizer(this) : new H265Depacketizer(this);
    this.#listener = listener;
    this.#maxUnitBytes = options.maxUnitBytes;
    this.parameterSets = new ParameterSets(codec);
    for (const nal of parameterSets) this.parameterSets.accept(nal, 0, nal.length);
  }

  /** One RTP packet, header included (RFC 3550 §5.1). */
  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    if (!isRtp(buffer, offset, length)) {
      this.malformedPackets += 1;
      return;
    }
    const start = rtpPayloadOffset(buffer, offset, length);
    const end = rtpPayloadEnd(buffer, offset, length);
    const sequence = rtpSequence(buffer, offset);
    const timestamp = rtpTimestamp(buffer, offset);
    const ssrc = rtpSsrc(buffer, offset);

    let lossBefore = false;
    if (!this.#synchronised || ssrc !== this.#ssrc) {
      if (this.#synchronised) this.#changeSource();
      this.#synchronised = true;
      this.#ssrc = ssrc;
    } else {
      const ahead = (sequence - this.#nextSequence) & 0xffff;
      if (ahead >= 0x8000) {
        this.latePackets += 1;
        return;
      }
      this.lostPackets += ahead;
      lossBefore = ahead > 0;
    }
    this.#nextSequence = (sequence + 1) & 0xffff;

    if (this.#open && timestamp !== this.timestamp) {
      // Without its marker the lost packets may have been this unit's last ones.
      if (lossBefore && !this.#markerSeen) this.#damaged = true;
      this.#endUnit();
    } else if (this.#open && lossBefore) {
      this.#damaged = true;
    }
    if (!this.#open) this.#openUnit(timestamp, arrivalUs);
    // Some cameras keep a stream alive by packets without payload.
    if (start < end && !this.#depacketizer.payload(buffer, start, end - start, lossBefore)) {
      this.malformedPackets += 1;
      this.#damaged = true;
    }
    if (rtpMarker(buffer, offset)) this.#markerSeen = true;
  }

  /** Ends the access unit in progress, as when the stream stops; without its marker it is lost. */
  flush(): void {
    if (!this.#open) return;
    if (!this.#markerSeen) this.#damaged = true;
    this.#endUnit();
  }

  /** Continues in another block at `start`; the bytes of the unit in progress go along. */
  moveTo(block: Buffer, start: number): void {
    const written = this.position - this.unitStart;
    if (written > 0) this.block.copy(block, start, this.unitStart, this.position);
    this.#nalStart += start - this.unitStart;
    this.block = block;
    this.unitStart = start;
    this.position = start + written;
  }

  nal(buffer: Buffer, offset: number, length: number): void {
    const role = this.#rules.roleOf(this.#rules.typeOf(buffer[offset] ?? 0));
    if (role === 'dropped') return;
    if (role === 'parameter-set') {
      this.parameterSets.accept(buffer, offset, offset + length);
      return;
    }
    if (role === 'enhancement') {
      if (this.#isRecoveryPoint(buffer, offset, length)) this.key = true;
    } else {
      this.#sliceStarts(role, buffer[offset + this.#rules.headerBytes] ?? 0);
    }
    if (!this.#makeRoom(length + 4)) return;
    this.block.writeUInt32BE(length, this.position);
    buffer.copy(this.block, this.position + 4, offset, offset + length);
    this.position += length + 4;
  }

  fragmentStart(
    header: number,
    headerBytes: number,
    buffer: Buffer,
    offset: number,
    length: number,
  ): void {
    const first = headerBytes === 1 ? header : header >> 8;
    this.#nalRole = this.#rules.roleOf(this.#rules.typeOf(first));
    if (this.#nalRole === 'slice' || this.#nalRole === 'key-slice') {
      this.#sliceStarts(this.#nalRole, buffer[offset] ?? 0);
    }
    this.#nalStart = this.position;
    if (!this.#makeRoom(length + 4 + headerBytes)) return;
    this.#nalStart = this.position;
    if (headerBytes === 1) this.block[this.position + 4] = header;
    else this.block.writeUInt16BE(header, this.position + 4);
    this.position += 4 + headerBytes;
    buffer.copy(this.block, this.position, offset, offset + length);
    this.position += length;
  }

  fragmentMore(buffer: Buffer, offset: number, length: number): void {
    if (!this.#makeRoom(length)) return;
    buffer.copy(this.block, this.position, offset, offset + length);
    this.position += length;
  }

  fragmentEnd(): void {
    if (this.#damaged) return;
    const length = this.position - this.#nalStart - 4;
    if (this.#nalRole === 'dropped' || this.#nalRole === 'parameter-set') {
      if (this.#nalRole === 'parameter-set') {
        this.parameterSets.accept(this.block, this.#nalStart + 4, this.position);
      }
      this.position = this.#nalStart;
      return;
    }
    this.block.writeUInt32BE(length, this.#nalStart);
  }

  fragmentLost(): void {
    this.#damaged = true;
  }

  #openUnit(timestamp: number, arrivalUs: number): void {
    this.#open = true;
    this.#sliceSeen = false;
    this.#damaged = false;
    this.#markerSeen = false;
    this.key = false;
    this.timestamp = timestamp;
    this.arrivalUs = arrivalUs;
    this.unitStart = this.position;
  }

  #sliceStarts(role: 'slice' | 'key-slice', byteAfterHeader: number): void {
    if (role === 'key-slice') this.key = true;
    if (this.#sliceSeen) return;
    this.#sliceSeen = true;
    if (!this.#rules.isFirstSlice(byteAfterHeader)) this.#damaged = true;
    this.#listener.accessUnitStarts(this);
  }

  #endUnit(): void {
    this.#depacketizer.reset();
    this.#open = false;
    if (!this.#damaged && this.#sliceSeen) {
      this.#listener.accessUnitEnds(this);
      this.unitStart = this.position;
      return;
    }
    this.position = this.unitStart;
    // Parameter sets or messages alone are no picture, and none is missed.
    if (!this.#sliceSeen && !this.#damaged) return;
    this.lostUnits += 1;
    this.#listener.accessUnitLost(this);
  }

  #changeSource(): void {
    if (this.#open) this.flush();
    this.sourceChanges += 1;
  }

  #makeRoom(needed: number): boolean {
    if (this.#damaged) return false;
    if (this.position - this.unitStart + needed > this.#maxUnitBytes) {
      this.#damaged = true;
      return false;
    }
    if (this.position + needed <= this.block.length) return true;
    if (this.#listener.blockFull(this, needed)) return true;
    this.#damaged = true;
    return false;
  }

  /** H.264 recovery point with recovery_frame_cnt 0 (§D.1.8): cameras without IDR pictures. */
  #isRecoveryPoint(buffer: Buffer, offset: number, length: number): boolean {
    return (
      this.#rules.headerBytes === 1 &&
      length >= 4 &&
      buffer[offset + 1] === seiRecoveryPoint &&
      ((buffer[offset + 3] ?? 0) & 0x80) !== 0
    );
  }
}
