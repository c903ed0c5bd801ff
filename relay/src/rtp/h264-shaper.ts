import { RtpContinuity } from './rtp-continuity.ts';
import { emptyRtpView, readRtp, rtpHeaderBytes, writeRtpHeader } from './rtp-view.ts';

/**
 * What a packet begins: `parameter-sets` carries an SPS, `key-picture` the first slice of an IDR
 * picture (and perhaps its SPS, as an aggregate), `other` anything else.
 */
export type PacketMark = 'parameter-sets' | 'key-picture' | 'other';

/** One packet on its way to the router; its sequence number is written when it leaves. */
export interface ShapedPacket {
  readonly packet: Buffer;
  readonly mark: PacketMark;
  /** Packets lost before this one. */
  readonly missing: number;
  readonly timestamp: number;
}

export interface ShaperOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Largest payload that passes whole. */
  readonly largestPayloadBytes?: number;
}

/** NAL unit types of H.264 (ITU-T H.264 table 7-1) and of its RTP payload (RFC 6184 table 1). */
const nal = { slice: 1, idr: 5, sps: 7, pps: 8, stapA: 24, fuA: 28 } as const;
/** What larger packets are cut into. */
const fragmentPayloadBytes = 1200;
/**
 * A router takes packets of up to 1500 bytes and resends only those; header, extensions and SRTP tag
 * come on top of the payload. Cameras on RTSP/TCP are free to send 64 KB.
 */
const defaultLargestPayloadBytes = 1420;

/**
 * Turns a camera's H.264 RTP packets (RFC 6184 packetization modes 0 and 1) into what a WebRTC
 * router can forward: a plain header with a fixed SSRC and payload type, one timeline over
 * reconnects, packets within the MTU, and SPS and PPS in front of every key picture. Emits copies;
 * the received memory may be reused after {@link push}.
 */
export class H264Shaper {
  readonly #options: ShaperOptions;
  readonly #largestPayloadBytes: number;
  readonly #emit: (shaped: ShapedPacket) => void;
  readonly #continuity = new RtpContinuity(90_000);
  readonly #view = emptyRtpView();
  #sps: Buffer | undefined;
  #pps: Buffer | undefined;
  #spsSent = false;
  #ppsSent = false;
  #keyPictureTimestamp: number | undefined;
  #missing = 0;

  constructor(options: ShaperOptions, emit: (shaped: ShapedPacket) => void) {
    this.#options = options;
    this.#largestPayloadBytes = options.largestPayloadBytes ?? defaultLargestPayloadBytes;
    this.#emit = emit;
  }

  /** A session begins; `parameterSets` are the SDP's (SPS and PPS without start code), may be empty. */
  startSession(parameterSets: readonly Buffer[]): void {
    this.#continuity.startSession();
    this.#spsSent = false;
    this.#ppsSent = false;
    this.#keyPictureTimestamp = undefined;
    for (const set of parameterSets) this.#remember(set, 0, set.length);
  }

