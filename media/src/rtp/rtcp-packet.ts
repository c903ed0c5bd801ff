import type { SenderReport } from '../hub/stream-hub-types.ts';
import { uint32 } from './rtp-packet.ts';

export interface RtcpHandler {
  onSenderReport(report: SenderReport): void;
  onBye(ssrc: number): void;
}

/** One report block of a receiver report (RFC 3550 §6.4.1). */
export interface ReceptionBlock {
  readonly ssrc: number;
  /** Fraction lost since the last report, 0 to 255 (256ths). */
  readonly fractionLost: number;
  /** Cumulative packets lost, may be negative by duplicates. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, extended by cycles. */
  readonly highestSequence: number;
  /** Interarrival jitter in the track's clock. */
  readonly jitterTicks: number;
  /** Middle 32 bits of the last sender report's NTP time, 0 when none came. */
  readonly lastReportNtp: number;
  /** Since that report, in 1/65536 s. */
  readonly delaySinceLastReport: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const NTP_TO_UNIX_SECONDS = 2_208_988_800;

/**
 * Walks a compound RTCP packet (RFC 3550 §6.1). A sender report without a wall clock (NTP time 0)
 * is passed over. Stops silently where a length does not fit; never throws.
 */
export function readRtcp(
  buffer: Buffer,
  offset: number,
  length: number,
  arrivalUs: number,
  handler: RtcpHandler,
): void {
  const end = offset + length;
  let at = offset;
  while (at + 8 <= end) {
    const first = buffer[at] ?? 0;
    const bytes = ((((buffer[at + 2] ?? 0) << 8) | (buffer[at + 3] ?? 0)) + 1) * 4;
    if (first >> 6 !== 2 || at + bytes > end) return;
    const type = buffer[at + 1] ?? 0;
    if (type === SENDER_REPORT && bytes >= 28) {
      const ntpSeconds = uint32(buffer, at + 8);
      const ntpFraction = uint32(buffer, at + 12);
      if (ntpSeconds !== 0) {
        handler.onSenderReport({
          ssrc: uint32(buffer, at + 4),
          ntpUs: ntpToUnixUs(ntpSeconds, ntpFraction),
          rtpTimestamp: uint32(buffer, at + 16),
          arrivalUs,
        });
      }
    } else if (type === BYE) {
      const count = Math.min(first & 0x1f, bytes / 4 - 1);
      for (let index = 0; index < count; index++) handler.onBye(uint32(buffer, at + 4 + index * 4));
    }
    at += bytes;
  }
}

/**
 * NTP time as microseconds since the Unix epoch. Seconds below 2^31 are of the era that begins in
 * 2036 (RFC 4330 §3).
 */
export function ntpToUnixUs(seconds: number, fraction: number): number {
  const era = seconds < 0x8000_0000 ? 0x1_0000_0000 : 0;
  const micros = Math.round((fraction * 1_000_000) / 0x1_0000_0000);
  return (seconds + era - NTP_TO_UNIX_SECONDS) * 1_000_000 + micros;
}

/** The middle 32 bits of the NTP time of a wall clock, as `LSR` has them (RFC 3550 §6.4.1). */
export function middleNtp(unixUs: number): number {
  const seconds = Math.floor(unixUs / 1_000_000);
  const fraction = Math.floor(((unixUs - seconds * 1_000_000) * 65_536) / 1_000_000);
  return (((seconds + NTP_TO_UNIX_SECONDS) & 0xffff) * 65_536 + fraction) >>> 0;
}

/** A receiver report with a source description: a compound packet (RFC 3550 §6.4.2, §6.5). */
export function buildReceiverReport(reporterSsrc: number, block: ReceptionBlock): Buffer {
  const name = 'nigehban';
  const itemBytes = 4 + 2 + name.length;
  const sdesBytes = 4 + Math.ceil((itemBytes + 1) / 4) * 4;
  const packet = Buffer.alloc(32 + sdesBytes);
  packet[0] = 0x81;
  packet[1] = RECEIVER_REPORT;
  packet.writeUInt16BE(7, 2);
  packet.writeUInt32BE(reporterSsrc >>> 0, 4);
  packet.writeUInt32BE(block.ssrc >>> 0, 8);
  const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, block.cumulativeLost));
  packet[12] = block.fractionLost;
  packet.writeIntBE(lost, 13, 3);
  packet.writeUInt32BE(block.highestSequence >>> 0, 16);
  packet.writeUInt32BE(block.jitterTicks >>> 0, 20);
  packet.writeUInt32BE(block.lastReportNtp >>> 0, 24);
  packet.writeUInt32BE(block.delaySinceLastReport >>> 0, 28);
  packet[32] = 0x81;
  packet[33] = SOURCE_DESCRIPTION;
  packet.writeUInt16BE(sdesBytes / 4 - 1, 34);
  packet.writeUInt32BE(reporterSsrc >>> 0, 36);
  packet[40] = 1;
  packet[41] = name.length;
  packet.write(name, 42, 'latin1');
  return packet;
}
