import { ManualClock } from '@nigehban/media/testing/manual-clock.ts';
import { expect, test } from 'vitest';
import type { ShapedPacket } from '../rtp/h264-shaper.ts';
import { PacedSender } from './paced-sender.ts';

function packet(missing = 0, sizeBytes = 1000): ShapedPacket {
  return { packet: Buffer.alloc(sizeBytes), mark: 'other', missing, timestamp: 0 };
}

function sender() {
  const clock = new ManualClock();
  const sequences: number[] = [];
  const under = new PacedSender(clock, 100, (sent) => sequences.push(sent.readUInt16BE(2)));
  return { clock, sequences, under };
}

test('live packets leave at once, numbered on, with losses left out', () => {
  const { under, sequences } = sender();
  for (const missing of [0, 0, 2, 0]) under.live(packet(missing));
  expect(sequences).toEqual([100, 101, 104, 105]);
});

test('a replay leaves in slices, live packets wait behind it, and no number is left out', () => {
  const { clock, under, sequences } = sender();
  under.live(packet());
  under.replay([packet(7), ...Array.from({ length: 199 }, () => packet())]);
  under.live(packet());
  const first = sequences.length;
  expect(first).toBeGreaterThan(1);
  expect(first).toBeLessThan(80);
  clock.advance(100);
  under.live(packet());
  expect(sequences).toEqual(Array.from({ length: 203 }, (_, index) => 100 + index));
  expect(clock.pending).toBe(0);
});

test('stopping forgets the rest of a replay', () => {
  const { clock, under, sequences } = sender();
  under.replay(Array.from({ length: 200 }, () => packet()));
  const sent = sequences.length;
  under.stop();
  clock.advance(1000);
  expect(sequences).toHaveLength(sent);
});
