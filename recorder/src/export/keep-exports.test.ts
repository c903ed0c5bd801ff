import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExportManifest } from '@nigehban/domain/footage-export.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanExports } from './clean-exports.ts';
import { isSealedBy, sealManifest } from './manifest-seal.ts';
import { verifyExport } from './verify-export.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const signingKey = generateKeyPairSync('ed25519').privateKey;
const publicKeys = [createPublicKey(signingKey)];
const dayMs = 86_400_000;
const nowMs = Date.UTC(2027, 1, 20);
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-exports-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function manifestOf(exportId: string, film: Buffer, madeAtMs: number): ExportManifest {
  const sha256 = createHash('sha256').update(film).digest('hex');
  return sealManifest(
    {
      exportId,
      cameraId: 7,
      cameraCode: 'GE24-NA117-PS042-C1',
      stationCode: 'GE24-NA117-PS042',
      nodeId: 'node-1',
      fromUs: 1_790_000_000_000_000,
      toUs: 1_790_000_060_000_000.5,
      madeAtMs,
      files: [
        {
          part: 1,
          sizeBytes: film.length,
          sha256,
          startUs: 1_790_000_000_000_000,
          endUs: 1_790_000_060_000_000,
          codec: 'avc1.4d400d',
          frames: 1500,
        },
      ],
      gaps: [],
      segments: [],
    },
    signingKey,
  );
}

/** A finished export of camera 7 as the node keeps it. */
async function made(exportId: string, ageMs: number): Promise<string> {
  const path = join(folder, exportId, '7');
  const film = Buffer.from(`film of ${exportId}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, '1.mp4'), film);
  const manifest = manifestOf(exportId, film, nowMs - ageMs);
  await writeFile(join(path, 'manifest.json'), JSON.stringify(manifest, null, 1));
  return path;
}

async function clean(free: readonly number[], wantFreeBytes = 100): Promise<number> {
  const left = [...free];
  return await cleanExports({
    folder,
    keepMs: 7 * dayMs,
    nowMs,
    log,
    wantFreeBytes,
    readFreeBytes: async () => (left.length > 1 ? left.shift() : left[0]) ?? 0,
  });
}

test('films go when they are old, their manifests stay, and what is being made is left alone', async () => {
  const old = await made('a', 8 * dayMs);
  const fresh = await made('b', 6 * dayMs);
  const unfinished = join(folder, 'c', '7');
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, '1.mp4'), 'half');
  expect(await clean([1000])).toBe(1);
  expect(await readdir(old)).toEqual(['manifest.json']);
  expect((await readdir(fresh)).sort()).toEqual(['1.mp4', 'manifest.json']);
  expect(await readdir(unfinished)).toEqual(['1.mp4']);
  expect(await clean([1000])).toBe(0);
});

test('for want of room the oldest go, no further than needed, and none of the last hour', async () => {
  const paths = [
    await made('a', 3 * dayMs),
    await made('b', 2 * dayMs),
    await made('c', dayMs),
    await made('d', 60_000),
  ];
  expect(await clean([10, 50, 100])).toBe(2);
  const films = await Promise.all(paths.map(async (path) => (await readdir(path)).length));
  expect(films).toEqual([1, 1, 2, 2]);
  expect(await clean([0])).toBe(1);
  expect(await readdir(paths[3] ?? '')).toHaveLength(2);
});

test('a manifest is believed by its signature however it was written down, and not when changed', async () => {
  const manifest = manifestOf('a', Buffer.from('film'), nowMs);
  const again = JSON.parse(JSON.stringify([manifest], null, 2))[0] as ExportManifest;
  expect(isSealedBy(publicKeys, again)).toBe(true);
  expect(isSealedBy(publicKeys, { ...again, stationCode: 'GE24-NA117-PS043' })).toBe(false);
  expect(isSealedBy([createPublicKey(generateKeyPairSync('ed25519').privateKey)], again)).toBe(
    false,
  );
  expect(again.signedBy).toMatch(/^SHA256:/);
});

test('an export is checked as the node keeps it and as it was downloaded', async () => {
  const path = await made('a', 0);
  expect(await verifyExport(path, publicKeys)).toMatchObject({ manifests: 1, problems: [] });
  expect(await verifyExport(join(folder, 'a'), publicKeys)).toMatchObject({ problems: [] });

  // The API gives a list of manifests, a browser names the film.
  const manifest: unknown = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  await writeFile(join(path, 'manifests.json'), JSON.stringify([manifest]));
  await rm(join(path, 'manifest.json'));
  await rename(join(path, '1.mp4'), join(path, '7-part1.mp4'));
  const downloaded = await verifyExport(join(path, 'manifests.json'), publicKeys);
  expect(downloaded.files.map((one) => one.path)).toEqual(['7-part1.mp4']);
  expect(downloaded.problems).toEqual([]);

  await writeFile(join(path, '7-part1.mp4'), 'film of A');
  const changed = await verifyExport(path, publicKeys);
  expect(changed.problems.map(({ kind }) => kind)).toEqual(['file-unknown', 'file-missing']);
  const stranger = [createPublicKey(generateKeyPairSync('ed25519').privateKey)];
  expect((await verifyExport(path, stranger)).problems[0]).toMatchObject({
    kind: 'signature-wrong',
  });
});

test('where no manifest is there is nothing to check by', async () => {
  await writeFile(join(folder, 'other.json'), '{"version":1}');
  await expect(verifyExport(folder, publicKeys)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await expect(verifyExport(join(folder, 'away'), publicKeys)).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
  });
});
