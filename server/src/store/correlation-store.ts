import type { AlertWeight } from '@nigehban/domain/alert-severity.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type {
  CorrelationPlan,
  IncidentPlan,
  OpenIncident,
} from '@nigehban/domain/correlate-outages.ts';
import type { IncidentCauseKind } from '@nigehban/domain/incident.ts';
import { levelOfNumber } from '@nigehban/domain/manual-escalation.ts';
import type { StationTies } from '@nigehban/domain/outage-groups.ts';
import type { NodeStanding } from '@nigehban/domain/own-faults.ts';
import { addAlertEvents } from './alert-store.ts';
import { type Queryable, toJson } from './database.ts';
import { addIncidentEvents, putIncidentSteps } from './incident-store.ts';
import { putOutbox } from './outbox-store.ts';

/** What every station with cameras hangs on. */
export async function readStationTies(sql: Queryable): Promise<readonly StationTies[]> {
  return await sql<StationTies[]>`
    select s.id as station_id, s.district_code, s.building_id, s.uplink, s.feeder,
      mode() within group (order by n.node_id) as node_id
    from station s
    join assignment a on a.station_id = s.id and a.valid_to is null
    left join camera_node n on n.camera_id = a.camera_id
    group by s.id`;
}

export interface EngineAlertRow extends Omit<AlertWeight, 'coverageShare'> {
  readonly alertId: number;
  readonly stationId: number;
  readonly districtCode: string;
  readonly beganAtMs: number;
  readonly state: CameraStateKind | null;
  readonly downShare: number;
  readonly incidentId: number | null;
  readonly acknowledged: boolean;
  readonly reopened: boolean;
  readonly paged: boolean;
  readonly quietUntilMs: number | null;
}

/** All open alerts, as the correlation looks at them. */
export async function readEngineAlerts(sql: Queryable): Promise<readonly EngineAlertRow[]> {
  return await sql<EngineAlertRow[]>`
    select al.id as alert_id, al.station_id, s.district_code, s.category, al.phase, al.kind,
      al.lost_placements, al.missing_placements, al.expected_id is not null as expected,
      coalesce(al.reopened_at, al.opened_at) as began_at_ms, al.causes->0->>'state' as state,
      al.down::real / greatest(al.cameras, 1) as down_share,
      al.incident_id, al.acknowledged_at is not null as acknowledged,
      al.reopened_at is not null as reopened, al.paged_at is not null as paged,
      al.quiet_until as quiet_until_ms
    from alert al join station s on s.id = al.station_id
    where al.closed_at is null`;
}

export interface EngineIncidentRow extends OpenIncident {
  readonly openedAtMs: number;
  readonly stations: number;
  readonly peakStations: number;
  readonly paged: boolean;
  readonly acknowledged: boolean;
}

export async function readEngineIncidents(sql: Queryable): Promise<readonly EngineIncidentRow[]> {
  const rows = await sql<
    (Omit<EngineIncidentRow, 'cause'> & { causeKind: IncidentCauseKind; causeKey: string })[]
  >`
    select id as incident_id, cause_kind, cause_key, started_at as started_at_ms,
      opened_at as opened_at_ms, stations, peak_stations, paged_at is not null as paged,
      acknowledged_at is not null as acknowledged
    from incident where closed_at is null order by id`;
  return rows.map(({ causeKind, causeKey, ...row }) => ({
    ...row,
    cause: { kind: causeKind, key: causeKey },
  }));
}

export async function readNodeStandings(
  sql: Queryable,
  nowMs: number,
): Promise<readonly NodeStanding[]> {
  return await sql<NodeStanding[]>`
    select role, id, linked_at as linked_since_ms,
      case when unlinked_at is not null then unlinked_at
        when lease_until <= ${nowMs}::timestamptz then lease_until end as down_since_ms
    from node`;
}

/** A released alert is not told of at once: what it was part of is just over. */
const quietAfterIncidentMs = 120_000;

