import { expect, test } from 'vitest';
import { beginAgain } from './begin-again.ts';
import type { Sql } from './database.ts';

/** Stands for a connection whose transactions end with these codes of PostgreSQL, then well. */
function endingWith(...codes: string[]): { sql: Sql; begun: () => number } {
  let begun = 0;
  const begin = async (work: (tx: unknown) => Promise<unknown>) => {
    begun += 1;
    const code = codes.shift();
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return await work({});
  };
  return { sql: { begin } as unknown as Sql, begun: () => begun };
}

test('a transaction that ended to break a deadlock is begun again, three times at most', async () => {
  const twice = endingWith('40P01', '40P01');
  expect(await beginAgain(twice.sql, async () => 'done')).toBe('done');
  expect(twice.begun()).toBe(3);
  const always = endingWith(...Array<string>(9).fill('40P01'));
  await expect(beginAgain(always.sql, async () => 'done')).rejects.toMatchObject({ code: '40P01' });
  expect(always.begun()).toBe(4);
});

test('any other end is told at once', async () => {
  const refused = endingWith('23505');
  await expect(beginAgain(refused.sql, async () => 'done')).rejects.toMatchObject({
    code: '23505',
  });
  expect(refused.begun()).toBe(1);
  const failing = endingWith();
  await expect(
    beginAgain(failing.sql, async () => {
      throw new Error('the work');
    }),
  ).rejects.toThrow('the work');
  expect(failing.begun()).toBe(1);
});
