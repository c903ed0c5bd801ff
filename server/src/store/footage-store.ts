import type { CameraId } from '@nigehban/domain/camera.ts';
import type { GapCause } from '@nigehban/domain/footage.ts';
import type { Queryable } from './database.ts';

export interface SegmentRow {
  readonly startUs: number;
  readonly endUs: number;
  readonly nodeId: string;
  readonly bytes: number;
  readonly codec: string;
}

export interface GapRow {
  readonly startUs: number;
  readonly endUs: number;
  readonly cause: GapCause;
}

/** Longest piece that can begin before a range and reach into it (segments are 60 s, settable to 300 s). */
const longestSegmentUs = 600_000_000;

/** Segments that touch the range, in order of time. */
export async function readSegments(
  sql: Queryable,
  cameraId: CameraId,
  fromUs: number,
  toUs: number,
): Promise<readonly SegmentRow[]> {
  return await sql<SegmentRow[]>`
    select start_us, end_us, node_id, bytes, codec from segment
    where camera_id = ${cameraId} and start_us >= ${fromUs - longestSegmentUs}
      and start_us < ${toUs} and end_us > ${fromUs}
    order by start_us`;
}

/** Gaps that touch the range, in order of time. A gap can be as long as an outage. */
export async function readGaps(
  sql: Queryable,
  cameraId: CameraId,
  fromUs: number,
  toUs: number,
): Promise<readonly GapRow[]> {
  return await sql<GapRow[]>`
    select start_us, end_us, cause from gap
    where camera_id = ${cameraId} and start_us < ${toUs} and end_us > ${fromUs}
    order by start_us`;
}

/** The node that holds a segment; null when the index does not know the segment. */
export async function findSegmentNode(
  sql: Queryable,
  cameraId: CameraId,
  startUs: number,
): Promise<string | null> {
  const [row] = await sql<{ nodeId: string }[]>`
    select node_id from segment where camera_id = ${cameraId} and start_us = ${startUs}`;
  return row?.nodeId ?? null;
}

/** The last segment that begins at or before a time; null when the index knows none. */
export async function findSegmentAt(
  sql: Queryable,
  cameraId: CameraId,
  atUs: number,
): Promise<SegmentRow | null> {
  const [row] = await sql<SegmentRow[]>`
    select start_us, end_us, node_id, bytes, codec from segment
    where camera_id = ${cameraId} and start_us <= ${atUs} order by start_us desc limit 1`;
  return row ?? null;
}
