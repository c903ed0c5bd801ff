import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Queryable } from './database.ts';

/** Versions of all stored states. */
export async function readStateVersions(sql: Queryable): Promise<ReadonlyMap<CameraId, number>> {
  const rows = await sql<{ cameraId: CameraId; version: number }[]>`
    select camera_id, version from camera_state`;
  return new Map(rows.map((row) => [row.cameraId, row.version]));
}
