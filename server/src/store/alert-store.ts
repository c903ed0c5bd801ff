import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import type { Placement } from '@nigehban/domain/camera.ts';
import { downStates } from '@nigehban/domain/camera-state.ts';
import type { StationCamera } from '@nigehban/domain/station-state.ts';
import { type Queryable, toJson } from './database.ts';

export type AlertCauses = AlertView['causes'];

/** A camera of a station with what an alert tells about it. */
export interface StationCameraRow extends StationCamera {
  readonly cameraCode: string;
  readonly fault: AlertCauses[number]['fault'];
}

export interface OpenAlertRow {
  readonly id: number;
  readonly kind: 'PARTIAL' | 'BLIND';
  readonly down: number;
  readonly cameras: number;
  readonly lostPlacements: Placement[];
  readonly causes: AlertCauses;
}

/**
 * Locks a station until the transaction ends, so that its siblings' evaluations wait; false when
 * there is no such station.
 */
export async function lockStation(sql: Queryable, stationId: number): Promise<boolean> {
  const rows = await sql`select 1 from station where id = ${stationId} for update`;
  return rows.length > 0;
}

/** The cameras that watch a station now, with their stored states, in the order of their ids. */
export async function readStationCameras(
  sql: Queryable,
  stationId: number,
): Promise<readonly StationCameraRow[]> {
  return await sql<StationCameraRow[]>`
    select a.camera_id, c.code as camera_code, a.placement, coalesce(s.kind, 'UNKNOWN') as state,
      coalesce(s.since, c.created_at) as since_ms, s.fault
    from assignment a
    join camera c on c.id = a.camera_id
    left join camera_state s on s.camera_id = a.camera_id
    where a.station_id = ${stationId} and a.valid_to is null
    order by a.camera_id`;
}

export async function readOpenAlert(
  sql: Queryable,
  stationId: number,
): Promise<OpenAlertRow | null> {
  const [row] = await sql<OpenAlertRow[]>`
    select id, kind, cameras, down, lost_placements, causes from alert
    where station_id = ${stationId} and closed_at is null`;
  return row ?? null;
}

interface AlertContent {
  readonly kind: 'PARTIAL' | 'BLIND';
  readonly cameras: number;
  readonly down: number;
  readonly lostPlacements: readonly Placement[];
  readonly causes: AlertCauses;
}

/** Opens a station's alert and returns its id. @throws when one is open: the index admits only one. */
export async function insertAlert(
  sql: Queryable,
  stationId: number,
  content: AlertContent,
  atMs: number,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into alert (station_id, kind, opened_at, cameras, down, lost_placements, causes)
    values (${stationId}, ${content.kind}, ${atMs}, ${content.cameras}, ${content.down},
      ${[...content.lostPlacements]}::text[], ${sql.json(toJson(content.causes))})
    returning id`;
  if (row === undefined) throw new Error('insert into alert returned no row');
  await addAlertEvent(sql, row.id, 'opened', null, atMs, content);
  return row.id;
}

export async function updateAlert(
  sql: Queryable,
  alertId: number,
  content: AlertContent,
  atMs: number,
): Promise<void> {
  await sql`
    update alert set kind = ${content.kind}, cameras = ${content.cameras}, down = ${content.down},
      lost_placements = ${[...content.lostPlacements]}::text[],
      causes = ${sql.json(toJson(content.causes))}, version = version + 1
    where id = ${alertId}`;
  await addAlertEvent(sql, alertId, 'changed', null, atMs, content);
}

/** Closes an alert; what it last told stays in it. */
export async function closeAlert(sql: Queryable, alertId: number, atMs: number): Promise<void> {
  await sql`update alert set closed_at = ${atMs}, version = version + 1 where id = ${alertId}`;
  await addAlertEvent(sql, alertId, 'closed', null, atMs, {});
}

/** Acknowledges the version that was seen; false when the alert has another one by now or is closed. */
export async function markAcknowledged(
  sql: Queryable,
  alertId: number,
  version: number,
  username: string,
  atMs: number,
): Promise<boolean> {
  const rows = await sql`
    update alert set acknowledged_at = ${atMs}, acknowledged_by = ${username}, version = version + 1
    where id = ${alertId} and version = ${version} and acknowledged_at is null and closed_at is null
    returning id`;
  if (rows.length === 0) return false;
  await addAlertEvent(sql, alertId, 'acknowledged', username, atMs, {});
  return true;
}

async function addAlertEvent(
  sql: Queryable,
  alertId: number,
  step: 'opened' | 'changed' | 'acknowledged' | 'closed',
  actor: string | null,
  atMs: number,
  details: unknown,
): Promise<void> {
  await sql`
    insert into alert_event (alert_id, at, step, actor, details)
    values (${alertId}, ${atMs}, ${step}, ${actor}, ${sql.json(toJson(details))})`;
}

/** Stations whose alert does not say what their cameras say, for example after a lost queue. */
export async function findStationsOutOfStep(sql: Queryable): Promise<readonly number[]> {
  const rows = await sql<{ stationId: number }[]>`
    with station_down as (
      select a.station_id, count(*)::int as cameras,
        count(*) filter (where s.kind = any(${[...downStates]}::text[]))::int as down
      from assignment a left join camera_state s on s.camera_id = a.camera_id
      where a.valid_to is null group by a.station_id
    )
    select coalesce(d.station_id, o.station_id) as station_id
    from station_down d
    full join (select * from alert where closed_at is null) o on o.station_id = d.station_id
    where coalesce(d.down, 0) <> coalesce(o.down, 0)
      or (o.id is not null and (d.cameras is distinct from o.cameras))`;
  return rows.map((row) => row.stationId);
}

type AlertRow = Omit<AlertView, 'state'>;

export interface AlertFilter {
  readonly state?: 'open' | 'closed';
  readonly ids?: readonly number[];
  readonly stationCode?: string;
  /** Only alerts with a smaller id. */
  readonly before?: number;
  readonly limit: number;
}

/** Alerts as people see them, newest first. `open` includes acknowledged ones. */
export async function readAlerts(
  sql: Queryable,
  filter: AlertFilter,
): Promise<readonly AlertView[]> {
  const rows = await sql<AlertRow[]>`
    select al.id, s.code as station_code, s.name as station_name, s.name_ur as station_name_ur,
      s.district_code, al.kind, al.opened_at as opened_at_ms,
      al.acknowledged_at as acknowledged_at_ms, al.acknowledged_by, al.closed_at as closed_at_ms,
      al.cameras, al.down, al.lost_placements, al.causes, al.version
    from alert al join station s on s.id = al.station_id
    where true
      ${filter.state === 'open' ? sql`and al.closed_at is null` : sql``}
      ${filter.state === 'closed' ? sql`and al.closed_at is not null` : sql``}
      ${filter.ids === undefined ? sql`` : sql`and al.id = any(${[...filter.ids]}::int[])`}
      ${filter.stationCode === undefined ? sql`` : sql`and s.code = ${filter.stationCode}`}
      ${filter.before === undefined ? sql`` : sql`and al.id < ${filter.before}`}
    order by al.id desc limit ${filter.limit}`;
  return rows.map((row) => ({
    ...row,
    state:
      row.closedAtMs !== null ? 'closed' : row.acknowledgedAtMs !== null ? 'acknowledged' : 'open',
  }));
}

export async function countOpenAlerts(
  sql: Queryable,
): Promise<readonly { kind: string; count: number }[]> {
  return await sql<{ kind: string; count: number }[]>`
    select kind, count(*) as count from alert where closed_at is null group by kind`;
}
