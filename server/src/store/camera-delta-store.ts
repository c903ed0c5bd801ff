import type { ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Queryable } from './database.ts';

/** A camera's stored state, as browsers are told of it. */
export type CameraDelta = Omit<Extract<ServerMessage, { type: 'camera' }>, 'type' | 'seq'>;

/** The states of these cameras, as far as they are in the plan now. */
export async function readCameraDeltas(
  sql: Queryable,
  cameraIds: readonly CameraId[],
): Promise<readonly CameraDelta[]> {
  return await sql<CameraDelta[]>`
    select c.id, coalesce(cs.kind, 'UNKNOWN') as state, coalesce(cs.since, c.created_at) as since_ms,
      coalesce(cs.fault, c.registration_fault) as fault, cs.last_frame_at as last_frame_ms,
      coalesce(cs.recording, false) as recording
    from camera c
    left join camera_state cs on cs.camera_id = c.id
    where c.id = any(${[...cameraIds]}::int[])
      and exists (select from assignment a where a.camera_id = c.id and a.valid_to is null)`;
}