/** What a plan changed. */
export interface CarriedOut {
  readonly incidentIds: readonly number[];
  readonly alertIds: readonly number[];
}

/**
 * Makes incidents and their alerts as the plan says; the caller's transaction holds the duty's
 * lease. Returns what changed.
 */
export async function carryOutPlan(
  sql: Queryable,
  plan: CorrelationPlan,
  before: readonly EngineAlertRow[],
  open: readonly EngineIncidentRow[],
  nowMs: number,
): Promise<CarriedOut> {
  const changed = new Set<number>();
  // Ended first: a cause has one open incident at a time.
  const ids = await endThenOpen(sql, plan, open, nowMs, changed);
  const wanted = new Map<number, number>();
  for (const [index, incident] of plan.incidents.entries()) {
    const id = ids[index];
    if (id !== undefined) for (const alertId of incident.alertIds) wanted.set(alertId, id);
  }
  const moves = before.flatMap((alert) => {
    const to = wanted.get(alert.alertId) ?? null;
    return to === alert.incidentId ? [] : [{ ...alert, to }];
  });
  if (moves.length > 0) {
    // The lock order of the engine: stations first.
    await sql`
      select from station_state where station_id = any(${moves.map((m) => m.stationId)}::int[])
      order by station_id for update`;
    // `offset 0` keeps the look-ups look-ups: by the statistics of a calm day no alert is open.
    await sql`
      with x as materialized (
        select o.id, x.incident_id
        from unnest(${moves.map((m) => m.alertId)}::int[], ${moves.map((m) => m.to)}::int[])
          as x(alert_id, incident_id)
        cross join lateral (
          select a.id, a.closed_at from alert a where a.id = x.alert_id offset 0) o
        where o.closed_at is null
      )
      update alert al set incident_id = x.incident_id,
        quiet_until = case when x.incident_id is null
          then ${nowMs}::timestamptz + ${quietAfterIncidentMs} * interval '1 ms' end
      from x where al.id = x.id`;
    await sql`
      insert into alert_event (alert_id, at, step, details)
      select alert_id, ${nowMs}::timestamptz, 'grouped', jsonb_build_object('incidentId', incident_id)
      from unnest(${moves.map((m) => m.alertId)}::int[], ${moves.map((m) => m.to)}::int[])
        as x(alert_id, incident_id)`;
  }
  return { incidentIds: [...changed], alertIds: moves.map((move) => move.alertId) };
}

/** Ids of the plan's incidents, in its order. */
async function endThenOpen(
  sql: Queryable,
  plan: CorrelationPlan,
  open: readonly EngineIncidentRow[],
  nowMs: number,
  changed: Set<number>,
): Promise<readonly number[]> {
  await endIncidents(sql, plan, nowMs, changed);
  await changeIncidents(sql, plan.incidents, open, changed);
  const ids = await openIncidents(sql, plan.incidents, open, nowMs);
  for (const [index, id] of ids.entries()) {
    if (plan.incidents[index]?.incidentId !== id) changed.add(id);
  }
  const merged = plan.ended.map(({ incidentId, mergedInto }) => ({
    incidentId,
    into: mergedInto === null ? null : (ids[mergedInto] ?? null),
  }));
  const taken = merged.filter(({ into }) => into !== null);
  if (taken.length > 0) {
    for (const id of await takeOver(sql, taken, nowMs)) changed.add(id);
  }
  await addIncidentEvents(
    sql,
    merged.map(({ incidentId, into }) =>
      into === null
        ? { incidentId, step: 'closed' as const }
        : { incidentId, step: 'merged' as const, details: { into } },
    ),
    null,
    nowMs,
  );
  return ids;
}

/**
 * The wider incident is known where one that it took was known: it is raised to the highest level of
 * theirs, unless somebody has it in hand. Returns those that were raised.
 */
