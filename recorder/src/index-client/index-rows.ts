import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { packSegmentFlags } from '@nigehban/domain/footage.ts';
import type postgres from 'postgres';
import type { Removal } from '../chain/removal-log.ts';

/** A camera's chain as far as the index has it. */
export interface IndexCursor {
  readonly cameraId: number;
  readonly sequence: number;
}

/** The last indexed sequence of each camera on this node; 0 for cameras without rows. */
export async function readCursors(
  sql: postgres.Sql,
  nodeId: string,
  cameraIds: readonly number[],
): Promise<IndexCursor[]> {
  const rows = await sql<{ camera_id: number; sequence: string }[]>`
    select camera.id as camera_id, greatest(
      coalesce((select sequence from segment where camera_id = camera.id and node_id = ${nodeId}
                order by start_us desc limit 1), 0),
      coalesce((select sequence from gap where camera_id = camera.id and node_id = ${nodeId}
                order by start_us desc limit 1), 0)) as sequence
    from unnest(${[...cameraIds]}::int[]) as camera (id)`;
  return rows.map((row) => ({ cameraId: row.camera_id, sequence: Number(row.sequence) }));
}

/**
 * Adds rows for chain entries in one transaction; their days must be there (`IndexDays`). Entries
 * that the index has already change nothing, so any batch may be sent again. Gap entries without
 * length are marks of the chain and stay there.
 *
 * With `lazily` it does not wait until PostgreSQL has its log on disk: when PostgreSQL crashes, the
 * last rows (under a second's) may be missing, never earlier ones. The truth is the chain on disk, so
 * a caller may do so who asks for the cursors again after each connection that broke.
 */
export async function insertEntries(
  sql: postgres.Sql,
  nodeId: string,
  entries: readonly ChainEntry[],
  options: { readonly lazily?: boolean } = {},
): Promise<void> {
  const segments = entries.filter((entry) => entry.kind === 'segment');
  const gaps = entries.filter((entry) => entry.kind === 'gap' && entry.endUs > entry.startUs);
  await sql.begin(async (transaction) => {
    if (options.lazily === true) await transaction`set local synchronous_commit = off`;
    if (segments.length > 0) {
      await transaction`
        insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256,
                             flags, codec)
        select camera_id, start_us, end_us, sequence, ${nodeId}, bytes, frames,
               decode(sha256, 'hex'), flags, codec
        from unnest(
          ${segments.map((entry) => entry.cameraId)}::int[],
          ${segments.map((entry) => String(entry.startUs))}::bigint[],
          ${segments.map((entry) => String(entry.endUs))}::bigint[],
          ${segments.map((entry) => String(entry.sequence))}::bigint[],
          ${segments.map((entry) => String(entry.sizeBytes))}::bigint[],
          ${segments.map((entry) => entry.frames)}::int[],
          ${segments.map((entry) => entry.sha256)}::text[],
          ${segments.map((entry) => packSegmentFlags(entry.flags))}::int[],
          ${segments.map((entry) => entry.codec)}::text[]
        ) as entry (camera_id, start_us, end_us, sequence, bytes, frames, sha256, flags, codec)
        on conflict do nothing`;
    }
    if (gaps.length > 0) {
      await transaction`
        insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
        select camera_id, start_us, end_us, sequence, ${nodeId}, cause
        from unnest(
          ${gaps.map((entry) => entry.cameraId)}::int[],
          ${gaps.map((entry) => String(entry.startUs))}::bigint[],
          ${gaps.map((entry) => String(entry.endUs))}::bigint[],
          ${gaps.map((entry) => String(entry.sequence))}::bigint[],
          ${gaps.map((entry) => (entry.kind === 'gap' ? entry.cause : ''))}::text[]
        ) as entry (camera_id, start_us, end_us, sequence, cause)
        on conflict do nothing`;
    }
  });
}

/** Removes all rows of a node, before they are made anew from the disk. */
export async function deleteRows(
  sql: postgres.Sql,
  nodeId: string,
  cameraIds: readonly number[],
): Promise<void> {
  const ids = [...cameraIds];
  await sql`delete from segment where node_id = ${nodeId} and camera_id = any(${ids}::int[])`;
  await sql`delete from gap where node_id = ${nodeId} and camera_id = any(${ids}::int[])`;
}

/** Of each camera, how far the index followed its log of removals on this node; 0 where never. */
export async function readRemovalCursors(
  sql: postgres.Sql,
  nodeId: string,
  cameraIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await sql<{ camera_id: number; sequence: string }[]>`
    select camera_id, sequence from footage_removal
    where node_id = ${nodeId} and camera_id = any(${[...cameraIds]}::int[])`;
  return new Map(rows.map((row) => [row.camera_id, Number(row.sequence)]));
}

/** Deletes the rows of removed segments, in one transaction with how far the log was followed. */
export async function deleteRemoved(
  sql: postgres.Sql,
  nodeId: string,
  cameraId: number,
  removals: readonly Removal[],
): Promise<void> {
  const followed = Math.max(0, ...removals.map((removal) => removal.sequence));
  await sql.begin(async (transaction) => {
    for (const { fromSequence, toSequence, startUs, endUs } of removals) {
      await transaction`
        delete from segment where node_id = ${nodeId} and camera_id = ${cameraId}
          and start_us between ${startUs} and ${endUs}
          and sequence between ${fromSequence} and ${toSequence}`;
    }
    await transaction`
      insert into footage_removal (node_id, camera_id, sequence)
      values (${nodeId}, ${cameraId}, ${followed})
      on conflict (node_id, camera_id) do update set sequence = excluded.sequence`;
  });
}
