import { expect, test } from 'vitest';
import { homeWorker } from './home-worker.ts';

const cameras = Array.from({ length: 4000 }, (_, index) => index + 1);

test('cameras are spread evenly', () => {
  const counts = [0, 0, 0, 0];
  for (const camera of cameras) {
    const home = homeWorker(camera, [0, 1, 2, 3]);
    if (home !== undefined) counts[home] = (counts[home] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test('a missing worker moves only its own cameras', () => {
  for (const camera of cameras) {
    const home = homeWorker(camera, [0, 1, 2, 3]);
    const without = homeWorker(camera, [0, 1, 3]);
    if (home !== 2) expect(without).toBe(home);
    else expect([0, 1, 3]).toContain(without);
  }
});

test('without workers there is no home', () => {
  expect(homeWorker(1, [])).toBeUndefined();
});
