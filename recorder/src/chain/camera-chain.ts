import { mkdir, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry, GapCause, GapEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import { chainFileName, hourFolder } from '../footage-layout.ts';
import { listHours, readChainFile } from './chain-files.ts';
import { firstPreviousHash, formatChainLine, hashChainLine, parseChainLine } from './chain-line.ts';

export type NewSegment = Omit<SegmentEntry, 'sequence' | 'cameraId' | 'previousHash' | 'kind'>;

export interface ChainHead {
  readonly sequence: number;
  /** Hash of the last entry's line; zeros for an empty chain. */
  readonly hash: string;
}

/**
 * One camera's append-only chain on disk. Entries are appended one at a time by its only owner; each
 * names the hash of the one before.
 */
export class CameraChain {
  readonly cameraId: CameraId;
  readonly #root: string;
  #sequence = 0;
  #hash = firstPreviousHash;
  #last: ChainEntry | undefined;
  #coveredUntilUs: number | undefined;
  /** Entries stand in the hour of their start, but never before an older entry. */
  #hour = '';

  private constructor(root: string, cameraId: CameraId) {
    this.#root = root;
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
  static async open(root: string, cameraId: CameraId): Promise<CameraChain> {
    const chain = new CameraChain(root, cameraId);
    const hours = await listHours(root, cameraId);
    for (const hour of hours.reverse()) {
      const file = await readChainFile(root, cameraId, hour);
      if (file === undefined) continue;
      if (file.torn !== '') {
        await truncate(join(root, String(cameraId), hour, chainFileName), file.wholeBytes);
      }
      for (const line of file.lines) {
        const entry = parseChainLine(line);
        if (entry !== undefined) chain.#take(entry, line, hour);
      }
      if (chain.#last !== undefined) break;
    }
    return chain;
  }

  async appendSegment(segment: NewSegment): Promise<SegmentEntry> {
    const entry: SegmentEntry = { ...this.#next(), kind: 'segment', ...segment };
    await this.#append(entry);
    return entry;
  }

  async appendGap(gap: { startUs: number; endUs: number; cause: GapCause }): Promise<GapEntry> {
    const entry: GapEntry = { ...this.#next(), kind: 'gap', ...gap };
    await this.#append(entry);
    return entry;
  }

  #next() {
    return {
      sequence: this.#sequence + 1,
      cameraId: this.cameraId,
      previousHash: this.#hash,
    };
  }

  async #append(entry: ChainEntry): Promise<void> {
    const hour = [this.#hour, hourFolder(entry.startUs)].sort().at(-1) ?? this.#hour;
    const line = formatChainLine(entry);
    const folder = join(this.#root, String(this.cameraId), hour);
    await mkdir(folder, { recursive: true });
    await appendWhole(join(folder, chainFileName), `${line}\n`);
    this.#take(entry, line, hour);
  }

  #take(entry: ChainEntry, line: string, hour: string): void {
    this.#hour = hour;
    this.#sequence = entry.sequence;
    this.#hash = hashChainLine(line);
    this.#last = entry;
    this.#coveredUntilUs = Math.max(this.#coveredUntilUs ?? 0, entry.endUs);
  }
}

/** Appends all or nothing: a full disk may take a part of the line, which is cut off again. */
async function appendWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}
