import { decideSeverity, rankAlert } from '@nigehban/domain/alert-severity.ts';
import type { AlertStep, ResolutionCause } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView, CameraTransition } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ExpectedDarkKind } from '@nigehban/domain/expected-dark.ts';
import { announce } from './change-feed.ts';
import { type Queryable, toJson } from './database.ts';
import { putOutbox } from './outbox-store.ts';

/** An alert that comes again within this is the same one; the setting `alert.reopenWithinMs` changes it. */
export const defaultReopenWithinMs = 600_000;

export async function readReopenWithinMs(sql: Queryable): Promise<number> {
  const [row] = await sql<{ value: unknown }[]>`
    select value from setting where key = 'alert.reopenWithinMs'`;
  return typeof row?.value === 'number' && row.value >= 0 ? row.value : defaultReopenWithinMs;
}

/**
 * Makes the stations' states say what their cameras say, and their alerts what the states say.
 * Idempotent and safe in parallel. Returns the alerts that changed, announced.
 */
export async function evaluateStations(
  sql: Queryable,
  stationIds: readonly number[],
  nowMs: number,
): Promise<readonly number[]> {
  if (stationIds.length === 0) return [];
  const rows = await sql<{ alertId: number }[]>`
    select distinct alert_id from evaluate_stations(${[...stationIds]}::int[],
      ${nowMs}::timestamptz, ${await readReopenWithinMs(sql)} * interval '1 ms')`;
  const ids = rows.map((row) => row.alertId);
  await announceAlerts(sql, ids);
  await announce(sql, { topic: 'stations', ids: stationIds });
  return ids;
}

/** Tells of alerts, and of what their end may have put into the outbox. */
export async function announceAlerts(sql: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await announce(sql, { topic: 'alerts', ids });
  await announce(sql, { topic: 'outbox' });
}

/** Stations whose alert does not say what their cameras say, whatever was lost. */
export async function findStationsOutOfStep(
  sql: Queryable,
  nowMs: number,
): Promise<readonly number[]> {
  const rows = await sql<{ stationId: number }[]>`
    select station_id from stations_out_of_step(${nowMs}::timestamptz) as station_id order by 1`;
  return rows.map((row) => row.stationId);
}

interface AlertRow
  extends Omit<AlertView, 'state' | 'severity' | 'rank' | 'expected' | 'resolution'> {
  readonly expectedId: number | null;
  readonly expectedKind: ExpectedDarkKind | null;
  readonly expectedEndsAt: number | null;
  readonly expectedReason: string | null;
  readonly resolutionCause: ResolutionCause | null;
  readonly resolutionNote: string | null;
  readonly resolvedBy: string | null;
}

