import postgres from 'postgres';
import { listCameras, readEntriesAfter } from '../chain/chain-files.ts';
import { openCameraChain } from '../chain/open-camera-chain.ts';
import { readRemovals, removedBy } from '../chain/removal-log.ts';
import type { FootageRoots } from '../footage-layout.ts';
import { IndexDays } from './index-days.ts';
import { deleteRows, insertEntries } from './index-rows.ts';

export interface ReindexOptions {
  readonly footageFolder: FootageRoots;
  readonly databaseUrl: string;
  readonly nodeId: string;
  /** Files without chain entry that start before this are repaired and taken in. */
  readonly beforeUs: number;
  readonly onCamera?: (progress: { cameraId: number; done: number; cameras: number }) => void;
}

export interface ReindexResult {
  readonly cameras: number;
  readonly segments: number;
  readonly gaps: number;
  /** Files that had no entry and have one now. */
  readonly adopted: number;
  /** Files without a single whole fragment, set aside as `.unreadable`. */
  readonly unreadable: readonly string[];
}

const batchEntries = 1000;

/**
 * Rebuilds a node's rows from its footage folder alone, camera by camera. The recorder of that folder
 * must not run meanwhile: files without entry are taken into the chains. Throws PostgreSQL's and the
 * disk's own errors.
 */
export async function reindexFootage(options: ReindexOptions): Promise<ReindexResult> {
  const { footageFolder, nodeId, beforeUs } = options;
  const sql = postgres(options.databaseUrl, {
    max: 1,
    onnotice: () => undefined,
    target_session_attrs: 'primary',
  });
  const days = new IndexDays(sql);
  const unreadable: string[] = [];
  let segments = 0;
  let gaps = 0;
  let adopted = 0;
  try {
    const cameras = await listCameras(footageFolder);
    for (const [index, cameraId] of cameras.entries()) {
      const opened = await openCameraChain(footageFolder, cameraId, { beforeUs, everything: true });
      unreadable.push(...opened.unreadable);
      adopted += opened.added.filter((entry) => entry.kind === 'segment').length;
      await deleteRows(sql, nodeId, [cameraId]);
      const { removals } = await readRemovals(footageFolder, cameraId);
      const isRemoved = removedBy(removals.map(({ removal }) => removal));
      for await (const found of readEntriesAfter(footageFolder, cameraId, 0)) {
        const entries = found.filter((each) => each.kind === 'gap' || !isRemoved(each.sequence));
        for (let at = 0; at < entries.length; at += batchEntries) {
          const batch = entries.slice(at, at + batchEntries);
          await days.provide(batch, beforeUs);
          await insertEntries(sql, nodeId, batch);
          segments += batch.filter((entry) => entry.kind === 'segment').length;
          gaps += batch.filter((entry) => entry.kind === 'gap').length;
        }
      }
      options.onCamera?.({ cameraId, done: index + 1, cameras: cameras.length });
    }
    return { cameras: cameras.length, segments, gaps, adopted, unreadable };
  } finally {
    await sql.end({ timeout: 5 });
  }
}
