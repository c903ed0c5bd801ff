import type { InterleavedPacket } from './test-rtsp-client.ts';

/** The fields of an RTP packet that tests look at. */
export interface RtpView {
  readonly channel: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  /** The packet begins or continues an H.264 IDR picture or carries its parameter sets. */
  readonly isKey: boolean;
  readonly arrivedMs: number;
}

/** Reads an RTP packet with an H.264 payload. */
export function viewRtp({ channel, packet, arrivedMs }: InterleavedPacket): RtpView {
  const type = (packet[12] ?? 0) & 0x1f;
  const inner =
    type === 28 ? (packet[13] ?? 0) & 0x1f : type === 24 ? (packet[15] ?? 0) & 0x1f : type;
  return {
    channel,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    marker: ((packet[1] ?? 0) & 0x80) !== 0,
    isKey: inner === 5 || inner === 7,
    arrivedMs,
  };
}

/** What an RTCP sender report says: SSRC, wall time in ms since 1970, RTP timestamp. */
export function viewSenderReport(packet: Buffer): {
  readonly ssrc: number;
  readonly clockMs: number;
  readonly timestamp: number;
} {
  return {
    ssrc: packet.readUInt32BE(4),
    clockMs:
      (packet.readUInt32BE(8) - 2_208_988_800) * 1000 +
      (packet.readUInt32BE(12) / 0x1_0000_0000) * 1000,
    timestamp: packet.readUInt32BE(16),
  };
}

/** The step from one 32-bit timestamp to another, signed. */
export function ticksBetween(from: number, to: number): number {
  return (to - from) | 0;
}
