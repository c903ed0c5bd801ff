import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { knowVolumes } from './known-volumes.ts';

let base = '';
let mounted: string[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nigehban-known-'));
});

afterEach(async () => {
  for (const folder of mounted) execFileSync('umount', [folder]);
  mounted = [];
  await rm(base, { recursive: true, force: true });
});

async function mount(context: TestContext, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    context.skip('needs the right to mount a small file system');
  }
  mounted.push(folder);
}

function umount(folder: string): void {
  execFileSync('umount', [folder]);
  mounted = mounted.filter((one) => one !== folder);
}

test('a disk that is not mounted is away, an empty one in its place is new', async (context) => {
  const options = { noteFile: join(base, 'media', 'volumes.json'), dataFolder: base };
  const disk = join(base, 'disk');
  await mount(context, disk);
  const folders = [join(base, 'footage'), join(disk, 'footage')];
  const first = await knowVolumes(folders, options);
  expect(first.map(({ folder }) => folder)).toEqual(folders);
  expect(new Set(first.map(({ mark }) => mark)).size).toBe(2);
  expect(await knowVolumes(folders, options)).toEqual(first);

  umount(disk);
  expect(await knowVolumes(folders, options)).toEqual(first);
  // Nothing was made where the disk is to be.
  expect(await readdir(disk)).toEqual([]);

  await mount(context, disk);
  const replaced = await knowVolumes(folders, options);
  expect(replaced[0]).toEqual(first[0]);
  expect(replaced[1]?.mark).toMatch(/volumeId/);
  expect(replaced[1]?.mark).not.toBe(first[1]?.mark);

  // A plain folder that somebody emptied is no disk that is away.
  await rm(join(base, 'footage'), { recursive: true });
  const emptied = await knowVolumes(folders, options);
  expect(emptied[0]?.mark).not.toBe(first[0]?.mark);
});
