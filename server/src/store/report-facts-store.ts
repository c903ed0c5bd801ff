import type { AvailabilityTransition } from '@nigehban/domain/availability.ts';
import type { Placement } from '@nigehban/domain/camera.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import type { PollPhase } from '@nigehban/domain/election-phase.ts';
import type {
  ExpectedDark,
  ExpectedDarkScope,
  StationPlace,
} from '@nigehban/domain/expected-dark.ts';
import { isFaultCode } from '@nigehban/domain/faults.ts';
import type { GapCause } from '@nigehban/domain/footage.ts';
import type { CameraFacts, CameraTime, Span } from '@nigehban/domain/report-availability.ts';
import type { Queryable } from './database.ts';

/** A camera at a place for a part of the span. */
export interface ServiceRow extends StationPlace, Span {
  readonly cameraId: number;
  readonly stationId: number;
  readonly placement: Placement;
  readonly nodeId: string | null;
}

/** Cameras that served in the span, in the order of ids, after one, so many. */
export async function readServices(
  sql: Queryable,
  { fromMs, toMs }: Span,
  afterCameraId: number,
  cameras: number,
): Promise<readonly ServiceRow[]> {
  return await sql<ServiceRow[]>`
    with served as (
      select distinct a.camera_id from assignment a
      where a.camera_id > ${afterCameraId} and a.valid_from < ${toMs}::timestamptz
        and coalesce(a.valid_to, 'infinity') > ${fromMs}::timestamptz
      order by a.camera_id limit ${cameras}
    )
    select a.camera_id, a.station_id, a.placement, n.node_id, s.code as station_code,
      s.district_code, s.building_id, s.uplink, s.feeder,
      greatest(a.valid_from, ${fromMs}::timestamptz) as from_ms,
      least(coalesce(a.valid_to, 'infinity'), ${toMs}::timestamptz) as to_ms
    from assignment a join served using (camera_id)
    join station s on s.id = a.station_id
    left join camera_node n on n.camera_id = a.camera_id
    where a.valid_from < ${toMs}::timestamptz
      and coalesce(a.valid_to, 'infinity') > ${fromMs}::timestamptz
    order by a.camera_id, a.valid_from`;
}

type Before = CameraFacts['history']['before'];

/** The state of each camera before a time; a camera that has no history yet is not in it. */
export async function readStatesBefore(
  sql: Queryable,
  cameraIds: readonly number[],
  beforeMs: number,
): Promise<ReadonlyMap<number, Before>> {
  const rows = await sql<{ cameraId: number; toKind: CameraStateKind; fault: string | null }[]>`
    select c.camera_id, t.to_kind, t.fault
    from unnest(${[...cameraIds]}::int[]) as c(camera_id)
    join lateral (select to_kind, fault from camera_transition t
      where t.camera_id = c.camera_id and t.at < ${beforeMs}::timestamptz
      order by t.at desc, t.id desc limit 1) t on true`;
  return new Map(
    rows.map((row) => [
      row.cameraId,
      { state: row.toKind, fault: isFaultCode(row.fault) ? row.fault : null },
    ]),
  );
}

export async function readTransitions(
  sql: Queryable,
  cameraIds: readonly number[],
  { fromMs, toMs }: Span,
): Promise<ReadonlyMap<number, readonly AvailabilityTransition[]>> {
  const rows = await sql<
    {
      cameraId: number;
      at: number;
      fromKind: CameraStateKind;
      toKind: CameraStateKind;
      fault: string | null;
    }[]
  >`
    select camera_id, at, from_kind, to_kind, fault from camera_transition
    where camera_id = any(${[...cameraIds]}::int[])
      and at >= ${fromMs}::timestamptz and at < ${toMs}::timestamptz
    order by camera_id, at, id`;
  return groupBy(
    rows,
    (row) => row.cameraId,
    (row) => ({
      atMs: row.at,
      from: row.fromKind,
      to: row.toKind,
      fault: isFaultCode(row.fault) ? row.fault : null,
    }),
  );
}

/** Longest piece that can begin before a span and reach into it (segments are 60 s, settable to 300 s). */
const longestSegmentUs = 600_000_000;
/** Segments this near to each other are one piece of recording. */
const joinUs = 1_000_000;

