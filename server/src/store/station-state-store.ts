import type { ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Queryable } from './database.ts';

/** A station's stored state, as browsers are told of it. */
export type StationDelta = Omit<Extract<ServerMessage, { type: 'station' }>, 'type' | 'seq'>;

/** The states of these stations, of those that the cameras watch and of those that the alerts are about. */
export async function readStationDeltas(
  sql: Queryable,
  filter: {
    readonly cameraIds: readonly CameraId[];
    readonly stationIds: readonly number[];
    readonly alertIds: readonly number[];
  },
): Promise<readonly StationDelta[]> {
  return await sql<StationDelta[]>`
    with wanted as (
      select station_id from assignment
      where valid_to is null and camera_id = any(${[...filter.cameraIds]}::int[])
      union select unnest(${[...filter.stationIds]}::int[])
      union select station_id from alert where id = any(${[...filter.alertIds]}::int[])
    )
    select s.code, coalesce(ss.kind, 'OK') as state, ss.since as since_ms,
      coalesce(ss.cameras, 0) as cameras, coalesce(ss.down, 0) as down, al.id as open_alert_id
    from wanted w
    join station s on s.id = w.station_id
    left join station_state ss on ss.station_id = s.id
    left join lateral (select open.id from alert open
      where open.station_id = s.id and open.family = 'OUTAGE' and open.closed_at is null limit 1
    ) al on true`;
}
