import { expect, test } from 'vitest';
import { readFrameIndex } from './frame-code.ts';
import { scenePainter } from './scene-painter.ts';

test.each([
  ['ENTRANCE', 'day', 1280, 720],
  ['COUNT_TABLE', 'night', 640, 360],
  ['BOOTH', 'night', 160, 90],
] as const)(
  'the number of each painted frame can be read: %s by %s at %i',
  (view, light, width, height) => {
    const paint = scenePainter({ view, light, seed: 3 }, width, height, 150);
    for (const index of [0, 1, 2, 77, 149, 4095]) {
      expect(readFrameIndex(paint(index).subarray(0, width * height), width)).toBe(index);
    }
  },
);

test('a flipped square is noticed', () => {
  const width = 320;
  const paint = scenePainter({ view: 'BOOTH', light: 'day', seed: 1 }, width, 180, 60);
  const luma = Buffer.from(paint(5).subarray(0, width * 180));
  for (let row = 0; row < 8; row += 1) luma.fill(235, row * width + 8 * 4, row * width + 8 * 5);
  expect(readFrameIndex(luma, width)).toBeNull();
});

test('a picture without squares has no number', () => {
  expect(readFrameIndex(Buffer.alloc(320 * 180, 128), 320)).toBeNull();
});

test('the same scene is painted the same, another seed another', () => {
  const picture = (seed: number) =>
    Buffer.from(scenePainter({ view: 'BOOTH', light: 'night', seed }, 320, 180, 60)(7));
  expect(picture(4).equals(picture(4))).toBe(true);
  expect(picture(4).equals(picture(5))).toBe(false);
});
