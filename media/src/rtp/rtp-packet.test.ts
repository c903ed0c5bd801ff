import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRtp, rtpPayloadEnd, rtpPayloadOffset, timestampDelta } from './rtp-packet.ts';
import { RtpReception } from './rtp-reception.ts';

/** Bytes that look like RTP more often than chance would have it. */
const packet = fc
  .tuple(fc.constantFrom(0x80, 0x90, 0xa0, 0xb0, 0x8f, 0xbf, 0), fc.uint8Array({ maxLength: 120 }))
  .map(([first, rest]) => Buffer.from([first, ...rest]));

test('the payload of whatever passes as RTP lies inside the packet', () => {
  fc.assert(
    fc.property(packet, fc.nat(8), (bytes, before) => {
      const buffer = Buffer.concat([Buffer.alloc(before, 0xff), bytes, Buffer.alloc(4, 0xff)]);
      if (!isRtp(buffer, before, bytes.length)) return;
      const start = rtpPayloadOffset(buffer, before, bytes.length);
      const end = rtpPayloadEnd(buffer, before, bytes.length);
      expect(start).toBeGreaterThanOrEqual(before + 12);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(before + bytes.length);
    }),
    { numRuns: 3000 },
  );
});

test('lengths, extensions and padding that do not fit are no RTP', () => {
  const bare = Buffer.alloc(12);
  bare[0] = 0x80;
  expect(isRtp(bare, 0, 12)).toBe(true);
  expect(isRtp(bare, 0, 11)).toBe(false);
  const sources = Buffer.from(bare);
  sources[0] = 0x81;
  expect(isRtp(sources, 0, 12)).toBe(false);
  const extended = Buffer.concat([bare, Buffer.from([0, 0, 0, 2, 1, 2, 3, 4])]);
  extended[0] = 0x90;
  expect(isRtp(extended, 0, extended.length)).toBe(false);
  const padded = Buffer.concat([bare, Buffer.from([9])]);
  padded[0] = 0xa0;
  expect(isRtp(padded, 0, padded.length)).toBe(false);
});

test('differences of timestamps are taken the short way round', () => {
  expect(timestampDelta(0xffff_ff00, 0x100)).toBe(0x200);
  expect(timestampDelta(0x100, 0xffff_ff00)).toBe(-0x200);
});

test('counters stay sane whatever the packets say', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.nat(10_000_000))),
      fc.boolean(),
      (packets, sameSource) => {
        const reception = new RtpReception(90_000);
        let nowUs = 1_790_000_000_000_000;
        for (const [bytes, stepUs] of packets) {
          const header = Buffer.from(bytes);
          if (sameSource) header.fill(7, 8);
          nowUs += stepUs;
          reception.count(header, 0, nowUs);
          const block = reception.nextBlock(nowUs);
          expect(block?.fractionLost).toBeLessThanOrEqual(255);
        }
        expect(reception.packets).toBe(packets.length);
        expect(reception.lost).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(reception.jitterMs)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