/** What is recorded, as pieces without holes. */
export async function readRecordedRuns(
  sql: Queryable,
  cameraIds: readonly number[],
  { fromMs, toMs }: Span,
): Promise<ReadonlyMap<number, readonly Span[]>> {
  const [fromUs, toUs] = [Math.round(fromMs * 1_000), Math.round(toMs * 1_000)];
  const rows = await sql<{ cameraId: number; fromUs: number; toUs: number }[]>`
    select camera_id, min(start_us) as from_us, max(end_us) as to_us from (
      select camera_id, start_us, end_us,
        sum(fresh) over (partition by camera_id order by start_us) as run
      from (
        select camera_id, start_us, end_us,
          case when start_us <= lag(end_us) over (partition by camera_id order by start_us)
            + ${joinUs}::bigint then 0 else 1 end as fresh
        from segment
        where camera_id = any(${[...cameraIds]}::int[])
          and start_us >= ${fromUs - longestSegmentUs} and start_us < ${toUs}
          and end_us > ${fromUs}
      ) seen
    ) runs group by camera_id, run order by camera_id, from_us`;
  return groupBy(
    rows,
    (row) => row.cameraId,
    (row) => ({ fromMs: Math.round(row.fromUs / 1_000), toMs: Math.round(row.toUs / 1_000) }),
  );
}

export async function readGapSpans(
  sql: Queryable,
  cameraIds: readonly number[],
  { fromMs, toMs }: Span,
): Promise<ReadonlyMap<number, CameraFacts['gaps']>> {
  const [fromUs, toUs] = [Math.round(fromMs * 1_000), Math.round(toMs * 1_000)];
  const rows = await sql<{ cameraId: number; startUs: number; endUs: number; cause: GapCause }[]>`
    select camera_id, start_us, end_us, cause from gap
    where camera_id = any(${[...cameraIds]}::int[]) and start_us < ${toUs} and end_us > ${fromUs}
    order by camera_id, start_us`;
  return groupBy(
    rows,
    (row) => row.cameraId,
    (row) => ({
      fromMs: Math.round(row.startUs / 1_000),
      toMs: Math.round(row.endUs / 1_000),
      cause: row.cause,
    }),
  );
}

export interface UnwatchedRow extends Span {
  readonly nodeId: string | null;
}

/** When the system did not watch: a node's cameras, or all (`nodeId` null). */
export async function readUnwatched(
  sql: Queryable,
  { fromMs, toMs }: Span,
): Promise<readonly UnwatchedRow[]> {
  return await sql<UnwatchedRow[]>`
    select node_id, from_at as from_ms, coalesce(to_at, ${toMs}::timestamptz) as to_ms from watch_gap
    where from_at < ${toMs}::timestamptz and coalesce(to_at, 'infinity') > ${fromMs}::timestamptz`;
}

/** Announced darkness in the span; what was cancelled counts until then. */
export async function readExpectedSpans(
  sql: Queryable,
  { fromMs, toMs }: Span,
): Promise<readonly ExpectedDark[]> {
  const rows = await sql<
    (Omit<ExpectedDark, 'scope'> & { scopeKind: ExpectedDarkScope['kind']; scopeKey: string })[]
  >`
    select id, kind, scope_kind, scope_key, starts_at as starts_at_ms,
      least(ends_at, coalesce(cancelled_at, ends_at)) as ends_at_ms
    from expected_dark
    where starts_at < ${toMs}::timestamptz
      and least(ends_at, coalesce(cancelled_at, ends_at)) > ${fromMs}::timestamptz`;
  return rows.map(({ scopeKind, scopeKey, ...row }) => ({
    ...row,
    scope: { kind: scopeKind, key: scopeKey },
  }));
}

/** Which placements a phase requires, as `phase placement`. */
export async function readRequiredPlacements(sql: Queryable): Promise<ReadonlySet<string>> {
  const rows = await sql<{ key: string }[]>`
    select phase || ' ' || placement as key from phase_placement`;
  return new Set(rows.map((row) => row.key));
}

export interface CameraTimeRow {
  readonly cameraId: number;
  readonly stationId: number;
  readonly placement: Placement;
  readonly phase: PollPhase;
  readonly required: boolean;
  readonly time: CameraTime;
}

