import type { CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId, CameraStream, Placement } from '@nigehban/domain/camera.ts';
import { deriveStationState, type StationCamera } from '@nigehban/domain/station-state.ts';
import { approvalOf, type ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import type { Queryable } from './database.ts';

type StationRow = Omit<StationView, 'state' | 'sinceMs' | 'cameras' | 'down'> & { id: number };

/** Which stations: all, by code, or those that the cameras watch. */
export interface StationFilter {
  readonly codes?: readonly string[];
  readonly cameraIds?: readonly CameraId[];
}

/** Polling stations with their derived state, ordered by code. */
export async function readStations(
  sql: Queryable,
  filter: StationFilter = {},
): Promise<readonly StationView[]> {
  const rows = await sql<StationRow[]>`
    select s.id, s.code, s.name, s.name_ur, s.district_code, d.name as district,
      d.name_ur as district_ur, s.constituency_code as constituency, s.category, s.lat, s.lon,
      al.id as open_alert_id
    from station s
    join district d on d.code = s.district_code
    left join lateral (select open.id from alert open
      where open.station_id = s.id and open.family = 'OUTAGE' and open.closed_at is null limit 1
    ) al on true
    where true
      ${filter.codes === undefined ? sql`` : sql`and s.code = any(${[...filter.codes]}::text[])`}
      ${
        filter.cameraIds === undefined
          ? sql``
          : sql`and s.id in (select station_id from assignment where valid_to is null
              and camera_id = any(${[...filter.cameraIds]}::int[]))`
      }
    order by s.code`;
  const cameras = await sql<(StationCamera & { stationId: number })[]>`
    select a.station_id, a.camera_id, a.placement, coalesce(cs.kind, 'UNKNOWN') as state,
      coalesce(cs.since, a.valid_from) as since_ms
    from assignment a left join camera_state cs on cs.camera_id = a.camera_id
    where a.valid_to is null and a.station_id = any(${rows.map((row) => row.id)}::int[])`;
  const byStation = Map.groupBy(cameras, (camera) => camera.stationId);
  return rows.map(({ id, ...row }) => {
    const state = deriveStationState(byStation.get(id) ?? []);
    return {
      ...row,
      state: state.kind,
      sinceMs: state.sinceMs,
      cameras: state.cameras,
      down: state.down,
    };
  });
}

type CameraRow = Omit<CameraView, 'live' | 'approval'> & {
  streams: CameraStream[];
  placement: Placement;
  decided: 'approved' | 'rejected' | null;
};

export interface CameraFilter {
  readonly ids?: readonly CameraId[];
  readonly stationCode?: string;
}

/** Cameras that watch a station now, as lists show them, ordered by code. */
export async function readCameras(
  sql: Queryable,
  filter: CameraFilter = {},
  viewApproval: ViewApprovalPolicy = 'required',
): Promise<readonly CameraView[]> {
  const rows = await sql<CameraRow[]>`
    select c.id, c.code, s.code as station_code, a.placement, a.booth,
      coalesce(cs.kind, 'UNKNOWN') as state, coalesce(cs.since, c.created_at) as since_ms,
      coalesce(cs.fault, c.registration_fault) as fault, cs.last_frame_at as last_frame_ms,
      c.registered_at is not null as registered, coalesce(cs.recording, false) as recording,
      c.streams, v.state as decided
    from assignment a
    join camera c on c.id = a.camera_id
    join station s on s.id = a.station_id
    left join camera_state cs on cs.camera_id = c.id
    left join camera_view v on v.assignment_id = a.id and v.state <> 'proposed'
      and v.superseded_at is null
    where a.valid_to is null
      ${filter.ids === undefined ? sql`` : sql`and c.id = any(${[...filter.ids]}::int[])`}
      ${filter.stationCode === undefined ? sql`` : sql`and s.code = ${filter.stationCode}`}
    order by c.code`;
  return rows.map(({ streams, decided, ...row }) => ({
    ...row,
    live: liveQualities(streams),
    approval: approvalOf(row.placement, decided, viewApproval),
  }));
}

/** Browsers decode H.264 by WebRTC; nothing is transcoded. */
function liveQualities(streams: readonly CameraStream[]): CameraView['live'] {
  return (['main', 'sub'] as const).filter((quality) =>
    streams.some((stream) => stream.quality === quality && stream.codec === 'H264'),
  );
}

/** How many cameras are in each state. */
export async function countCameraStates(
  sql: Queryable,
): Promise<readonly { kind: string; count: number }[]> {
  return await sql<{ kind: string; count: number }[]>`
    select coalesce(cs.kind, 'UNKNOWN') as kind, count(*) as count
    from assignment a left join camera_state cs on cs.camera_id = a.camera_id
    where a.valid_to is null group by 1`;
}
