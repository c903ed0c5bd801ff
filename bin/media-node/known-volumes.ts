import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { VolumePlace } from '@nigehban/recorder/disk/footage-volumes.ts';
import { markVolume } from '@nigehban/recorder/disk/volume-watch.ts';
import { volumeFileName } from '@nigehban/recorder/footage-layout.ts';

interface KnownVolume {
  readonly mark: string;
  /** It was another file system than the data folder's: without it the folder is on that one. */
  readonly ownDisk: boolean;
}

type KnownVolumes = Readonly<Record<string, KnownVolume>>;

/**
 * Takes stock of the footage folders when the node starts, against what it noted the last time: a
 * disk that is not mounted has left an empty folder, or none, which must not be recorded into as if it
 * were a new volume. An empty disk in its place is one.
 */
export async function knowVolumes(
  folders: readonly string[],
  options: { readonly noteFile: string; readonly dataFolder: string },
): Promise<readonly VolumePlace[]> {
  const { noteFile, dataFolder } = options;
  const known = await readNote(noteFile);
  const places: VolumePlace[] = [];
  const noted: Record<string, KnownVolume> = { ...known };
  for (const folder of folders) {
    const mark = await markOf(folder, known[folder], dataFolder);
    places.push({ folder, mark });
    if (mark === undefined || mark === known[folder]?.mark) continue;
    noted[folder] = { mark, ownDisk: !(await sameDisk(folder, dataFolder)) };
  }
  await mkdir(dirname(noteFile), { recursive: true });
  await writeFile(`${noteFile}.new`, `${JSON.stringify(noted)}\n`, { mode: 0o600, flush: true });
  await rename(`${noteFile}.new`, noteFile);
  return places;
}

/** Undefined for a folder that cannot be marked now: whoever records finds out why. */
async function markOf(
  folder: string,
  known: KnownVolume | undefined,
  dataFolder: string,
): Promise<string | undefined> {
  const path = join(folder, volumeFileName);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!absent) return known?.mark;
  }
  if (known?.ownDisk === true && (await sameDisk(folder, dataFolder))) return known.mark;
  try {
    await mkdir(folder, { recursive: true });
    return await markVolume(path);
  } catch {
    return undefined;
  }
}

/** Whether a folder, or what there is of its path, is on the file system of another. */
async function sameDisk(folder: string, other: string): Promise<boolean> {
  return (await deviceOf(folder)) === (await deviceOf(other));
}

async function deviceOf(folder: string): Promise<number | undefined> {
  const path = resolve(folder);
  try {
    return (await stat(path)).dev;
  } catch {
    return path === dirname(path) ? undefined : await deviceOf(dirname(path));
  }
}

async function readNote(file: string): Promise<KnownVolumes> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as KnownVolumes) : {};
  } catch {
    return {};
  }
}