async function takeOver(
  sql: Queryable,
  taken: readonly { readonly incidentId: number; readonly into: number | null }[],
  nowMs: number,
): Promise<readonly number[]> {
  const raised = await sql<{ id: number; version: number; level: 1 | 2; paged: boolean }[]>`
    with gone as (
      update incident i set merged_into = x.into_id
      from unnest(${taken.map((one) => one.incidentId)}::int[],
        ${taken.map((one) => one.into)}::int[]) as x(id, into_id)
      where i.id = x.id returning x.into_id, i.escalation_level
    ), reached as (
      select into_id, max(escalation_level) as level from gone group by into_id
    )
    update incident i set escalation_level = r.level, version = i.version + 1
    from reached r
    where i.id = r.into_id and i.escalation_level < r.level and i.acknowledged_at is null
    returning i.id, i.version, r.level, i.paged_at is not null as paged`;
  await addIncidentEvents(
    sql,
    raised.map(({ id, level }) => ({
      incidentId: id,
      step: 'escalated' as const,
      details: { level: levelOfNumber(level) },
    })),
    null,
    nowMs,
  );
  await putIncidentSteps(
    sql,
    raised.filter((row) => row.paged).map(({ id, version }) => ({ incidentId: id, version })),
    'escalated',
  );
  return raised.map((row) => row.id);
}

async function endIncidents(
  sql: Queryable,
  plan: CorrelationPlan,
  nowMs: number,
  changed: Set<number>,
): Promise<void> {
  const endedIds = plan.ended.map((one) => one.incidentId);
  if (endedIds.length === 0) return;
  const rows = await sql<{ id: number; version: number; paged: boolean }[]>`
    update incident set closed_at = ${nowMs}, stations = 0, version = version + 1
    where id = any(${endedIds}::int[]) and closed_at is null
    returning id, version, paged_at is not null as paged`;
  for (const row of rows) changed.add(row.id);
  await putIncidentSteps(
    sql,
    rows.filter((row) => row.paged).map(({ id, version }) => ({ incidentId: id, version })),
    'closed',
  );
}

/** What was seen at its worst stays told; the version stays: a number is no news to acknowledge. */
async function changeIncidents(
  sql: Queryable,
  incidents: readonly IncidentPlan[],
  open: readonly EngineIncidentRow[],
  changed: Set<number>,
): Promise<void> {
  const stationsOf = new Map(open.map((row) => [row.incidentId, row.stations]));
  const rows = incidents.flatMap(({ incidentId, kind, stations, ofStations, evidence }) => {
    if (incidentId === null || (stationsOf.get(incidentId) ?? stations) === stations) return [];
    return [{ id: incidentId, kind, stations, of_stations: ofStations, evidence }];
  });
  if (rows.length === 0) return;
  for (const row of rows) changed.add(row.id);
  await sql`
    update incident i set kind = x.kind, stations = x.stations, of_stations = x.of_stations,
      evidence = case when i.peak_stations <= x.stations then x.evidence else i.evidence end,
      peak_stations = greatest(i.peak_stations, x.stations)
    from jsonb_to_recordset(${sql.json(toJson(rows))})
      as x(id int, kind text, stations int, of_stations int, evidence jsonb)
    where i.id = x.id`;
}

