import { createHash } from 'node:crypto';
import { close, fdatasync, ftruncate, open, unlink, write } from 'node:fs';
import { dirname } from 'node:path';
import type { BlockPool } from '@nigehban/media/mp4/block-pool.ts';
import { makeHourFolder } from './hour-folder.ts';
import type { SyncGate } from './sync-gate.ts';
import type { WriteBudget } from './write-budget.ts';

/** Writes a part of a buffer at a position of a file; may write less than asked. */
export type WriteBytes = (
  descriptor: number,
  bytes: Buffer,
  offset: number,
  length: number,
  position: number,
  done: (error: Error | null, written: number) => void,
) => void;

interface PendingWrite {
  readonly block: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly endUs: number;
  readonly frames: number;
}

/** What of a segment is on disk (in the kernel's hands) up to now. */
export interface FlushedState {
  readonly sizeBytes: number;
  readonly endUs: number;
  readonly frames: number;
}

export interface FinishedFile extends FlushedState {
  readonly sha256: string;
  readonly fragments: readonly (readonly [endOffsetBytes: number, sha256: string])[];
  /** The fault that cut the file short; what stands in it is whole. */
  readonly error: Error | undefined;
}

/**
 * One segment's file while it is written: writes one after the other, hashes what was written, and
 * ends at the last whole fragment if the disk refuses one.
 */
export class SegmentFile {
  readonly path: string;
  readonly #pool: BlockPool;
  readonly #budget: WriteBudget;
  readonly #syncs: SyncGate;
  readonly #onError: (error: Error) => void;
  readonly #assertThere: () => Promise<void>;
  readonly #writeBytes: WriteBytes;
  readonly #digest = createHash('sha256');
  readonly #fragments: [number, string][] = [];
  readonly #queue: PendingWrite[] = [];
  #queuedBytes = 0;
  #descriptor = -1;
  #busy = false;
  #sizeBytes = 0;
  #endUs: number;
  #frames = 0;
  #error: Error | undefined;
  #finished: (() => void) | undefined;

  constructor(
    path: string,
    startUs: number,
    pool: BlockPool,
    budget: WriteBudget,
    syncs: SyncGate,
    onError: (error: Error) => void,
    assertThere: () => Promise<void>,
    writeBytes: WriteBytes = write,
  ) {
    this.path = path;
    this.#pool = pool;
    this.#budget = budget;
    this.#syncs = syncs;
    this.#onError = onError;
    this.#assertThere = assertThere;
    this.#writeBytes = writeBytes;
    this.#endUs = startUs;
  }

  get flushed(): FlushedState {
    return { sizeBytes: this.#sizeBytes, endUs: this.#endUs, frames: this.#frames };
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Wall time up to which the oldest piece that waits reaches; undefined when nothing waits. */
  get oldestQueuedUs(): number | undefined {
    return this.#queue[0]?.endUs;
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  /** Takes the block; gives it back to the pool when it is written. */
  write(pending: PendingWrite): void {
    if (this.#error !== undefined) {
      this.#pool.release(pending.block);
      return;
    }
    this.#budget.add(pending.length);
    this.#queuedBytes += pending.length;
    this.#queue.push(pending);
    this.#next();
  }

  /** Writes what is queued, makes it durable and closes. Never rejects. */
  async finish(): Promise<FinishedFile> {
    await new Promise<void>((resolve) => {
      this.#finished = resolve;
      this.#settle();
    });
    if (this.#descriptor >= 0) {
      if (this.#error !== undefined)
        await this.#call((done) => ftruncate(this.#descriptor, this.#sizeBytes, done));
      const synced = await this.#syncs.run(() =>
        this.#call((done) => fdatasync(this.#descriptor, done)),
      );
      await this.#call((done) => close(this.#descriptor, done));
      this.#descriptor = -1;
      if (synced !== null) this.#error ??= synced;
      // A file without a single fragment holds nothing: only its name would be left.
      if (this.#sizeBytes === 0) await this.#call((done) => unlink(this.path, done));
    }
    return {
      ...this.flushed,
      sha256: this.#digest.digest('hex'),
      fragments: this.#fragments,
      error: this.#error,
    };
  }

  #open(): void {
    this.#busy = true;
    const opened = (error: Error | null, descriptor: number) => {
      this.#busy = false;
      if (error !== null) this.#fail(error);
      else this.#descriptor = descriptor;
      this.#next();
    };
    open(this.path, 'wx', (error, descriptor) => {
      if (error?.code !== 'ENOENT') {
        opened(error, descriptor);
        return;
      }
      makeHourFolder(dirname(this.path), this.#assertThere).then(
        () => open(this.path, 'wx', opened),
        (failure: Error) => opened(failure, -1),
      );
    });
  }

  #next(): void {
    const [pending] = this.#queue;
    if (this.#busy || pending === undefined) {
      this.#settle();
      return;
    }
    // Opened by its first fragment: a crash before that leaves no empty file.
    if (this.#descriptor < 0) {
      this.#open();
      return;
    }
    this.#busy = true;
    this.#writeFrom(pending, 0);
  }

  #writeFrom(pending: PendingWrite, done: number): void {
    const { block, offset, length } = pending;
    this.#writeBytes(
      this.#descriptor,
      block,
      offset + done,
      length - done,
      this.#sizeBytes + done,
      (error, written) => {
        if (error === null && done + written < length && written > 0) {
          this.#writeFrom(pending, done + written);
          return;
        }
        this.#busy = false;
        if (error !== null || written === 0) {
          this.#fail(error ?? new Error('The file system wrote nothing'));
        } else {
          this.#written(pending);
        }
        this.#next();
      },
    );
  }

  #written(pending: PendingWrite): void {
    const { block, offset, length } = pending;
    this.#queue.shift();
    this.#digest.update(block.subarray(offset, offset + length));
    this.#sizeBytes += length;
    // Every byte is hashed once: a second digest per fragment cost as much again as the first.
    this.#fragments.push([this.#sizeBytes, this.#digest.copy().digest('hex')]);
    this.#endUs = pending.endUs;
    this.#frames = pending.frames;
    this.#give(pending);
  }

  #fail(error: Error): void {
    this.#error = error;
    for (const pending of this.#queue.splice(0)) this.#give(pending);
    this.#onError(error);
  }

  #give(pending: PendingWrite): void {
    this.#budget.remove(pending.length);
    this.#queuedBytes -= pending.length;
    this.#pool.release(pending.block);
  }

  #settle(): void {
    if (!this.#busy && this.#queue.length === 0) this.#finished?.();
  }

  #call(run: (done: (error: Error | null) => void) => void): Promise<Error | null> {
    return new Promise((resolve) => run(resolve));
  }
}
