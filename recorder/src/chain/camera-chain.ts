import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry, GapCause, GapEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import { codeOf } from '../disk/disk-fault.ts';
import { makeHourFolder } from '../disk/hour-folder.ts';
import { chainFileName, type FootageRoots, hourFolder, rootsOf } from '../footage-layout.ts';
import { appendLine } from './append-line.ts';
import { listHours, readChainHour } from './chain-files.ts';
import { firstPreviousHash, formatChainLine, hashChainLine } from './chain-line.ts';

export type NewSegment = Omit<SegmentEntry, 'sequence' | 'cameraId' | 'previousHash' | 'kind'>;

export interface ChainHead {
  readonly sequence: number;
  /** Hash of the last entry's line; zeros for an empty chain. */
  readonly hash: string;
}

/** On which volumes a line is written, and who hears of one that refused it. */
export interface ChainTargets {
  /** In order of preference; one that takes the line is enough. */
  readonly folders: readonly string[];
  /** Rejects when the folder is not on its volume; asked before a camera's first folder is made there. */
  readonly assertThere?: (folder: string) => Promise<void>;
  readonly onFailed?: (folder: string, error: unknown) => void;
}

/** Volumes that have each line: with several, a chain outlives the loss of one. */
export const chainCopies = 2;
/** More entries than a chain can grow by between two hourly manifests. */
const breakLength = 100_000;

/**
 * One camera's append-only chain on disk. Entries are appended one at a time by its only owner; each
 * names the hash of the one before. Of several volumes each has a part of the lines, copies among
 * them: the chain is what they have together.
 */
export class CameraChain {
  readonly cameraId: CameraId;
  readonly #targets: ChainTargets;
  #sequence = 0;
  #hash = firstPreviousHash;
  #last: ChainEntry | undefined;
  #coveredUntilUs: number | undefined;
  /** Entries stand in the hour of their start, but never before an older entry. */
  #hour = '';
  /** How long its file of that hour is on a volume where the last line went well. */
  readonly #knownBytes = new Map<string, number>();

  private constructor(roots: FootageRoots, cameraId: CameraId) {
    this.#targets = { folders: rootsOf(roots).slice(0, chainCopies) };
    this.cameraId = cameraId;
  }

  get head(): ChainHead {
    return { sequence: this.#sequence, hash: this.#hash };
  }

  get last(): ChainEntry | undefined {
    return this.#last;
  }

  /** The latest end of all entries of the last hour; undefined for an empty chain. */
  get coveredUntilUs(): number | undefined {
    return this.#coveredUntilUs;
  }

  get hour(): string {
    return this.#hour;
  }

  /** Opens a chain at its last whole entry; a torn last line is cut off. */
  static async open(roots: FootageRoots, cameraId: CameraId): Promise<CameraChain> {
    const chain = new CameraChain(roots, cameraId);
    const several = rootsOf(roots).length > 1;
    const hours = await listHours(roots, cameraId);
    for (const hour of hours.reverse()) {
      const found = await readChainHour(roots, cameraId, hour);
      if (found === undefined) continue;
      for (const { root, torn, wholeBytes } of found.files) {
        if (torn === '') continue;
        const path = join(root, String(cameraId), hour, chainFileName);
        await truncate(path, wholeBytes).catch((error: unknown) => {
          // One of several may be read-only: it is cut when it is written again.
          if (!several) throw error;
        });
      }
      for (const { entry, text } of found.lines) {
        if (entry !== undefined) chain.#take(entry, text, hour);
      }
      if (chain.#last !== undefined) break;
    }
    return chain;
  }

  /**
   * Goes on after entries that no readable volume has: `last` is the last that is known of. What was
   * lost in between stays visible as a break of the numbers.
   */
  breakAfter(last: ChainHead): void {
    this.#sequence = Math.max(this.#sequence, last.sequence) + breakLength;
    this.#hash = last.hash;
  }

  async appendSegment(segment: NewSegment, targets = this.#targets): Promise<SegmentEntry> {
    const entry: SegmentEntry = { ...this.#next(), kind: 'segment', ...segment };
    await this.#append(entry, targets);
    return entry;
  }

  async appendGap(
    gap: { startUs: number; endUs: number; cause: GapCause },
    targets = this.#targets,
  ): Promise<GapEntry> {
    const entry: GapEntry = { ...this.#next(), kind: 'gap', ...gap };
    await this.#append(entry, targets);
    return entry;
  }

  #next() {
    return {
      sequence: this.#sequence + 1,
      cameraId: this.cameraId,
      previousHash: this.#hash,
    };
  }

  async #append(entry: ChainEntry, targets: ChainTargets): Promise<void> {
    const hour = [this.#hour, hourFolder(entry.startUs)].sort().at(-1) ?? this.#hour;
    const line = formatChainLine(entry);
    let written = false;
    let failure: unknown = new Error('No volume to write the chain to');
    if (hour !== this.#hour) this.#knownBytes.clear();
    for (const root of targets.folders) {
      try {
        await this.#appendOn(root, hour, line, targets.assertThere);
        written = true;
      } catch (error) {
        failure = error;
        targets.onFailed?.(root, error);
      }
    }
    if (!written) throw failure;
    this.#take(entry, line, hour);
  }

  async #appendOn(
    root: string,
    hour: string,
    line: string,
    assertThere: ChainTargets['assertThere'],
  ): Promise<void> {
    const folder = join(root, String(this.cameraId), hour);
    const path = join(folder, chainFileName);
    const options = { knownBytes: this.#knownBytes.get(root) };
    // What is not known after a failure is looked at.
    this.#knownBytes.delete(root);
    const bytes = await appendLine(path, line, options).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeHourFolder(folder, async () => await assertThere?.(root));
      return await appendLine(path, line);
    });
    this.#knownBytes.set(root, bytes);
  }

  #take(entry: ChainEntry, line: string, hour: string): void {
    this.#hour = hour;
    this.#sequence = entry.sequence;
    this.#hash = hashChainLine(line);
    this.#last = entry;
    this.#coveredUntilUs = Math.max(this.#coveredUntilUs ?? 0, entry.endUs);
  }
}
