import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendLine } from './append-line.ts';

let folder = '';
const path = () => join(folder, 'chain.jsonl');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-append-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('lines follow each other; the length that is given is the file’s', async () => {
  let knownBytes: number | undefined;
  for (const line of ['one', 'پولنگ', 'three']) {
    knownBytes = await appendLine(path(), line, { knownBytes });
    expect((await stat(path())).size).toBe(knownBytes);
  }
  expect(await readFile(path(), 'utf8')).toBe('one\nپولنگ\nthree\n');
});

test('what stands behind the last whole line goes, whatever length was known', async () => {
  const knownBytes = await appendLine(path(), 'one');
  await appendFile(path(), 'half a li');
  await appendLine(path(), 'two', { knownBytes });
  await appendFile(path(), 'half');
  await appendLine(path(), 'three');
  expect(await readFile(path(), 'utf8')).toBe('one\ntwo\nthree\n');
});

test('without its folder nothing is made', async () => {
  await expect(appendLine(join(folder, 'away', 'chain.jsonl'), 'one')).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
