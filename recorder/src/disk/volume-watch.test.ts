import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VolumeWatch } from './volume-watch.ts';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-volume-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test('recording ends while there is room for chains, and may go on with some more', async () => {
  const totalBytes = 1000 << 20;
  let freeBytes = 200 << 20;
  const watch = new VolumeWatch(root, 0.1, async () => ({ freeBytes, totalBytes }));
  const seen: (string | undefined)[] = [];
  for (const freeMiB of [200, 90, 40, 9, 12, 13, 200]) {
    freeBytes = freeMiB << 20;
    const level = (await watch.look())?.level;
    seen.push(`${level} ${watch.fault?.code ?? 'records'}`);
  }
  expect(seen).toEqual([
    'well records',
    'low records',
    'critical records',
    'full DISK_FULL',
    'full DISK_FULL',
    'critical records',
    'well records',
  ]);
});

test('another volume in the same place is not the one it was', async () => {
  const watch = new VolumeWatch(root, 0.05);
  expect(await watch.look()).toBeDefined();
  const mark = join(root, 'volume.json');
  await rename(mark, `${mark}.kept`);
  expect(await watch.look()).toBeUndefined();
  expect(watch.fault).toMatchObject({ code: 'DISK_FAILED' });
  await writeFile(mark, '{"volumeId":"another"}\n');
  await expect(watch.assertThere()).rejects.toMatchObject({ code: 'DISK_FAILED' });
  await rename(`${mark}.kept`, mark);
  expect(await watch.look()).toBeDefined();
  expect(watch.fault).toBeUndefined();
});

test('a mark that is written over in its place is noticed', async () => {
  const watch = new VolumeWatch(root, 0.05);
  await watch.assertThere();
  await watch.assertThere();
  const mark = join(root, 'volume.json');
  const own = await readFile(mark, 'utf8');
  await writeFile(
    mark,
    own.replace(/[0-9a-f]/, (digit) => (digit === '0' ? '1' : '0')),
  );
  await expect(watch.assertThere()).rejects.toMatchObject({ code: 'DISK_FAILED' });
  await writeFile(mark, own);
  await watch.assertThere();
});

test('processes that start at once agree on the mark, and leave nothing else behind', async () => {
  const watches = Array.from({ length: 8 }, () => new VolumeWatch(root, 0.05));
  await Promise.all(watches.map((watch) => watch.assertThere()));
  await Promise.all(watches.map((watch) => watch.assertThere()));
  expect(await readdir(root)).toEqual(['volume.json']);
});
