import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rtpPacket } from '../testing/rtp-packets.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { rtpSequence } from './rtp-packet.ts';

function collect(limits = { maxPackets: 64, maxDelayUs: 100_000 }) {
  const sequences: number[] = [];
  const arrivals: number[] = [];
  const buffer = new ReorderBuffer((packet, offset, _length, arrivalUs) => {
    sequences.push(rtpSequence(packet, offset));
    arrivals.push(arrivalUs);
  }, limits);
  const push = (sequence: number, arrivalUs = 0, ssrc = 1) =>
    buffer.push(
      rtpPacket(Buffer.alloc(3), { sequence, timestamp: 0, marker: false, ssrc }),
      arrivalUs,
    );
  return { buffer, sequences, arrivals, push };
}

test('whatever the order within its window, packets come out in sequence, once, over the wrap', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.array(fc.tuple(fc.nat(20), fc.boolean()), { minLength: 1, maxLength: 300 }),
      (first, packets) => {
        const { sequences, push, buffer } = collect();
        // Each packet is late by up to 20 places, and may come twice.
        const order = packets
          .map(([late], index) => ({ index, at: index + (index === 0 ? 0 : late) }))
          .sort((a, b) => a.at - b.at || a.index - b.index);
        for (const { index } of order) {
          push((first + index) & 0xffff);
          if (packets[index]?.[1]) push((first + index) & 0xffff);
        }
        buffer.flush();
        expect(sequences).toEqual(packets.map((_, index) => (first + index) & 0xffff));
        expect(buffer.held).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

test('any packets: sequence never goes back but at a restart, and memory is bounded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(0xffff), fc.nat(3), fc.nat(50_000)), { maxLength: 300 }),
      (packets) => {
        const { push, buffer, sequences } = collect();
        let nowUs = 0;
        for (const [sequence, ssrc, stepUs] of packets) {
          nowUs += stepUs;
          push(sequence, nowUs, ssrc);
          expect(buffer.held).toBeLessThan(64);
        }
        buffer.flush();
        expect(sequences.length + buffer.dropped).toBe(packets.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('a lost packet holds the others up for 100 ms and no longer', () => {
  const { push, buffer, sequences, arrivals } = collect();
  push(10, 0);
  push(12, 1000);
  push(13, 60_000);
  expect(sequences).toEqual([10]);
  buffer.expire(100_999);
  expect(sequences).toEqual([10]);
  buffer.expire(101_000);
  expect(sequences).toEqual([10, 12, 13]);
  // Each keeps the time at which it came.
  expect(arrivals).toEqual([0, 1000, 60_000]);
  push(11, 102_000);
  expect(sequences).toEqual([10, 12, 13]);
  expect(buffer.dropped).toBe(1);
});

test('a second hole is waited for from its own packets on', () => {
  const { push, buffer, sequences } = collect();
  push(1, 0);
  push(3, 1000);
  push(5, 90_000);
  buffer.expire(101_000);
  expect(sequences).toEqual([1, 3]);
  push(4, 110_000);
  expect(sequences).toEqual([1, 3, 4, 5]);
});

test('an outage of more packets than may wait costs no delay', () => {
  const { push, sequences } = collect();
  push(1);
  push(3);
  push(2000);
  push(2001);
  expect(sequences).toEqual([1, 3, 2000, 2001]);
});

test('a sender that begins anew is followed at its second packet; a lone stray is not', () => {
  const { push, sequences } = collect();
  push(40_000);
  push(500);
  push(40_001);
  expect(sequences).toEqual([40_000, 40_001]);
  push(7000);
  push(7001);
  push(7002);
  expect(sequences).toEqual([40_000, 40_001, 7001, 7002]);
});

test('another source is followed at once', () => {
  const { push, sequences } = collect();
  push(100, 0, 1);
  push(102, 0, 1);
  push(50, 0, 2);
  expect(sequences).toEqual([100, 102, 50]);
});
