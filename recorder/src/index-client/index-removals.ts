import type { CameraId } from '@nigehban/domain/camera.ts';
import type postgres from 'postgres';
import { readRemovals } from '../chain/removal-log.ts';
import type { FootageRoots } from '../footage-layout.ts';
import { deleteRemoved, readRemovalCursors } from './index-rows.ts';

/**
 * Follows the cameras' logs of removals in the index. The logs on disk are the queue, and the index
 * says itself how far it has come: nothing is lost however long the database is away.
 */
export class IndexRemovals {
  readonly #sql: postgres.Sql;
  readonly #nodeId: string;
  readonly #root: FootageRoots;
  /** Cameras seen, and of them those whose log may have more than the index followed. */
  readonly #known = new Set<CameraId>();
  #changed = new Set<CameraId>();

  constructor(sql: postgres.Sql, nodeId: string, root: FootageRoots) {
    this.#sql = sql;
    this.#nodeId = nodeId;
    this.#root = root;
  }

  /** The log of this camera may have grown. */
  changed(cameraId: CameraId): void {
    this.#known.add(cameraId);
    this.#changed.add(cameraId);
  }

  /** The index may be another one by now. */
  forget(): void {
    this.#changed = new Set(this.#known);
  }

  /** Deletes what was removed since. Runs after the inserts: none may bring a row back. */
  async follow(): Promise<void> {
    const changed = [...this.#changed];
    if (changed.length === 0) return;
    const cursors = await readRemovalCursors(this.#sql, this.#nodeId, changed);
    for (const cameraId of changed) {
      this.#changed.delete(cameraId);
      const after = cursors.get(cameraId) ?? 0;
      const { removals } = await readRemovals(this.#root, cameraId);
      const fresh = removals.flatMap(({ removal }) => (removal.sequence > after ? [removal] : []));
      if (fresh.length > 0) await deleteRemoved(this.#sql, this.#nodeId, cameraId, fresh);
    }
  }
}
