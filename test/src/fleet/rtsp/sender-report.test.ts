import { expect, test } from 'vitest';
import { buildSenderReport } from './sender-report.ts';

test('a sender report is a compound packet of RFC 3550', () => {
  const packet = buildSenderReport({
    ssrc: 0xdeadbeef,
    clockMs: Date.UTC(2024, 1, 8, 3, 0, 0) + 500,
    rtpTimestamp: 0x01020304,
    packetCount: 7,
    octetCount: 9000,
    canonicalName: '127.20.0.1',
  });
  expect(packet.length % 4).toBe(0);
  expect(packet.subarray(0, 4).toString('hex')).toBe('80c80006');
  expect(packet.readUInt32BE(4)).toBe(0xdeadbeef);
  expect(packet.readUInt32BE(8) - 2_208_988_800).toBe(Date.UTC(2024, 1, 8, 3, 0, 0) / 1000);
  expect(packet.readUInt32BE(12) / 2 ** 32).toBeCloseTo(0.5, 6);
  expect(packet.readUInt32BE(16)).toBe(0x01020304);
  expect(packet.readUInt32BE(20)).toBe(7);
  expect(packet.readUInt32BE(24)).toBe(9000);
  const source = packet.subarray(28);
  expect(source[1]).toBe(202);
  expect((source.readUInt16BE(2) + 1) * 4).toBe(source.length);
  expect(source.toString('latin1', 10, 10 + (source[9] ?? 0))).toBe('127.20.0.1');
  expect(source[10 + (source[9] ?? 0)]).toBe(0);
});