  /** One received packet, `buffer[offset, offset + length)`. What is not RTP or not H.264 is left out. */
  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    const view = this.#view;
    if (!readRtp(buffer, offset, length, view)) return;
    const { payloadStart, payloadEnd } = view;
    const type = buffer.readUInt8(payloadStart) & 0x1f;
    if (type === 0 || (type > nal.stapA && type !== nal.fuA)) return;
    const continuation = this.#continuity.follow(
      view.sequence,
      view.timestamp,
      view.ssrc,
      arrivalUs,
    );
    if (continuation.kind === 'late') return;
    this.#missing += continuation.missing;
    const { timestamp } = continuation;
    if (type === nal.fuA) this.#pushFragment(buffer, payloadStart, payloadEnd, timestamp);
    else if (type === nal.stapA) this.#pushAggregate(buffer, payloadStart, payloadEnd, timestamp);
    else this.#pushUnit(buffer, payloadStart, payloadEnd, timestamp, view.marker);
  }

  #pushUnit(buffer: Buffer, start: number, end: number, timestamp: number, marker: boolean): void {
    const type = buffer.readUInt8(start) & 0x1f;
    const mark = this.#enter(type, timestamp);
    this.#remember(buffer, start, end);
    if (end - start <= this.#largestPayloadBytes) {
      this.#copyOut(buffer, start, end, timestamp, marker, mark);
    } else this.#fragment(buffer, start, end, timestamp, marker, mark);
    this.#leave(type);
  }

  /** FU-A, RFC 6184 §5.8. */
  #pushFragment(buffer: Buffer, start: number, end: number, timestamp: number): void {
    if (end - start < 3) return;
    const { marker } = this.#view;
    const header = buffer.readUInt8(start + 1);
    const type = header & 0x1f;
    const first = (header & 0x80) !== 0;
    const mark = first ? this.#enter(type, timestamp) : 'other';
    if (end - start <= this.#largestPayloadBytes) {
      this.#copyOut(buffer, start, end, timestamp, marker, mark);
    } else {
      const indicator = buffer.readUInt8(start);
      const last = (header & 0x40) !== 0;
      this.#cut(buffer, start + 2, end, indicator, type, first, last, timestamp, marker, mark);
    }
    if (first) this.#leave(type);
  }

  /** STAP-A, RFC 6184 §5.7.1. */
  #pushAggregate(buffer: Buffer, start: number, end: number, timestamp: number): void {
    const { marker } = this.#view;
    const whole = end - start <= this.#largestPayloadBytes;
    let mark: PacketMark = 'other';
    let units = 0;
    for (let at = start + 1; at + 2 < end; ) {
      const size = buffer.readUInt16BE(at);
      const unitStart = at + 2;
      const unitEnd = unitStart + size;
      if (size === 0 || unitEnd > end) break;
      units += 1;
      at = unitEnd;
      const type = buffer.readUInt8(unitStart) & 0x1f;
      if (whole) {
        const entered = this.#enter(type, timestamp);
        if (entered === 'key-picture' || mark === 'other') mark = entered;
        this.#remember(buffer, unitStart, unitEnd);
        this.#leave(type);
      } else this.#pushUnit(buffer, unitStart, unitEnd, timestamp, marker && at + 2 >= end);
    }
    if (whole && units > 0) this.#copyOut(buffer, start, end, timestamp, marker, mark);
  }

  /** Before a NAL unit leaves: puts missing parameter sets in front of a key picture. */
  #enter(type: number, timestamp: number): PacketMark {
    if (type === nal.sps) return 'parameter-sets';
    if (type !== nal.idr || this.#keyPictureTimestamp === timestamp) return 'other';
    if (!(this.#spsSent && this.#ppsSent)) this.#insertParameterSets(timestamp);
    this.#keyPictureTimestamp = timestamp;
    return 'key-picture';
  }

  #leave(type: number): void {
    if (type === nal.sps) this.#spsSent = true;
    else if (type === nal.pps) this.#ppsSent = true;
    else if (isSlice(type)) {
      this.#spsSent = false;
      this.#ppsSent = false;
    }
  }

  #remember(buffer: Buffer, start: number, end: number): void {
    const type = buffer.readUInt8(start) & 0x1f;
    if (type === nal.sps) this.#sps = keep(this.#sps, buffer, start, end);
    else if (type === nal.pps) this.#pps = keep(this.#pps, buffer, start, end);
  }

  #insertParameterSets(timestamp: number): void {
    const sps = this.#sps;
    const pps = this.#pps;
    if (sps === undefined || pps === undefined) return;
    if (sps.length + pps.length + 5 > this.#largestPayloadBytes) {
      this.#copyOut(sps, 0, sps.length, timestamp, false, 'parameter-sets');
      this.#copyOut(pps, 0, pps.length, timestamp, false, 'other');
      return;
    }
    const packet = this.#allocate(1 + 2 + sps.length + 2 + pps.length, timestamp, false);
    let at = rtpHeaderBytes;
    // The aggregate's importance is the highest of its units (RFC 6184 §5.7): parameter sets have 3.
    at = packet.writeUInt8((3 << 5) | nal.stapA, at);
    at = packet.writeUInt16BE(sps.length, at);
    at += sps.copy(packet, at);
    at = packet.writeUInt16BE(pps.length, at);
    pps.copy(packet, at);
    this.#out(packet, timestamp, 'parameter-sets');
  }

  #fragment(
    buffer: Buffer,
    start: number,
    end: number,
    timestamp: number,
    marker: boolean,
    mark: PacketMark,
  ): void {
    const header = buffer.readUInt8(start);
    const indicator = (header & 0xe0) | nal.fuA;
    const type = header & 0x1f;
    this.#cut(buffer, start + 1, end, indicator, type, true, true, timestamp, marker, mark);
  }

  #cut(
    buffer: Buffer,
    start: number,
    end: number,
    indicator: number,
    type: number,
    startsUnit: boolean,
    endsUnit: boolean,
    timestamp: number,
    marker: boolean,
    mark: PacketMark,
  ): void {
    for (let at = start; at < end; at += fragmentPayloadBytes) {
      const pieceEnd = Math.min(end, at + fragmentPayloadBytes);
      const isFirst = at === start;
      const isLast = pieceEnd === end;
      const packet = this.#allocate(2 + pieceEnd - at, timestamp, marker && isLast);
      packet.writeUInt8(indicator, rtpHeaderBytes);
      packet.writeUInt8(
        (startsUnit && isFirst ? 0x80 : 0) | (endsUnit && isLast ? 0x40 : 0) | type,
        rtpHeaderBytes + 1,
      );
      buffer.copy(packet, rtpHeaderBytes + 2, at, pieceEnd);
      this.#out(packet, timestamp, isFirst ? mark : 'other');
    }
  }

  #copyOut(
    buffer: Buffer,
    start: number,
    end: number,
    timestamp: number,
    marker: boolean,
    mark: PacketMark,
  ): void {
    const packet = this.#allocate(end - start, timestamp, marker);
    buffer.copy(packet, rtpHeaderBytes, start, end);
    this.#out(packet, timestamp, mark);
  }

  #allocate(payloadBytes: number, timestamp: number, marker: boolean): Buffer {
    const packet = Buffer.allocUnsafe(rtpHeaderBytes + payloadBytes);
    writeRtpHeader(packet, marker, this.#options.payloadType, timestamp, this.#options.ssrc);
    return packet;
  }

  #out(packet: Buffer, timestamp: number, mark: PacketMark): void {
    const missing = this.#missing;
    this.#missing = 0;
    this.#emit({ packet, mark, missing, timestamp });
  }
}

function isSlice(type: number): boolean {
  return type >= nal.slice && type <= nal.idr;
}

function keep(known: Buffer | undefined, buffer: Buffer, start: number, end: number): Buffer {
  if (known !== undefined && known.compare(buffer, start, end) === 0) return known;
  return Buffer.from(buffer.subarray(start, end));
}
