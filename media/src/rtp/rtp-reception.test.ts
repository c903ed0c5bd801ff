import { expect, test } from 'vitest';
import { rtpPacket } from '../rtsp/testing/scripted-rtsp-server.ts';
import { isRtp, rtpPayloadEnd, rtpPayloadOffset, timestampDelta } from './rtp-packet.ts';
import { RtpReception } from './rtp-reception.ts';

function receive(reception: RtpReception, sequences: readonly number[], ssrc = 1): void {
  for (const sequence of sequences) {
    const packet = rtpPacket({ sequence, timestamp: sequence * 3600, ssrc });
    reception.count(packet, 0, sequence * 40_000);
  }
}

test('counts loss over the wrap of sequence numbers, forgives late packets', () => {
  const reception = new RtpReception(90_000);
  receive(reception, [65_533, 65_534, 0, 1, 4]);
  expect(reception.lost).toBe(3);
  receive(reception, [3]);
  expect(reception.lost).toBe(2);
  expect(reception.nextBlock(0)).toMatchObject({
    cumulativeLost: 2,
    highestSequence: 0x1_0004,
    fractionLost: Math.floor((2 * 256) / 8),
  });
  receive(reception, [5, 6]);
  expect(reception.nextBlock(0)?.fractionLost).toBe(0);
});

test('a sender that restarts, or another source, is no loss', () => {
  const reception = new RtpReception(90_000);
  receive(reception, [10, 11, 30_000, 30_001, 30_002]);
  expect(reception.lost).toBe(0);
  receive(reception, [7, 8, 10], 2);
  expect(reception.lost).toBe(1);
  expect(reception.packets).toBe(8);
});

test('jitter is that of RFC 3550 and a clock jump does not blow it up', () => {
  const reception = new RtpReception(90_000);
  for (let index = 0; index < 400; index++) {
    const packet = rtpPacket({ sequence: index, timestamp: index * 3600 });
    reception.count(packet, 0, index * 40_000 + (index % 2) * 10_000);
  }
  expect(reception.jitterMs).toBeCloseTo(10, 1);
  reception.count(rtpPacket({ sequence: 400, timestamp: 0x7000_0000 }), 0, 400 * 40_000);
  expect(reception.jitterMs).toBeCloseTo(10, 1);
});

test('the delay since the last sender report is told in 1/65536 s', () => {
  const reception = new RtpReception(90_000);
  expect(reception.nextBlock(0)).toBeUndefined();
  receive(reception, [1]);
  reception.noteSenderReport({ ssrc: 1, ntpUs: 0, rtpTimestamp: 0, arrivalUs: 1_000_000 });
  expect(reception.nextBlock(3_500_000)?.delaySinceLastReport).toBe(2.5 * 65_536);
});

test('header helpers see sources, extension and padding, and refuse what does not fit', () => {
  const packet = Buffer.concat([
    Buffer.from([0xb1, 0xe0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9]),
    Buffer.from([0xbe, 0xde, 0, 1, 5, 5, 5, 5]),
    Buffer.from([1, 2, 3, 0, 0, 3]),
  ]);
  expect(isRtp(packet, 0, packet.length)).toBe(true);
  expect(rtpPayloadOffset(packet, 0, packet.length)).toBe(24);
  expect(rtpPayloadEnd(packet, 0, packet.length)).toBe(27);
  expect(isRtp(packet, 0, 23)).toBe(false);
  packet[packet.length - 1] = 200;
  expect(isRtp(packet, 0, packet.length)).toBe(false);
  expect(isRtp(Buffer.from([0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 0, 12)).toBe(false);
  expect(timestampDelta(0xffff_fff0, 0x10)).toBe(0x20);
  expect(timestampDelta(0x10, 0xffff_fff0)).toBe(-0x20);
});