export interface AlertFilter {
  readonly state?: 'open' | 'closed';
  readonly ids?: readonly number[];
  readonly stationCode?: string;
  readonly incidentId?: number;
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
      s.district_code, s.category, al.kind, al.opened_at as opened_at_ms,
      al.acknowledged_at as acknowledged_at_ms, al.acknowledged_by, al.closed_at as closed_at_ms,
      al.cameras, al.down, al.lost_placements, al.causes, al.version, al.phase,
      al.since as since_ms, al.missing_placements, al.coverage as coverage_share, al.incident_id,
      al.expected_id, e.kind as expected_kind, e.ends_at as expected_ends_at,
      e.reason as expected_reason, al.assignee, al.escalation_level, al.reopened,
      al.paged_at as paged_at_ms, al.resolution_cause, al.resolution_note, al.resolved_by,
      (select count(*)::int from alert_event ev where ev.alert_id = al.id and ev.step = 'noted')
        as notes
    from alert al join station s on s.id = al.station_id
    left join expected_dark e on e.id = al.expected_id
    where true
      ${filter.state === 'open' ? sql`and al.closed_at is null` : sql``}
      ${filter.state === 'closed' ? sql`and al.closed_at is not null` : sql``}
      ${filter.ids === undefined ? sql`` : sql`and al.id = any(${[...filter.ids]}::int[])`}
      ${filter.stationCode === undefined ? sql`` : sql`and s.code = ${filter.stationCode}`}
      ${filter.incidentId === undefined ? sql`` : sql`and al.incident_id = ${filter.incidentId}`}
      ${filter.before === undefined ? sql`` : sql`and al.id < ${filter.before}`}
    order by al.id desc limit ${filter.limit}`;
  return rows.map(toAlertView);
}

function toAlertView(row: AlertRow): AlertView {
  const {
    expectedId,
    expectedKind,
    expectedEndsAt,
    expectedReason,
    resolutionCause,
    resolutionNote,
    resolvedBy,
    ...alert
  } = row;
  const expected =
    expectedId === null || expectedKind === null
      ? null
      : {
          id: expectedId,
          kind: expectedKind,
          endsAtMs: expectedEndsAt ?? 0,
          reason: expectedReason ?? '',
        };
  return {
    ...alert,
    state:
      row.closedAtMs !== null ? 'closed' : row.acknowledgedAtMs !== null ? 'acknowledged' : 'open',
    severity: decideSeverity(alert),
    rank: rankAlert({ ...alert, expected: expected !== null }),
    expected,
    resolution:
      resolutionCause === null
        ? null
        : { cause: resolutionCause, note: resolutionNote, by: resolvedBy },
  };
}

export async function countOpenAlerts(
  sql: Queryable,
): Promise<readonly { kind: string; count: number }[]> {
  return await sql<{ kind: string; count: number }[]>`
    select kind, count(*) as count from alert where closed_at is null group by kind`;
}

export async function readAlertTimeline(
  sql: Queryable,
  alertId: number,
): Promise<readonly AlertStep[]> {
  return await sql<AlertStep[]>`
    select id, at as at_ms, step, actor, details from alert_event
    where alert_id = ${alertId} order by id`;
}

/** What the cameras of an alert's station went through since `fromMs`, oldest first. */
export async function readStationTransitions(
  sql: Queryable,
  alertId: number,
  leadMs: number,
  limit: number,
): Promise<
  readonly (CameraTransition & { readonly cameraId: CameraId; readonly cameraCode: string })[]
> {
  return await sql<(CameraTransition & { cameraId: CameraId; cameraCode: string })[]>`
    select t.camera_id, c.code as camera_code, t.at as at_ms, t.from_kind as from,
      t.to_kind as to, t.fault, t.evidence
    from alert al
    join assignment a on a.station_id = al.station_id and a.valid_to is null
    join camera c on c.id = a.camera_id
    join camera_transition t on t.camera_id = a.camera_id
      and t.at >= al.opened_at - ${leadMs} * interval '1 ms'
      and t.at <= coalesce(al.closed_at, 'infinity') + ${leadMs} * interval '1 ms'
    where al.id = ${alertId} order by t.at, t.id limit ${limit}`;
}

// Steps of an alert's life ------------------------------------------------------------------------

/** Acknowledges the version that was seen; false when the alert has another one by now or is closed. */
export async function markAcknowledged(
  sql: Queryable,
  alertId: number,
  version: number,
  username: string,
  atMs: number,
): Promise<boolean> {
  const [row] = await sql<{ version: number }[]>`
    update alert set acknowledged_at = ${atMs}, acknowledged_by = ${username}, version = version + 1
    where id = ${alertId} and version = ${version} and acknowledged_at is null and closed_at is null
    returning version`;
  if (row === undefined) return false;
  await addAlertEvents(sql, [alertId], 'acknowledged', username, atMs, {});
  await putAlertStep(sql, alertId, 'acknowledged', row.version);
  return true;
}

/** Gives an alert to a person, or to nobody; false when it has another version by now or is closed. */
export async function markAssigned(
  sql: Queryable,
  alertId: number,
  version: number,
  assignee: string | null,
  username: string,
  atMs: number,
): Promise<boolean> {
  const [row] = await sql<{ version: number }[]>`
    update alert set assignee = ${assignee}, version = version + 1
    where id = ${alertId} and version = ${version} and closed_at is null returning version`;
  if (row === undefined) return false;
  await addAlertEvents(sql, [alertId], 'assigned', username, atMs, { assignee });
  await putAlertStep(sql, alertId, 'assigned', row.version);
  return true;
}

export async function addAlertNote(
  sql: Queryable,
  alertId: number,
  text: string,
  username: string,
  atMs: number,
): Promise<boolean> {
  const rows = await sql`update alert set version = version where id = ${alertId} returning id`;
  if (rows.length === 0) return false;
  await addAlertEvents(sql, [alertId], 'noted', username, atMs, { text });
  return true;
}

/**
 * Resolves the version that was seen, with its cause. An alert whose cameras are still down closes
 * too, and stays closed until another camera of the station joins them. False when it has another
 * version by now, or was resolved by a person already.
 */
export async function markResolved(
  sql: Queryable,
  alertId: number,
  version: number,
  given: { readonly cause: ResolutionCause; readonly note: string | null },
  username: string,
  atMs: number,
): Promise<boolean> {
  // Before the alert: an evaluation of the station waits, or is waited for.
  await sql`
    select from station_state where station_id = (select station_id from alert where id = ${alertId})
    for update`;
  const [row] = await sql<{ version: number; stationId: number; family: string; paged: boolean }[]>`
    update alert set resolution_cause = ${given.cause}, resolution_note = ${given.note},
      resolved_by = ${username}, version = version + 1, closed_at = coalesce(closed_at, ${atMs})
    where id = ${alertId} and version = ${version} and resolved_by is null
    returning version, station_id, family, paged_at is not null as paged`;
  if (row === undefined) return false;
  await sql`
    update station_state set
      dismissed_down = case ${row.family} when 'OUTAGE' then down_cameras else dismissed_down end,
      dismissed_tampered = case ${row.family} when 'TAMPERED' then tampered_cameras
        else dismissed_tampered end
    where station_id = ${row.stationId} and case ${row.family}
      when 'OUTAGE' then kind <> 'OK' else tampered > 0 end`;
  await addAlertEvents(sql, [alertId], 'resolved', username, atMs, { ...given });
  if (row.paged) await putAlertStep(sql, alertId, 'closed', row.version);
  return true;
}

/** Adds one step to the life of each of these alerts. */
export async function addAlertEvents(
  sql: Queryable,
  alertIds: readonly number[],
  step: AlertStep['step'],
  actor: string | null,
  atMs: number,
  details: unknown,
): Promise<void> {
  await sql`
    insert into alert_event (alert_id, at, step, actor, details)
    select id, ${atMs}::timestamptz, ${step}, ${actor}, ${sql.json(toJson(details))}
    from unnest(${[...alertIds]}::int[]) as id`;
}

async function putAlertStep(
  sql: Queryable,
  alertId: number,
  step: 'acknowledged' | 'assigned' | 'closed',
  version: number,
): Promise<void> {
  const key = `alert-${alertId}-${version}-${step}`;
  await putOutbox(sql, [{ key, topic: 'alert-step', payload: { alertId, step, version } }]);
}
