import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eachInSlices } from './in-slices.ts';

test('others get their turn while many items are worked on, and each item is worked on once', async () => {
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  const done: number[] = [];
  const seenByOthers: number[] = [];
  const all = eachInSlices(items, (item) => done.push(item), 0);
  let over = false;
  void all.then(() => {
    over = true;
  });
  while (!over) {
    seenByOthers.push(done.length);
    await setImmediate();
  }
  expect(done).toEqual(items);
  expect(seenByOthers[0]).toBe(128);
  expect(seenByOthers.length).toBeGreaterThan(3);
});

test('a few items are done within the call', () => {
  const done: string[] = [];
  void eachInSlices(['a', 'b'], (item) => done.push(item), 0);
  expect(done).toEqual(['a', 'b']);
});
