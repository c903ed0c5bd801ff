import type { CameraId, Placement } from '@nigehban/domain/camera.ts';
import type { HealthConditions } from '@nigehban/domain/camera-health.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { CameraTransitionRow } from './camera-state-store.ts';
import type { Queryable } from './database.ts';

export interface HealthRow {
  readonly cameraId: CameraId;
  readonly code: string;
  readonly stationCode: string;
  readonly districtCode: string;
  readonly placement: Placement;
  readonly state: CameraStateKind;
  readonly sinceMs: number;
  readonly fault: FaultCode | null;
  readonly registered: boolean;
  readonly recording: boolean;
  readonly clockOffsetMs: number | null;
  readonly lastFrameMs: number | null;
  readonly sweptMs: number | null;
  readonly conditions: HealthConditions | null;
  readonly flappingSinceMs: number | null;
  readonly firmware: string | null;
}

export interface HealthFilter {
  readonly states?: readonly CameraStateKind[];
  readonly districtCode?: string;
  readonly stationCode?: string;
}

/** Every camera that watches a station, or those of the filter, by code. */
export async function readHealthRows(
  sql: Queryable,
  filter: HealthFilter,
): Promise<readonly HealthRow[]> {
  return await sql<HealthRow[]>`
    select c.id as camera_id, c.code, s.code as station_code, s.district_code, a.placement,
      coalesce(cs.kind, 'UNKNOWN') as state, coalesce(cs.since, c.created_at) as since_ms,
      coalesce(cs.fault, c.registration_fault) as fault,
      c.registered_at is not null as registered, coalesce(cs.recording, false) as recording,
      c.clock_offset_ms, cs.last_frame_at as last_frame_ms,
      case when cs.detail->'sweep'->>'lost' is null
        then (cs.detail->'sweep'->>'atMs')::bigint end as swept_ms,
      nullif(cs.detail->'conditions', '{}'::jsonb) as conditions,
      (cs.detail->'flap'->>'sinceMs')::bigint as flapping_since_ms, c.firmware
    from assignment a
    join camera c on c.id = a.camera_id
    join station s on s.id = a.station_id
    left join camera_state cs on cs.camera_id = c.id
    where a.valid_to is null
      ${
        filter.states === undefined
          ? sql``
          : sql`and coalesce(cs.kind, 'UNKNOWN') = any(${[...filter.states]}::text[])`
      }
      ${filter.districtCode === undefined ? sql`` : sql`and s.district_code = ${filter.districtCode}`}
      ${filter.stationCode === undefined ? sql`` : sql`and s.code = ${filter.stationCode}`}
    order by c.code`;
}

/** A camera's transitions before a moment, newest first. */
export async function readTransitionsBefore(
  sql: Queryable,
  cameraId: CameraId,
  beforeMs: number,
  limit: number,
): Promise<readonly CameraTransitionRow[]> {
  return await sql<CameraTransitionRow[]>`
    select at as at_ms, from_kind as "from", to_kind as "to", fault, evidence
    from camera_transition
    where camera_id = ${cameraId} and at < ${beforeMs}::timestamptz
    order by at desc, id desc limit ${limit}`;
}

/** The column is an `int`: clocks that are further off are this far off. */
const mostOffsetMs = 2_147_483_647;

/** Notes how far a camera's clock was off when it was set or asked last (camera minus ours). */
export async function storeClockOffset(
  sql: Queryable,
  cameraId: CameraId,
  clockOffsetMs: number,
): Promise<void> {
  const rounded = Math.max(-mostOffsetMs, Math.min(mostOffsetMs, Math.round(clockOffsetMs)));
  await sql`update camera set clock_offset_ms = ${rounded} where id = ${cameraId}`;
}
