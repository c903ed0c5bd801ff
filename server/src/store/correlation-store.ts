import type { AlertWeight } from '@nigehban/domain/alert-severity.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type {
  CorrelationPlan,
  IncidentPlan,
  OpenIncident,
} from '@nigehban/domain/correlate-outages.ts';
import type { IncidentCauseKind } from '@nigehban/domain/incident.ts';
import type { StationTies } from '@nigehban/domain/outage-groups.ts';
import type { NodeStanding } from '@nigehban/domain/own-faults.ts';
import { addAlertEvents } from './alert-store.ts';
import { type Queryable, toJson } from './database.ts';
import { addIncidentEvents, putIncidentSteps } from './incident-store.ts';
import { putOutbox } from './outbox-store.ts';

/**
 * Takes or renews a duty's lease by the database's own clock. `silentForMs`: since anybody renewed it
 * last; null: nobody ever did. False `held`: another process has it.
 */
export async function holdLease(
  sql: Queryable,
  name: string,
  holder: string,
  forMs: number,
): Promise<{ readonly held: boolean; readonly silentForMs: number | null }> {
  const [before] = await sql<{ silentForMs: number }[]>`
    select (extract(epoch from now() - renewed_at) * 1000)::float8 as silent_for_ms
    from engine_lease where name = ${name}`;
  const rows = await sql`
    insert into engine_lease as l (name, holder, renewed_at, until)
    values (${name}, ${holder}, now(), now() + ${forMs} * interval '1 ms')
    on conflict (name) do update set holder = excluded.holder, renewed_at = excluded.renewed_at,
      until = excluded.until
    where l.holder = excluded.holder or l.until < now() returning name`;
  return { held: rows.length > 0, silentForMs: before?.silentForMs ?? null };
}

/** Gives a lease up, so that another process need not wait for its end. */
export async function dropLease(sql: Queryable, name: string, holder: string): Promise<void> {
  await sql`update engine_lease set until = now() where name = ${name} and holder = ${holder}`;
}

/** True while the lease is ours; it stays so until the transaction ends. */
export async function stillHeld(sql: Queryable, name: string, holder: string): Promise<boolean> {
  const rows = await sql`
    select from engine_lease where name = ${name} and holder = ${holder} and until > now()
    for update`;
  return rows.length > 0;
}

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
    await sql`
      update alert al set incident_id = x.incident_id,
        quiet_until = case when x.incident_id is null
          then ${nowMs}::timestamptz + ${quietAfterIncidentMs} * interval '1 ms' end
      from unnest(${moves.map((m) => m.alertId)}::int[], ${moves.map((m) => m.to)}::int[])
        as x(alert_id, incident_id)
      where al.id = x.alert_id and al.closed_at is null`;
    for (const [to, list] of Map.groupBy(moves, (move) => move.to)) {
      const alertIds = list.map((move) => move.alertId);
      await addAlertEvents(sql, alertIds, 'grouped', null, nowMs, { incidentId: to });
    }
  }
  return { incidentIds: [...changed], alertIds: moves.map((move) => move.alertId) };
}

async function endThenOpen(
  sql: Queryable,
  plan: CorrelationPlan,
  open: readonly EngineIncidentRow[],
  nowMs: number,
  changed: Set<number>,
): Promise<readonly number[]> {
  const endedIds = plan.ended.map((one) => one.incidentId);
  if (endedIds.length > 0) {
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
  const ids: number[] = [];
  for (const incident of plan.incidents) {
    ids.push(await openOrUpdate(sql, incident, open, nowMs, changed));
  }
  for (const { incidentId, mergedInto } of plan.ended) {
    const into = mergedInto === null ? undefined : ids[mergedInto];
    if (into !== undefined) {
      await sql`update incident set merged_into = ${into} where id = ${incidentId}`;
    }
    const step = into === undefined ? 'closed' : 'merged';
    const details = into === undefined ? {} : { into };
    await addIncidentEvents(sql, [{ incidentId, step, details }], null, nowMs);
  }
  return ids;
}

async function openOrUpdate(
  sql: Queryable,
  incident: IncidentPlan,
  open: readonly EngineIncidentRow[],
  nowMs: number,
  changed: Set<number>,
): Promise<number> {
  const evidence = sql.json(toJson(incident.evidence));
  const known = open.find((row) => row.incidentId === incident.incidentId);
  if (known === undefined) {
    const [row] = await sql<{ id: number }[]>`
      insert into incident (kind, cause_kind, cause_key, started_at, opened_at, stations,
        of_stations, peak_stations, evidence)
      values (${incident.kind}, ${incident.cause.kind}, ${incident.cause.key},
        ${incident.startedAtMs}, ${nowMs}, ${incident.stations}, ${incident.ofStations},
        ${incident.stations}, ${evidence}) returning id`;
    if (row === undefined) throw new Error('insert into incident returned no row');
    const details = { ...incident.evidence };
    await addIncidentEvents(sql, [{ incidentId: row.id, step: 'opened', details }], null, nowMs);
    changed.add(row.id);
    return row.id;
  }
  if (known.stations === incident.stations) return known.incidentId;
  // What was seen at its worst stays told; the version stays: a number is no news to acknowledge.
  await sql`
    update incident set kind = ${incident.kind}, stations = ${incident.stations},
      of_stations = ${incident.ofStations},
      evidence = case when peak_stations <= ${incident.stations} then ${evidence} else evidence end,
      peak_stations = greatest(peak_stations, ${incident.stations})
    where id = ${known.incidentId}`;
  changed.add(known.incidentId);
  return known.incidentId;
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
  const alerts = await sql<{ id: number; version: number }[]>`
    update alert set paged_at = ${nowMs}, version = version + 1
    where id in (
        select al.id from alert al join station_state ss on ss.station_id = al.station_id
        where al.id = any(${[...alertIds]}::int[])
        order by ss.station_id for update of ss skip locked)
      and paged_at is null and closed_at is null
      and acknowledged_at is null and incident_id is null returning id, version`;
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
