import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { expect, test } from 'vitest';
import { createGatherer } from './gather-work.ts';

/** Work whose batches end when the test says so. */
function controlled() {
  const batches: { readonly items: readonly number[]; readonly end: (error?: Error) => void }[] =
    [];
  const work = (items: readonly number[]) =>
    new Promise<void>((resolve, reject) => {
      batches.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { batches, work, items: () => batches.map((batch) => batch.items) };
}

test('a lone item is worked on at once, those that follow together a while later', async () => {
  const clock = createManualClock();
  const { work, items, batches } = controlled();
  const gatherer = createGatherer(clock, 100, work);
  const first = gatherer.add([1]);
  expect(items()).toEqual([[1]]);
  batches[0]?.end();
  await first;
  void gatherer.add([2]);
  clock.advance(60);
  void gatherer.add([3, 4]);
  expect(items()).toEqual([[1]]);
  clock.advance(40);
  expect(items()).toEqual([[1], [2, 3, 4]]);
});

test('a batch waits for the one before it, however long that takes', async () => {
  const clock = createManualClock();
  const { work, items, batches } = controlled();
  const gatherer = createGatherer(clock, 100, work);
  const first = gatherer.add([1]);
  void gatherer.add([2]);
  clock.advance(1_000);
  expect(items()).toEqual([[1]]);
  batches[0]?.end();
  await first;
  await Promise.resolve();
  expect(items()).toEqual([[1], [2]]);
});

test('a batch that fails is its own only, and whoever gave its items hears of it', async () => {
  const clock = createManualClock();
  const { work, batches, items } = controlled();
  const gatherer = createGatherer(clock, 0, work);
  const first = gatherer.add([1]);
  const second = gatherer.add([2]);
  batches[0]?.end(new Error('away'));
  await expect(first).rejects.toThrow('away');
  expect(items()).toEqual([[1], [2]]);
  batches[1]?.end();
  await expect(second).resolves.toBeUndefined();
});

test('settled works on what waits without its time, and ends with the last batch', async () => {
  const clock = createManualClock();
  const { work, batches, items } = controlled();
  const gatherer = createGatherer(clock, 100, work);
  void gatherer.add([1]);
  void gatherer.add([2]);
  let over = false;
  const settled = gatherer.settled().then(() => {
    over = true;
  });
  batches[0]?.end();
  await expect.poll(items).toEqual([[1], [2]]);
  expect(over).toBe(false);
  batches[1]?.end();
  await settled;
  expect(over).toBe(true);
});

test('a clock that is set back delays nothing', () => {
  const clock = createManualClock(1_000_000);
  let nowMs = 1_000_000;
  const moved = { ...clock, nowMs: () => nowMs };
  const { work, items, batches } = controlled();
  const gatherer = createGatherer(moved, 100, work);
  void gatherer.add([1]);
  batches[0]?.end();
  nowMs = 0;
  return expect
    .poll(() => {
      void gatherer.add([2]);
      return items().length;
    })
    .toBeGreaterThan(1);
});