/** Adds camera time to a day. */
export async function addCameraTimes(
  sql: Queryable,
  day: string,
  rows: readonly CameraTimeRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const flat = rows.map(({ time, ...row }) => ({
    ...row,
    ...time,
    ...time.downByCauseMs,
    downByCauseMs: null,
  }));
  await sql`
    insert into availability_day as d (day, camera_id, station_id, placement, phase, required,
      observed_ms, up_ms, down_ms, expected_ms, ours_ms, unknown_ms, network_ms, credentials_ms,
      camera_ms, view_ms, impaired_ms, recorded_ms, not_recorded_ours_ms, outages)
    select ${day}::date, "cameraId", "stationId", placement, phase, required, sum("observedMs"),
      sum("upMs"), sum("downMs"), sum("expectedMs"), sum("oursMs"), sum("unknownMs"), sum(network),
      sum(credentials), sum(camera), sum(view), sum("impairedMs"), sum("recordedMs"),
      sum("notRecordedOursMs"), sum(outages)
    from jsonb_to_recordset(${sql.json(flat)}) as x("cameraId" int, "stationId" int,
      placement text, phase text, required boolean, "observedMs" bigint, "upMs" bigint,
      "downMs" bigint, "expectedMs" bigint, "oursMs" bigint, "unknownMs" bigint, network bigint,
      credentials bigint, camera bigint, view bigint, "impairedMs" bigint, "recordedMs" bigint,
      "notRecordedOursMs" bigint, outages int)
    group by 2, 3, 4, 5, 6
    on conflict (day, camera_id, station_id, placement, phase, required) do update set
      observed_ms = d.observed_ms + excluded.observed_ms, up_ms = d.up_ms + excluded.up_ms,
      down_ms = d.down_ms + excluded.down_ms, expected_ms = d.expected_ms + excluded.expected_ms,
      ours_ms = d.ours_ms + excluded.ours_ms, unknown_ms = d.unknown_ms + excluded.unknown_ms,
      network_ms = d.network_ms + excluded.network_ms,
      credentials_ms = d.credentials_ms + excluded.credentials_ms,
      camera_ms = d.camera_ms + excluded.camera_ms, view_ms = d.view_ms + excluded.view_ms,
      impaired_ms = d.impaired_ms + excluded.impaired_ms,
      recorded_ms = d.recorded_ms + excluded.recorded_ms,
      not_recorded_ours_ms = d.not_recorded_ours_ms + excluded.not_recorded_ours_ms,
      outages = d.outages + excluded.outages`;
}

/** Forgets what was counted of these cameras (a range of ids) on a day, to count it anew. */
export async function clearCameraTimes(
  sql: Queryable,
  day: string,
  afterCameraId: number,
  lastCameraId: number | null,
): Promise<void> {
  await sql`
    delete from availability_day where day = ${day}::date and camera_id > ${afterCameraId}
      and (${lastCameraId}::int is null or camera_id <= ${lastCameraId}::int)`;
}

export interface ProgressRow {
  readonly day: string;
  readonly doneUntilMs: number;
  readonly closedAtMs: number | null;
}

/** How far the days are counted, in order. */
export async function readProgress(
  sql: Queryable,
  fromDay: string,
  toDay: string,
): Promise<readonly ProgressRow[]> {
  return await sql<ProgressRow[]>`
    select to_char(day, 'YYYY-MM-DD') as day, done_until as done_until_ms,
      closed_at as closed_at_ms
    from availability_progress where day between ${fromDay}::date and ${toDay}::date order by day`;
}

/** Holds a day until the transaction ends; false when it is counted beyond that time already. */
export async function holdProgress(
  sql: Queryable,
  day: string,
  doneUntilMs: number,
): Promise<boolean> {
  await sql`
    insert into availability_progress (day, done_until) values (${day}::date, ${doneUntilMs})
    on conflict (day) do nothing`;
  const rows = await sql`
    select from availability_progress
    where day = ${day}::date and done_until = ${doneUntilMs}::timestamptz for update`;
  return rows.length > 0;
}

export async function writeProgress(sql: Queryable, row: ProgressRow): Promise<void> {
  await sql`
    insert into availability_progress (day, done_until, closed_at)
    values (${row.day}::date, ${row.doneUntilMs}, ${row.closedAtMs})
    on conflict (day) do update set done_until = excluded.done_until,
      closed_at = excluded.closed_at`;
}

function groupBy<Row, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => number,
  pick: (row: Row) => Value,
): ReadonlyMap<number, readonly Value[]> {
  const groups = new Map<number, Value[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pick(row)]);
    else group.push(pick(row));
  }
  return groups;
}
