import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';

interface CameraBacklog {
  /** Last sequence that the index has; undefined until it was asked. */
  indexed: number | undefined;
  /** Entries that follow `indexed` without a hole, unless `behind`. */
  pending: ChainEntry[];
  /** Entries are missing here: the disk has them. */
  behind: boolean;
}

/**
 * What the index lacks: entries in memory while it keeps up, otherwise only the knowledge that a
 * camera's rest must be read from disk. Bounded, however long the database is away.
 */
export class IndexBacklog {
  readonly #cameras = new Map<CameraId, CameraBacklog>();
  readonly #maxPending: number;
  #pending = 0;

  constructor(maxPending: number) {
    this.#maxPending = maxPending;
  }

  get pending(): number {
    return this.#pending;
  }

  get behind(): number {
    return [...this.#cameras.values()].filter((camera) => camera.behind).length;
  }

  /** An entry that is on disk now. */
  add(entry: ChainEntry): void {
    const camera = this.#of(entry.cameraId);
    if (camera.behind) return;
    const expected = (camera.pending.at(-1)?.sequence ?? camera.indexed ?? -1) + 1;
    if (camera.indexed === undefined || entry.sequence !== expected) {
      this.#drop(camera);
      return;
    }
    if (this.#pending >= this.#maxPending) {
      for (const each of this.#cameras.values()) if (each.pending.length > 0) this.#drop(each);
      this.#drop(camera);
      return;
    }
    camera.pending.push(entry);
    this.#pending += 1;
  }

  /** A camera whose chain is on this disk; it starts behind until its cursor is known. */
  watch(cameraId: CameraId): void {
    this.#of(cameraId);
  }

  /** Cameras whose cursor the index has not told yet. */
  unknown(): CameraId[] {
    return [...this.#cameras]
      .filter(([, camera]) => camera.indexed === undefined)
      .map(([id]) => id);
  }

  setCursor(cameraId: CameraId, sequence: number): void {
    this.#of(cameraId).indexed = sequence;
  }

  /** The next entries to send, at most `limit`; nothing is taken out until {@link indexed}. */
  batch(limit: number): ChainEntry[] {
    const entries: ChainEntry[] = [];
    for (const camera of this.#cameras.values()) {
      if (camera.behind) continue;
      entries.push(...camera.pending.slice(0, limit - entries.length));
      if (entries.length >= limit) break;
    }
    return entries;
  }

  /** The next camera that must be read from disk, and after which sequence. */
  nextBehind(): { cameraId: CameraId; after: number } | undefined {
    for (const [cameraId, camera] of this.#cameras) {
      if (camera.behind && camera.indexed !== undefined) return { cameraId, after: camera.indexed };
    }
    return undefined;
  }

  /** These entries are in the index. Says nothing of cameras whose cursor was forgotten meanwhile. */
  indexed(entries: readonly ChainEntry[]): void {
    for (const entry of entries) {
      const camera = this.#of(entry.cameraId);
      if (camera.indexed === undefined) continue;
      camera.indexed = Math.max(camera.indexed, entry.sequence);
      while (camera.pending[0] !== undefined && camera.pending[0].sequence <= camera.indexed) {
        camera.pending.shift();
        this.#pending -= 1;
      }
    }
  }

  /** The disk has nothing more for this camera than what the index has. */
  caughtUp(cameraId: CameraId): void {
    this.#of(cameraId).behind = false;
  }

  /** The index may be another one: nothing is known of it any more. */
  forgetCursors(): void {
    for (const camera of this.#cameras.values()) {
      this.#drop(camera);
      camera.indexed = undefined;
    }
  }

  #drop(camera: CameraBacklog): void {
    this.#pending -= camera.pending.length;
    camera.pending = [];
    camera.behind = true;
  }

  #of(cameraId: CameraId): CameraBacklog {
    const known = this.#cameras.get(cameraId);
    if (known !== undefined) return known;
    const camera = { indexed: undefined, pending: [], behind: true };
    this.#cameras.set(cameraId, camera);
    return camera;
  }
}