/** Opens those that are not open yet; returns the ids of all, in order. */
async function openIncidents(
  sql: Queryable,
  incidents: readonly IncidentPlan[],
  open: readonly EngineIncidentRow[],
  nowMs: number,
): Promise<readonly number[]> {
  const known = new Set(open.map((row) => row.incidentId));
  const isNew = ({ incidentId }: IncidentPlan) => incidentId === null || !known.has(incidentId);
  const fresh = incidents.filter(isNew);
  const opened = new Map<string, number>();
  if (fresh.length > 0) {
    const given = fresh.map(({ kind, cause, startedAtMs, stations, ofStations, evidence }) => ({
      ...{ kind, cause_kind: cause.kind, cause_key: cause.key, stations, evidence },
      ...{ of_stations: ofStations, started_at: new Date(startedAtMs).toISOString() },
    }));
    const rows = await sql<{ id: number; causeKind: string; causeKey: string }[]>`
      insert into incident (kind, cause_kind, cause_key, started_at, opened_at, stations,
        of_stations, peak_stations, evidence)
      select x.kind, x.cause_kind, x.cause_key, x.started_at, ${nowMs}::timestamptz, x.stations,
        x.of_stations, x.stations, x.evidence
      from jsonb_to_recordset(${sql.json(toJson(given))}) as x(kind text, cause_kind text,
        cause_key text, started_at timestamptz, stations int, of_stations int, evidence jsonb)
      returning id, cause_kind, cause_key`;
    for (const row of rows) opened.set(`${row.causeKind} ${row.causeKey}`, row.id);
  }
  const ids = incidents.map((incident) => {
    const { incidentId, cause } = incident;
    const id = isNew(incident) ? opened.get(`${cause.kind} ${cause.key}`) : incidentId;
    if (id === undefined || id === null) throw new Error('insert into incident returned no row');
    return id;
  });
  const events = incidents.flatMap((incident, index) => {
    const incidentId = ids[index];
    if (!isNew(incident) || incidentId === undefined) return [];
    return [{ incidentId, step: 'opened' as const, details: { ...incident.evidence } }];
  });
  await addIncidentEvents(sql, events, null, nowMs);
  return ids;
}

/**
 * Marks alerts and incidents as told of and puts that into the outbox, once each. An alert whose
 * station is being evaluated is left for the next pass: waiting for it here could be for ever.
 */
export async function pageNow(
  sql: Queryable,
  alertIds: readonly number[],
  incidentIds: readonly number[],
  nowMs: number,
): Promise<CarriedOut> {
  const alerts = await pageAlerts(sql, alertIds, nowMs);
  const incidents = await sql<{ id: number; version: number }[]>`
    update incident set paged_at = ${nowMs}, version = version + 1
    where id = any(${[...incidentIds]}::int[]) and paged_at is null and closed_at is null
    returning id, version`;
  const paged = alerts.map((row) => row.id);
  if (paged.length > 0) await addAlertEvents(sql, paged, 'paged', null, nowMs, {});
  await addIncidentEvents(
    sql,
    incidents.map((row) => ({ incidentId: row.id, step: 'paged' as const })),
    null,
    nowMs,
  );
  await putOutbox(
    sql,
    alerts.map(({ id, version }) => ({
      key: `alert-${id}-${version}-page`,
      topic: 'alert-step',
      payload: { alertId: id, step: 'page', version },
    })),
  );
  await putIncidentSteps(
    sql,
    incidents.map(({ id, version }) => ({ incidentId: id, version })),
    'page',
  );
  return { alertIds: paged, incidentIds: incidents.map((row) => row.id) };
}

/**
 * Of alerts whose station is held by others none is taken. An acknowledgement holds no station: one that
 * is committed while this waits for it counts.
 */
async function pageAlerts(
  sql: Queryable,
  alertIds: readonly number[],
  nowMs: number,
): Promise<readonly { readonly id: number; readonly version: number }[]> {
  if (alertIds.length === 0) return [];
  const held = await sql<{ stationId: number }[]>`
    select station_id from station_state
    where station_id in (select station_id from alert where id = any(${[...alertIds]}::int[]))
    order by station_id for update skip locked`;
  // `coalesce`, because no index knows it: see `carryOutPlan`.
  return await sql<{ id: number; version: number }[]>`
    update alert set paged_at = ${nowMs}, version = version + 1
    where id = any(${[...alertIds]}::int[])
      and station_id = any(${held.map((one) => one.stationId)}::int[])
      and coalesce(paged_at, closed_at, acknowledged_at) is null and incident_id is null
    returning id, version`;
}
