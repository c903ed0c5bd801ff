import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SenderReport } from '../hub/stream-hub-types.ts';
import { buildReceiverReport, middleNtp, ntpToUnixUs, readRtcp } from './rtcp-packet.ts';

function read(bytes: Buffer): { reports: SenderReport[]; byes: number[] } {
  const reports: SenderReport[] = [];
  const byes: number[] = [];
  readRtcp(bytes, 0, bytes.length, 42, {
    onSenderReport: (report) => reports.push(report),
    onBye: (ssrc) => byes.push(ssrc),
  });
  return { reports, byes };
}

function senderReport(ntpSeconds: number, ntpFraction: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes[0] = 0x80;
  bytes[1] = 200;
  bytes.writeUInt16BE(6, 2);
  bytes.writeUInt32BE(0xdead_beef, 4);
  bytes.writeUInt32BE(ntpSeconds, 8);
  bytes.writeUInt32BE(ntpFraction, 12);
  bytes.writeUInt32BE(0xffff_fff0, 16);
  return bytes;
}

const SDES = Buffer.from([0x81, 202, 0, 2, 1, 2, 3, 4, 1, 0, 0, 0]);
const BYE = Buffer.from([0x82, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6]);

test('walks a compound of sender report, description and bye', () => {
  // 2026-01-01T00:00:00.5Z
  const bytes = Buffer.concat([senderReport(3_976_214_400, 0x8000_0000), SDES, BYE]);
  expect(read(bytes)).toEqual({
    reports: [
      {
        ssrc: 0xdead_beef,
        ntpUs: Date.UTC(2026, 0, 1) * 1000 + 500_000,
        rtpTimestamp: 0xffff_fff0,
        arrivalUs: 42,
      },
    ],
    byes: [5, 6],
  });
});

test('a sender report without wall clock is passed over; NTP seconds wrap in 2036', () => {
  expect(read(senderReport(0, 5)).reports).toEqual([]);
  expect(ntpToUnixUs(0, 0)).toBe(Date.UTC(2036, 1, 7, 6, 28, 16) * 1000);
});

test('any bytes: no throw, no report from beyond the end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const { reports } = read(Buffer.from(bytes));
      expect(reports.length).toBeLessThanOrEqual(Math.floor(bytes.length / 28));
    }),
  );
  const cut = senderReport(1, 1);
  expect(read(cut.subarray(0, 27)).reports).toEqual([]);
});

test('builds a receiver report with description', () => {
  const packet = buildReceiverReport(0xaabb_ccdd, {
    ssrc: 0x0102_0304,
    fractionLost: 128,
    cumulativeLost: -2,
    highestSequence: 0x0001_0005,
    jitterTicks: 77,
    lastReportNtp: middleNtp(Date.UTC(2026, 0, 1) * 1000 + 500_000),
    delaySinceLastReport: 65_536,
  });
  expect(packet.readUInt16BE(2)).toBe(7);
  expect(packet.readUInt32BE(4)).toBe(0xaabb_ccdd);
  expect(packet.readUInt32BE(8)).toBe(0x0102_0304);
  expect(packet[12]).toBe(128);
  expect(packet.readIntBE(13, 3)).toBe(-2);
  expect(packet.readUInt32BE(16)).toBe(0x0001_0005);
  expect(packet.readUInt32BE(24)).toBe(((3_976_214_400 & 0xffff) * 65_536 + 0x8000) >>> 0);
  const sdes = packet.subarray(32);
  expect(sdes[1]).toBe(202);
  expect((sdes.readUInt16BE(2) + 1) * 4).toBe(sdes.length);
  expect(sdes.toString('latin1', 10, 18)).toBe('nigehban');
  expect(sdes.at(-1)).toBe(0);
});
