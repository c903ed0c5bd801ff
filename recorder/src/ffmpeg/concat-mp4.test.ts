import { expect, test } from 'vitest';
import { buildConcatList, buildConcatOptions, parseTimemark } from './concat-mp4.ts';

test('the list names each file with its exact length; quotes in paths are safe', () => {
  const list = buildConcatList([
    { path: "/data/it's here/1.mp4", durationUs: 60_013_000 },
    { path: '/data/2.mp4', durationUs: 2_000_000 / 3 },
  ]);
  expect(list.split('\n')).toEqual([
    'ffconcat version 1.0',
    "file '/data/it'\\''s here/1.mp4'",
    'duration 60.013000',
    "file '/data/2.mp4'",
    'duration 0.666667',
    '',
  ]);
});

test('nothing is encoded; G.711 goes into the QuickTime form, H.265 keeps its name', () => {
  const plain = buildConcatOptions('avc1.4d001f');
  expect(plain.join(' ')).toBe('-map 0 -c copy -movflags +faststart -f mp4');
  expect(buildConcatOptions('avc1.4d001f,ulaw').at(-1)).toBe('mov');
  expect(buildConcatOptions('hvc1.1.6.L93.B0,mp4a.40.2').join(' ')).toContain('-tag:v hvc1');
  expect(buildConcatOptions('hvc1.1.6.L93.B0,mp4a.40.2').at(-1)).toBe('mp4');
});

test.each([
  ['00:01:02.50', 62_500_000],
  ['25:00:00.00', 90_000_000_000],
  ['N/A', 0],
  ['-00:00:00.02', 0],
])("ffmpeg's time %s is %d µs", (text, us) => {
  expect(parseTimemark(text)).toBe(us);
});
