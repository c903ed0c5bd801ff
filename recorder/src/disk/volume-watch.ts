import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import {
  access,
  constants,
  link,
  readFile,
  stat,
  statfs,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DiskLevel,
  type DiskMarks,
  type DiskSpace,
  decideDiskLevel,
  diskMarks,
} from '@nigehban/domain/disk-level.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { volumeFileName } from '../footage-layout.ts';
import { codeOf, diskFault } from './disk-fault.ts';

export interface VolumeState {
  readonly folder: string;
  readonly level: DiskLevel;
  readonly space: DiskSpace;
  readonly marks: DiskMarks;
}

/** Free (for this user) and total bytes of the volume that holds a folder. Throws the disk's errors. */
export async function readDiskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/**
 * Looks after the volume of a footage folder: how full it is, whether it may be written, and whether
 * it is still the same one. A mark on it tells it from the empty folder that an unmounted disk leaves
 * behind, which must not be written to.
 */
export class VolumeWatch {
  readonly #folder: string;
  readonly #reserve: number;
  readonly #readSpace: (folder: string) => Promise<DiskSpace>;
  #id: string | undefined;
  /** The file in which the mark was read last. */
  #seen: BigIntStats | undefined;
  #level: DiskLevel = 'well';
  #fault: Fault | undefined;

  /**
   * `reserve` is the part of the volume that is to be free, 0 to 0.5; `mark` what it is known by from
   * earlier times: without it the first look takes what it finds.
   */
  constructor(folder: string, reserve: number, readSpace = readDiskSpace, mark?: string) {
    this.#folder = folder;
    this.#id = mark;
    this.#reserve = reserve;
    this.#readSpace = readSpace;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Why nothing may be recorded here, as of the last look. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Looks once. Never rejects; undefined when the volume fails or is away. */
  async look(): Promise<VolumeState | undefined> {
    try {
      await this.assertThere();
      await access(this.#folder, constants.W_OK);
      const space = await this.#readSpace(this.#folder);
      const marks = diskMarks(space.totalBytes, this.#reserve);
      this.#level = decideDiskLevel(this.#level, space, marks);
      this.#fault =
        this.#level === 'full'
          ? new Fault('DISK_FULL', `No space left in ${this.#folder}`, {
              details: { folder: this.#folder, freeBytes: space.freeBytes },
            })
          : undefined;
      return { folder: this.#folder, level: this.#level, space, marks };
    } catch (error) {
      this.#fault = diskFault(error, this.#folder);
      return undefined;
    }
  }

  /** @throws Fault DISK_FAILED when the folder is not on the volume it was on at first; DISK_FULL */
  async assertThere(): Promise<void> {
    const path = join(this.#folder, volumeFileName);
    try {
      this.#id ??= await markVolume(path);
      const now = await stat(path, { bigint: true });
      if (this.#seen !== undefined && isSameFile(this.#seen, now)) return;
      if ((await readFile(path, 'utf8')) === this.#id) {
        this.#seen = now;
        return;
      }
    } catch (error) {
      // Not a byte left for the mark: the volume is there.
      if (codeOf(error) === 'ENOSPC') return;
      if (codeOf(error) !== 'ENOENT' || this.#id === undefined)
        throw diskFault(error, this.#folder);
    }
    throw new Fault('DISK_FAILED', `The disk of ${this.#folder} is away`, {
      details: { folder: this.#folder, error: 'away' },
    });
  }
}

/** Whether it is the same file, unchanged: whatever changes it changes its ctime. */
function isSameFile(before: BigIntStats, now: BigIntStats): boolean {
  return before.ino === now.ino && before.dev === now.dev && before.ctimeNs === now.ctimeNs;
}

/** The volume's mark; made when it has none. Whole at once: several processes may make it. */
export async function markVolume(path: string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (existing !== undefined) return existing;
  const volumeId = randomUUID();
  const part = `${path}.${volumeId}`;
  try {
    await writeFile(part, `${JSON.stringify({ volumeId })}\n`);
    await link(part, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(part).catch(() => undefined);
  }
  return await readFile(path, 'utf8');
}
