import { expect, test } from 'vitest';
import type { PacketMark, ShapedPacket } from '../rtp/h264-shaper.ts';
import { hastenReplay, PictureGroupCache } from './picture-group-cache.ts';

function packet(mark: PacketMark, timestamp: number, sizeBytes = 100): ShapedPacket {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.writeUInt32BE(timestamp, 4);
  return { packet: bytes, mark, missing: 0, timestamp };
}

const timestamps = (packets: readonly ShapedPacket[]): number[] =>
  packets.map((each) => each.timestamp);

test('keeps what came since the latest key picture, its parameter sets included', () => {
  const cache = new PictureGroupCache(10_000);
  cache.push(packet('other', 1));
  expect(cache.beginsWithKeyPicture).toBe(false);
  cache.push(packet('parameter-sets', 2));
  cache.push(packet('other', 2));
  cache.push(packet('key-picture', 2));
  cache.push(packet('other', 3));
  expect(cache.beginsWithKeyPicture).toBe(true);
  cache.push(packet('parameter-sets', 4));
  cache.push(packet('key-picture', 4));
  cache.push(packet('other', 5));
  expect(timestamps(cache.take())).toEqual([4, 4, 5]);
  expect(cache.take()).toEqual([]);
});

test('an aggregate that holds its parameter sets begins a group by itself', () => {
  const cache = new PictureGroupCache(10_000);
  cache.push(packet('key-picture', 1));
  cache.push(packet('key-picture', 2));
  expect(timestamps(cache.take())).toEqual([2]);
});

test('a group above the limit is given up until the next key picture', () => {
  const cache = new PictureGroupCache(1000);
  cache.push(packet('key-picture', 1, 600));
  cache.push(packet('other', 2, 600));
  cache.push(packet('other', 3, 100));
  expect(cache.take()).toEqual([]);
  cache.push(packet('key-picture', 4, 600));
  expect(timestamps(cache.take())).toEqual([4]);
});

test('a replay puts pictures 1 ms apart, in order, the last at its own time', () => {
  const wrap = 0xffff_ff00;
  const group = [wrap, wrap, wrap + 6000, wrap + 12_000, wrap + 12_000].map((timestamp) =>
    packet('other', timestamp >>> 0),
  );
  hastenReplay(group);
  const last = (wrap + 12_000) >>> 0;
  expect(group.map((each) => each.packet.readUInt32BE(4))).toEqual([
    last - 180,
    last - 180,
    last - 90,
    last,
    last,
  ]);
});
