/** Where the parts of one RTP packet (RFC 3550 §5.1) lie in a buffer. Reused between packets. */
export interface RtpView {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadStart: number;
  payloadEnd: number;
}

export const rtpHeaderBytes = 12;

export function emptyRtpView(): RtpView {
  return {
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/**
 * Fills `view` from `buffer[offset, offset + length)`; contributing sources, header extension and
 * padding are left out of the payload. False when it is not a whole RTP version 2 packet with payload.
 */
export function readRtp(buffer: Buffer, offset: number, length: number, view: RtpView): boolean {
  if (length < rtpHeaderBytes) return false;
  const end = offset + length;
  const first = buffer.readUInt8(offset);
  if (first >> 6 !== 2) return false;
  let start = offset + rtpHeaderBytes + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (start + 4 > end) return false;
    start += 4 + 4 * buffer.readUInt16BE(start + 2);
  }
  const payloadEnd = (first & 0x20) === 0 ? end : end - buffer.readUInt8(end - 1);
  if (start >= payloadEnd) return false;
  const second = buffer.readUInt8(offset + 1);
  view.marker = (second & 0x80) !== 0;
  view.payloadType = second & 0x7f;
  view.sequence = buffer.readUInt16BE(offset + 2);
  view.timestamp = buffer.readUInt32BE(offset + 4);
  view.ssrc = buffer.readUInt32BE(offset + 8);
  view.payloadStart = start;
  view.payloadEnd = payloadEnd;
  return true;
}

/** Writes a plain 12-byte header (no extension, no contributing sources) at the start of `packet`. */
export function writeRtpHeader(
  packet: Buffer,
  marker: boolean,
  payloadType: number,
  timestamp: number,
  ssrc: number,
): void {
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
  packet.writeUInt16BE(0, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
}

/** `a - b` of two 16-bit sequence numbers, as -32768…32767. */
export function sequenceDifference(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** `a - b` of two 32-bit RTP timestamps, as a signed 32-bit number. */
export function timestampDifference(a: number, b: number): number {
  return (a - b) | 0;
}
