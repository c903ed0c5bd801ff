import { expect, test } from 'vitest';
import { createTurns } from './take-turns.ts';

test('so many at once, the others in order, also after one that failed', async () => {
  const turns = createTurns(() => 2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((index) =>
    turns(async () => {
      begun.push(index);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (index === 0) throw new Error('failed');
      return index;
    }),
  );
  const settled = Promise.allSettled(works);
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await expect(works[0]).rejects.toThrow('failed');
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1, 2]);
  ends[1]?.();
  ends[2]?.();
  await works[1];
  await new Promise((resolve) => setImmediate(resolve));
  ends[3]?.();
  expect((await settled).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

test('who comes in the moment between two turns does not run beside both', async () => {
  const turns = createTurns(() => 1);
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };
  const first = turns(work);
  const second = turns(work);
  const third = first.then(() => turns(work));
  await Promise.all([second, third]);
  expect(most).toBe(1);
});

test('when more are allowed, more of those who wait run', async () => {
  let allowed = 1;
  const turns = createTurns(() => allowed);
  const ends: (() => void)[] = [];
  const works = [0, 1, 2].map(() =>
    turns(() => new Promise<void>((resolve) => ends.push(resolve))),
  );
  expect(ends).toHaveLength(1);
  allowed = 2;
  ends[0]?.();
  await works[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends).toHaveLength(3);
  for (const end of ends) end();
  await Promise.all(works);
});
