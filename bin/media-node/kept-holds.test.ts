import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeptHolds } from './kept-holds.ts';

const hold = { id: 1, cameraId: 7, fromUs: 1_790_000_000_000_000, toUs: 1_790_000_060_000_000 };
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nigehban-holds-'));
  file = join(folder, 'media', 'holds.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('holds outlive the process that was told them; none told is not none', () => {
  const kept = createKeptHolds(file);
  expect(kept.current()).toBeUndefined();
  kept.save([hold]);
  expect(createKeptHolds(file).current()).toEqual([hold]);
  kept.save([]);
  expect(createKeptHolds(file).current()).toEqual([]);
});

test('a file that holds anything else counts as never told', () => {
  createKeptHolds(file).save([hold]);
  for (const text of ['', '{}', '[{"id":1}]', '[null]']) {
    writeFileSync(file, text);
    expect(createKeptHolds(file).current()).toBeUndefined();
  }
});

test('where the disk refuses, new holds count and old ones stay', () => {
  const kept = createKeptHolds(file);
  kept.save([hold]);
  rmSync(join(folder, 'media'), { recursive: true });
  writeFileSync(join(folder, 'media'), 'in the way');
  const other = { ...hold, id: 2 };
  expect(() => kept.save([other])).toThrow();
  expect(kept.current()).toEqual([hold, other]);
});
