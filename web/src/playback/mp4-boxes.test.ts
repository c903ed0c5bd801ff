import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VideoBoxReader } from './mp4-boxes.ts';

function box(type: string, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = parts.flatMap((part) => [...part]);
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  return bytes;
}

const u32 = (value: number): readonly number[] => [0, 0, 0, value];
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function track(id: number, handler: 'vide' | 'soun'): Uint8Array {
  return box(
    'trak',
    box('tkhd', u32(0), u32(0), u32(0), u32(id)),
    box('mdia', box('hdlr', u32(0), u32(0), text(handler))),
  );
}

const fragment = (id: number): Uint8Array => box('traf', box('tfhd', u32(0), u32(id)));
const header = box(
  'moov',
  track(1, 'vide'),
  track(2, 'soun'),
  box('mvex', box('trex', u32(0), u32(1)), box('trex', u32(0), u32(2))),
);
const file = new Uint8Array(
  [
    box('ftyp', text('iso6')),
    header,
    box('prft', u32(7)),
    box('moof', fragment(1), fragment(2)),
    box('mdat', [1, 2, 3]),
  ].flatMap((bytes) => [...bytes]),
);
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function typesIn(bytes: Uint8Array): readonly string[] {
  return [...latin(bytes).matchAll(/trak|trex|traf|free/g)].map((match) => match[0]);
}

test('gives whole boxes that Media Source knows, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: file.length - 1 })), (cuts) => {
      const reader = new VideoBoxReader();
      const places = [0, ...new Set(cuts)].sort((a, b) => a - b);
      const boxes = places.flatMap((from, index) =>
        reader.push(file.subarray(from, places[index + 1] ?? file.length)),
      );
      expect(boxes.map((bytes) => latin(bytes.subarray(4, 8)))).toEqual([
        'ftyp',
        'moov',
        'moof',
        'mdat',
      ]);
      expect(reader.consumedBytes).toBe(file.length);
    }),
  );
});

test('hides the sound in header and fragments without moving a byte', () => {
  const [, movie, moof] = new VideoBoxReader().push(file);
  expect(movie).toHaveLength(header.length);
  expect(movie && typesIn(movie)).toEqual(['trak', 'free', 'trex', 'free']);
  expect(moof && typesIn(moof)).toEqual(['traf', 'free']);
});

test('a box that came in part counts as not read', () => {
  const reader = new VideoBoxReader();
  reader.push(file.subarray(0, file.length - 1));
  const whole = file.length - box('mdat', [1, 2, 3]).length;
  expect(reader.consumedBytes).toBe(whole);
  reader.dropPart();
  expect(reader.push(file.subarray(whole))).toHaveLength(1);
});

test('what is no ISO file is refused', () => {
  expect(() => new VideoBoxReader().push(text('<html><body>502'))).toThrow(RangeError);
});
