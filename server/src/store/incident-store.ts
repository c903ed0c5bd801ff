import {
  type AlertWeight,
  decideSeverity,
  rankAlert,
  worstSeverity,
} from '@nigehban/domain/alert-severity.ts';
import type {
  AlertSeverity,
  IncidentStep,
  IncidentView,
} from '@nigehban/domain/api/alert-types.ts';
import type { IncidentCauseKind } from '@nigehban/domain/incident.ts';
import { incidentLevel } from '@nigehban/domain/manual-escalation.ts';
import { type Queryable, toJson } from './database.ts';
import { readDivisionOfDistricts } from './occasion-store.ts';
import { putOutbox } from './outbox-store.ts';

interface IncidentRow
  extends Omit<
    IncidentView,
    'state' | 'severity' | 'rank' | 'cause' | 'unacknowledgedAlerts' | 'level' | 'districtCodes'
  > {
  readonly causeKind: IncidentCauseKind;
  readonly causeKey: string;
  /** The district that is the cause itself. */
  readonly causeDistrict: string | null;
}

/** Alerts of an incident that weigh the same. */
interface ChildRow extends Omit<AlertWeight, 'expected'> {
  readonly incidentId: number;
  readonly districtCode: string;
  readonly expected: boolean;
  readonly acknowledged: boolean;
  /** How many of them are open and not acknowledged. */
  readonly unacknowledged: number;
}

export interface IncidentFilter {
  readonly state?: 'open' | 'closed';
  readonly ids?: readonly number[];
  /** Only incidents with a smaller id. */
  readonly before?: number;
  readonly limit: number;
}

/** Incidents as people see them, newest first. `open` includes acknowledged ones. */
export async function readIncidents(
  sql: Queryable,
  filter: IncidentFilter,
): Promise<readonly IncidentView[]> {
  const rows = await sql<IncidentRow[]>`
    select i.id, i.kind, i.cause_kind, i.cause_key,
      coalesce(d.name, b.name, i.cause_key) as cause_name,
      coalesce(d.name_ur, b.name_ur, i.cause_key) as cause_name_ur,
      d.code as cause_district,
      i.started_at as started_at_ms, i.opened_at as opened_at_ms, i.closed_at as closed_at_ms,
      i.merged_into, i.stations, i.of_stations, i.peak_stations, i.evidence,
      i.acknowledged_at as acknowledged_at_ms, i.acknowledged_by, i.assignee, i.escalation_level,
      i.paged_at as paged_at_ms, i.version
    from incident i
    left join district d on i.cause_kind = 'district' and d.code = i.cause_key
    left join lateral (
      select min(s.name) as name, min(s.name_ur) as name_ur from station s
      where s.building_id = case i.cause_kind when 'building' then i.cause_key::int end
    ) b on true
    where true
      ${filter.state === 'open' ? sql`and i.closed_at is null` : sql``}
      ${filter.state === 'closed' ? sql`and i.closed_at is not null` : sql``}
      ${filter.ids === undefined ? sql`` : sql`and i.id = any(${[...filter.ids]}::int[])`}
      ${filter.before === undefined ? sql`` : sql`and i.id < ${filter.before}`}
    order by i.id desc limit ${filter.limit}`;
  // Of a closed incident all that it ever had count.
  const children = await sql<ChildRow[]>`
    select al.incident_id, s.district_code, al.phase, al.kind, s.category, al.lost_placements,
      al.missing_placements, al.coverage as coverage_share, al.expected_id is not null as expected,
      al.acknowledged_at is not null or al.closed_at is not null as acknowledged,
      count(*) filter (where al.closed_at is null and al.acknowledged_at is null)::int
        as unacknowledged
    from alert al join station s on s.id = al.station_id join incident i on i.id = al.incident_id
    where al.incident_id = any(${rows.map((row) => row.id)}::int[])
      and (al.closed_at is null or i.closed_at is not null)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`;
  const byIncident = Map.groupBy(children, (child) => child.incidentId);
  const districtsOf = new Map(rows.map((row) => [row.id, districtCodesOf(row, byIncident)]));
  const divisionOf = await readDivisionOfDistricts(
    sql,
    [...districtsOf.values()].flatMap((codes) => (codes.length > 1 ? codes : [])),
  );
  return rows.map(({ causeKind, causeKey, causeDistrict: _, ...row }) => {
    const own = byIncident.get(row.id) ?? [];
    const districtCodes = districtsOf.get(row.id) ?? [];
    const cause = { kind: causeKind, key: causeKey };
    const districts = districtCodes.length;
    const divisions = new Set(districtCodes.map((code) => divisionOf.get(code))).size;
    return {
      ...row,
      districtCodes,
      cause,
      level: incidentLevel({ ...row, cause, districts, divisions }),
      state:
        row.closedAtMs !== null
          ? 'closed'
          : row.acknowledgedAtMs !== null
            ? 'acknowledged'
            : 'open',
      ...weigh(row, own),
      unacknowledgedAlerts: own.reduce((sum, child) => sum + child.unacknowledged, 0),
    };
  });
}

