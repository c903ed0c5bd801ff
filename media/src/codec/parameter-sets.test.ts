import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import { parseH264Sps } from './h264-parameter-sets.ts';
import { parseH265Sps } from './h265-parameter-sets.ts';
import { ParameterSets, videoCodecString } from './video-format.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
// x264 and x265, 320x240 at 25 pictures a second.
const h264Sps = hex('674d400dd90141fb011000000300100000030320f142a480');
const h265Vps = hex('40010c01ffff01600000030090000003000003003c959809');
const h265Sps = hex(
  '42010101600000030090000003000003003ca00a080f165959a4932bc05a020000030002000003003210',
);
const h265Pps = hex('4401c172b46240');

test('an H.264 SPS tells size, profile and frame rate', () => {
  expect(parseH264Sps(h264Sps)).toMatchObject({
    id: 0,
    profileIdc: 77,
    levelIdc: 13,
    widthPx: 320,
    heightPx: 240,
    chromaFormatIdc: 1,
    frameRateFps: 25,
  });
});

test('an H.265 SPS tells size, profile and frame rate', () => {
  const sps = parseH265Sps(h265Sps);
  expect(sps).toMatchObject({ widthPx: 320, heightPx: 240, bitDepthLuma: 8, frameRateFps: 25 });
  const sets = new ParameterSets('H265');
  for (const nal of [h265Pps, h265Vps, h265Sps]) sets.accept(nal, 0, nal.length);
  const format = sets.format();
  if (format === undefined) throw new Error('no format');
  expect(videoCodecString(format)).toBe('hvc1.1.6.L60.90');
});

test('1080 lines are cropped from 1088', () => {
  const sps = hex('67640028ac2ca501e0089f9701100000030010000003032078c19e00');
  expect(parseH264Sps(sps)).toMatchObject({ widthPx: 1920, heightPx: 1080 });
});

test('whatever the bytes, the parsers give a sane size or a coded error', () => {
  const mutate = (base: Buffer) =>
    fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const bytes = Buffer.from(base);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const check = (parse: (nal: Uint8Array) => { widthPx: number; heightPx: number }) =>
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 80 }), mutate(h264Sps), mutate(h265Sps)),
      (bytes) => {
        try {
          const { widthPx, heightPx } = parse(bytes);
          expect(widthPx).toBeGreaterThan(0);
          expect(heightPx).toBeLessThanOrEqual(16384);
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
        }
      },
    );
  fc.assert(check(parseH264Sps), { numRuns: 1000 });
  fc.assert(check(parseH265Sps), { numRuns: 1000 });
});

test('parameter sets are bounded in number and size', () => {
  const sets = new ParameterSets('H264');
  for (let id = 0; id < 256; id++) {
    // pic_parameter_set_id as ue(v), then seq_parameter_set_id 0.
    const bits = `${(id + 1).toString(2).padStart(2 * Math.floor(Math.log2(id + 1)) + 1, '0')}11`;
    const bytes = [0x68];
    for (let at = 0; at < bits.length; at += 8) {
      bytes.push(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2));
    }
    const nal = Buffer.from(bytes);
    sets.accept(nal, 0, nal.length);
  }
  expect(sets.version).toBe(32);
  expect(sets.rejected).toBe(224);
});
