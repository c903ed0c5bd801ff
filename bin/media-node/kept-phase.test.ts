import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeptPhase } from './kept-phase.ts';

const poll = { kind: 'poll', sinceUs: 1_790_000_000_000_000 } as const;
const count = { kind: 'count', sinceUs: 1_790_000_060_000_000 } as const;
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nigehban-phase-'));
  file = join(folder, 'media', 'phase.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('the phase outlives the process that was told it, and so does its end', () => {
  const kept = createKeptPhase(file);
  expect(kept.current()).toBeNull();
  kept.save(poll);
  expect(createKeptPhase(file).current()).toEqual(poll);
  kept.save(null);
  expect(createKeptPhase(file).current()).toBeNull();
});

test('a file that holds anything else is no phase', () => {
  createKeptPhase(file).save(poll);
  for (const text of ['', '{}', '{"kind":"eve","sinceUs":1}', '{"kind":"poll"}']) {
    writeFileSync(file, text);
    expect(createKeptPhase(file).current()).toBeNull();
  }
});

test('where the disk refuses, what spares more footage counts', () => {
  const kept = createKeptPhase(file);
  kept.save(count);
  rmSync(join(folder, 'media'), { recursive: true });
  writeFileSync(join(folder, 'media'), 'in the way');
  expect(() => kept.save(null)).toThrow();
  expect(kept.current()).toEqual(count);
  expect(() => kept.save(poll)).toThrow();
  expect(kept.current()).toEqual(poll);
});
