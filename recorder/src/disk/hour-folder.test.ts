import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHourFolder } from './hour-folder.ts';

let root = '';
const away = async () => {
  throw new Error('away');
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-hour-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test('a camera’s first hour, a further hour and a further day; once more changes nothing', async () => {
  let asked = 0;
  const there = async () => {
    asked += 1;
  };
  const hours = ['2027-01-08/05', '2027-01-08/06', '2027-01-09/00'];
  for (const hour of [...hours, ...hours]) await makeHourFolder(join(root, '7', hour), there);
  expect(asked).toBe(1);
  expect((await readdir(join(root, '7'), { recursive: true })).sort()).toEqual(
    ['2027-01-08', '2027-01-09', ...hours].sort(),
  );
});

test('in the empty folder of an unmounted disk nothing is made', async () => {
  await expect(makeHourFolder(join(root, '7', '2027-01-08', '05'), away)).rejects.toThrow('away');
  expect(await readdir(root)).toEqual([]);
  // Who has its folder there is on the disk.
  await mkdir(join(root, '7'));
  await makeHourFolder(join(root, '7', '2027-01-08', '05'), away);
});