/** The districts of its alerts; while it has none the one that is its cause. */
function districtCodesOf(
  { id, causeDistrict }: IncidentRow,
  children: ReadonlyMap<number, readonly ChildRow[]>,
): readonly string[] {
  const codes = new Set((children.get(id) ?? []).map((child) => child.districtCode));
  if (codes.size === 0 && causeDistrict !== null) codes.add(causeDistrict);
  return [...codes].sort();
}

/** A part of ours that failed is at least major: nobody sees what its cameras would show. */
function weigh(
  row: Pick<IncidentRow, 'kind'>,
  children: readonly ChildRow[],
): { readonly severity: AlertSeverity; readonly rank: number } {
  const worst = worstSeverity(
    children.filter((child) => !child.expected).map((child) => decideSeverity(child)),
  );
  const least: AlertSeverity = row.kind === 'OWN' ? 'major' : 'info';
  const rank = children.reduce((most, child) => Math.max(most, rankAlert(child)), 0);
  return {
    severity: worstSeverity([worst, least]),
    rank: row.kind === 'OWN' ? Math.max(rank, 12_000) : rank,
  };
}

export async function readIncidentTimeline(
  sql: Queryable,
  incidentId: number,
): Promise<readonly IncidentStep[]> {
  return await sql<IncidentStep[]>`
    select id, at as at_ms, step, actor, details from incident_event
    where incident_id = ${incidentId} order by id`;
}

export async function addIncidentEvents(
  sql: Queryable,
  events: readonly {
    readonly incidentId: number;
    readonly step: IncidentStep['step'];
    readonly details?: unknown;
  }[],
  actor: string | null,
  atMs: number,
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ incidentId, step, details }) => ({
    incident_id: incidentId,
    step,
    details: details ?? {},
  }));
  await sql`
    insert into incident_event (incident_id, at, step, actor, details)
    select x.incident_id, ${atMs}::timestamptz, x.step, ${actor}, x.details
    from jsonb_to_recordset(${sql.json(toJson(rows))})
      as x(incident_id int, step text, details jsonb)`;
}

/** Acknowledges the version that was seen; false when it has another one by now or is closed. */
export async function markIncidentAcknowledged(
  sql: Queryable,
  incidentId: number,
  version: number,
  username: string,
  atMs: number,
): Promise<boolean> {
  const [row] = await sql<{ version: number }[]>`
    update incident set acknowledged_at = coalesce(acknowledged_at, ${atMs}),
      acknowledged_by = coalesce(acknowledged_by, ${username}), version = version + 1
    where id = ${incidentId} and version = ${version} and closed_at is null returning version`;
  if (row === undefined) return false;
  await addIncidentEvents(sql, [{ incidentId, step: 'acknowledged' }], username, atMs);
  await putIncidentSteps(sql, [{ incidentId, version: row.version }], 'acknowledged');
  return true;
}

export async function markIncidentAssigned(
  sql: Queryable,
  incidentId: number,
  version: number,
  assignee: string | null,
  username: string,
  atMs: number,
): Promise<boolean> {
  const [row] = await sql<{ version: number }[]>`
    update incident set assignee = ${assignee}, version = version + 1
    where id = ${incidentId} and version = ${version} and closed_at is null returning version`;
  if (row === undefined) return false;
  const details = { assignee };
  await addIncidentEvents(sql, [{ incidentId, step: 'assigned', details }], username, atMs);
  await putIncidentSteps(sql, [{ incidentId, version: row.version }], 'assigned');
  return true;
}

/**
 * Acknowledges the open alerts of an incident; those of which another version was seen are left
 * alone and returned as conflicts. `seen` null: all of them, as they are.
 */
export async function acknowledgeChildren(
  sql: Queryable,
  incidentId: number,
  seen: readonly { readonly id: number; readonly version: number }[] | null,
  username: string,
  atMs: number,
): Promise<{ readonly acknowledged: readonly number[]; readonly conflicts: readonly number[] }> {
  // The lock order of the engine: stations first.
  await sql`
    select from station_state where station_id in
      (select station_id from alert where incident_id = ${incidentId} and closed_at is null)
    order by station_id for update`;
  const rows = await sql<{ id: number }[]>`
    update alert al set acknowledged_at = ${atMs}, acknowledged_by = ${username},
      version = al.version + 1
    where al.incident_id = ${incidentId} and al.closed_at is null and al.acknowledged_at is null
      ${
        seen === null
          ? sql``
          : sql`and exists (select from unnest(${seen.map((one) => one.id)}::int[],
              ${seen.map((one) => one.version)}::int[]) as s(id, version)
              where s.id = al.id and s.version = al.version)`
      }
    returning al.id`;
  const acknowledged = rows.map((row) => row.id);
  const left = await sql<{ id: number }[]>`
    select id from alert where incident_id = ${incidentId} and closed_at is null
      and acknowledged_at is null order by id`;
  return { acknowledged, conflicts: left.map((row) => row.id) };
}

export async function putIncidentSteps(
  sql: Queryable,
  incidents: readonly { readonly incidentId: number; readonly version: number }[],
  step: 'page' | 'changed' | 'acknowledged' | 'assigned' | 'escalated' | 'closed',
): Promise<void> {
  await putOutbox(
    sql,
    incidents.map(({ incidentId, version }) => ({
      key: `incident-${incidentId}-${version}-${step}`,
      topic: 'incident-step',
      payload: { incidentId, step, version },
    })),
  );
}
