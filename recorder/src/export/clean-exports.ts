import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecorderLog } from '../recorder-types.ts';
import { readManifest } from './make-export.ts';

export interface CleanExportsOptions {
  /** `<folder>/<export id>/<camera id>/` with `manifest.json` and the films. */
  readonly folder: string;
  /** Films of a finished export are kept so long. */
  readonly keepMs: number;
  readonly nowMs: number;
  readonly log: RecorderLog;
  /** The exports' disk is to have so much free; the oldest films go for it. */
  readonly wantFreeBytes: number;
  readonly readFreeBytes?: (folder: string) => Promise<number>;
}

/** However short the disk is, films stay for whoever is fetching them. */
const youngMs = 3_600_000;

/**
 * Removes the films of exports that are older than they are kept, and the oldest ones while the disk
 * lacks room. Their manifests stay: they say what was handed out. Returns how many cameras' films went.
 */
export async function cleanExports(options: CleanExportsOptions): Promise<number> {
  const { folder, keepMs, nowMs, log, wantFreeBytes } = options;
  const readFreeBytes = options.readFreeBytes ?? freeBytesOf;
  const made = await listMade(folder);
  let removed = 0;
  for (const { path, madeAtMs } of made) {
    const ageMs = nowMs - madeAtMs;
    const isOld = ageMs >= keepMs;
    const isWanted = ageMs >= youngMs && (await readFreeBytes(folder)) < wantFreeBytes;
    if (!isOld && !isWanted) continue;
    await removeFilms(path);
    removed += 1;
    log.info(
      { path, ageMs, reason: isOld ? 'age' : 'space' },
      'the films of an export were removed',
    );
  }
  return removed;
}

/** Finished exports that still have films, oldest first. */
async function listMade(folder: string): Promise<{ path: string; madeAtMs: number }[]> {
  const found: { path: string; madeAtMs: number }[] = [];
  for (const exportId of await readdir(folder).catch(() => [])) {
    for (const camera of await readdir(join(folder, exportId)).catch(() => [])) {
      const path = join(folder, exportId, camera);
      const manifest = await readManifest(path);
      const names = manifest === undefined ? [] : await readdir(path);
      if (manifest === undefined || !names.some((name) => name.endsWith('.mp4'))) continue;
      found.push({ path, madeAtMs: manifest.madeAtMs });
    }
  }
  return found.sort((a, b) => a.madeAtMs - b.madeAtMs);
}

async function removeFilms(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    if (name.endsWith('.mp4')) await rm(join(path, name), { force: true });
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  await stat(folder);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
