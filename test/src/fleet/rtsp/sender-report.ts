const ntpEpochOffsetS = 2_208_988_800;

/** What one sender report says (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly ssrc: number;
  /** The sender's own clock, milliseconds since 1970. */
  readonly clockMs: number;
  /** The RTP timestamp of that moment. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly canonicalName: string;
}

/** A compound RTCP packet: sender report without report blocks, and SDES with the CNAME. */
export function buildSenderReport(report: SenderReport): Buffer {
  const name = Buffer.from(report.canonicalName);
  // SSRC, item header, name, and at least one zero octet up to a multiple of four.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(28 + 4 + chunkBytes);
  const seconds = Math.floor(report.clockMs / 1000);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(200, 1);
  packet.writeUInt16BE(6, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE((seconds + ntpEpochOffsetS) % 0x1_0000_0000, 8);
  packet.writeUInt32BE(Math.floor(((report.clockMs / 1000) % 1) * 0x1_0000_0000), 12);
  packet.writeUInt32BE(report.rtpTimestamp, 16);
  packet.writeUInt32BE(report.packetCount >>> 0, 20);
  packet.writeUInt32BE(report.octetCount >>> 0, 24);
  packet.writeUInt8(0x81, 28);
  packet.writeUInt8(202, 29);
  packet.writeUInt16BE(chunkBytes / 4, 30);
  packet.writeUInt32BE(report.ssrc, 32);
  packet.writeUInt8(1, 36);
  packet.writeUInt8(name.length, 37);
  name.copy(packet, 38);
  return packet;
}
