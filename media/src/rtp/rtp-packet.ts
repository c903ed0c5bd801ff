/** Shortest RTP packet: a header without contributing sources (RFC 3550 §5.1). */
export const RTP_HEADER_BYTES = 12;

/**
 * Whether `buffer[offset, offset + length)` is an RTP packet whose header, extension and padding fit
 * (RFC 3550 §5.1 and appendix A.1).
 */
export function isRtp(buffer: Buffer, offset: number, length: number): boolean {
  if (length < RTP_HEADER_BYTES) return false;
  const first = buffer[offset] ?? 0;
  if (first >> 6 !== 2) return false;
  // Nearly every camera packet: no padding, extension or contributing source.
  if (first === 0x80) return true;
  const payload = rtpPayloadOffset(buffer, offset, length);
  return payload >= 0 && payload <= rtpPayloadEnd(buffer, offset, length);
}

export function rtpMarker(buffer: Buffer, offset: number): boolean {
  return ((buffer[offset + 1] ?? 0) & 0x80) !== 0;
}

export function rtpPayloadType(buffer: Buffer, offset: number): number {
  return (buffer[offset + 1] ?? 0) & 0x7f;
}

export function rtpSequence(buffer: Buffer, offset: number): number {
  return ((buffer[offset + 2] ?? 0) << 8) | (buffer[offset + 3] ?? 0);
}

/** RTP timestamp, 0 to 2^32 - 1. */
export function rtpTimestamp(buffer: Buffer, offset: number): number {
  return uint32(buffer, offset + 4);
}

export function rtpSsrc(buffer: Buffer, offset: number): number {
  return uint32(buffer, offset + 8);
}

/** Where the payload begins, after contributing sources and header extension; -1 when outside. */
export function rtpPayloadOffset(buffer: Buffer, offset: number, length: number): number {
  const first = buffer[offset] ?? 0;
  let header = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (header + 4 > length) return -1;
    const words = ((buffer[offset + header + 2] ?? 0) << 8) | (buffer[offset + header + 3] ?? 0);
    header += 4 + words * 4;
  }
  return header > length ? -1 : offset + header;
}

/** Where the payload ends, before padding; `offset` when the padding count is impossible. */
export function rtpPayloadEnd(buffer: Buffer, offset: number, length: number): number {
  if (((buffer[offset] ?? 0) & 0x20) === 0) return offset + length;
  const padding = buffer[offset + length - 1] ?? 0;
  return padding === 0 || padding > length ? offset : offset + length - padding;
}

/** Difference of two 32-bit RTP timestamps, wrap included: -2^31 to 2^31 - 1. */
export function timestampDelta(from: number, to: number): number {
  return (to - from) | 0;
}

/** Big-endian unsigned 32-bit number. */
export function uint32(buffer: Buffer, offset: number): number {
  return (
    (((buffer[offset] ?? 0) << 24) |
      ((buffer[offset + 1] ?? 0) << 16) |
      ((buffer[offset + 2] ?? 0) << 8) |
      (buffer[offset + 3] ?? 0)) >>>
    0
  );
}
