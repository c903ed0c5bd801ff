import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitAccessUnits, splitAnnexB } from './annex-b.ts';

/** NAL units as they may be: no start code inside (emulation prevention), no zero at the end. */
const nalUnit = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from([...bytes].map((byte) => (byte < 4 ? byte + 4 : byte))));

test('splitting gives back what was joined, with short and long start codes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nalUnit, fc.boolean()), { minLength: 1 }), (parts) => {
      const stream = Buffer.concat(
        parts.flatMap(([unit, isLong]) => [Buffer.from(isLong ? [0, 0, 0, 1] : [0, 0, 1]), unit]),
      );
      const units = splitAnnexB(stream);
      expect(units.map((unit) => unit.toString('hex'))).toEqual(
        parts.map(([unit]) => unit.toString('hex')),
      );
    }),
  );
});

function stream(...units: number[][]): Buffer {
  return Buffer.concat(units.map((unit) => Buffer.from([0, 0, 0, 1, ...unit])));
}

test('slices of one H.264 picture stay together; parameter sets open the next', () => {
  const pictures = splitAccessUnits(
    'H264',
    stream(
      [0x67, 0x42, 0xc0],
      [0x68, 0xce],
      [0x65, 0x88, 0x11],
      [0x65, 0x04, 0x11],
      [0x41, 0x9a, 0x22],
      [0x41, 0x05, 0x22],
      [0x67, 0x42, 0xc0],
      [0x65, 0x88, 0x33],
    ),
  );
  expect(pictures.map(({ nalUnits }) => nalUnits.length)).toEqual([4, 2, 2]);
  expect(pictures.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, false, true]);
});

test('H.265 pictures are told apart by first_slice_segment_in_pic_flag', () => {
  const pictures = splitAccessUnits(
    'H265',
    stream(
      [0x40, 0x01, 0x0c],
      [0x42, 0x01, 0x01],
      [0x44, 0x01, 0xc1],
      [0x26, 0x01, 0xaf],
      [0x26, 0x01, 0x2f],
      [0x02, 0x01, 0xd0],
      [0x02, 0x01, 0xd1],
    ),
  );
  expect(pictures.map(({ nalUnits }) => nalUnits.length)).toEqual([5, 1, 1]);
  expect(pictures.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, false, false]);
});
