import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { advisoryLocks } from './advisory-locks.ts';

test('each lock has a number of its own, those in migrations too', () => {
  const numbers = Object.values(advisoryLocks);
  expect(new Set(numbers).size).toBe(numbers.length);
  const folder = new URL('./migrations/', import.meta.url);
  const takers = new Map<number, Set<string>>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const [, name = '', body = ''] of text.matchAll(
      /create (?:or replace )?function (\w+)\(.*?\$\$(.*?)\$\$/gs,
    )) {
      for (const [, number] of body.matchAll(/pg_advisory_xact_lock\((\d+)\)/g)) {
        takers.set(Number(number), (takers.get(Number(number)) ?? new Set()).add(name));
      }
    }
  }
  expect([...takers].map(([number, names]) => [number, [...names]])).toEqual([
    [advisoryLocks.footageDay, ['add_footage_day']],
    [advisoryLocks.serverProcess, ['beat_server_process']],
  ]);
});
