import type { CameraId } from '@nigehban/domain/camera.ts';
import type { StreamTransport } from '@nigehban/domain/link-messages.ts';
import type { Queryable } from './database.ts';

/** Sets how a camera's packets are to travel; false when there is no such camera. */
export async function storeTransport(
  sql: Queryable,
  cameraId: CameraId,
  transport: StreamTransport,
): Promise<boolean> {
  const rows =
    await sql`update camera set transport = ${transport} where id = ${cameraId} returning id`;
  return rows.length > 0;
}
