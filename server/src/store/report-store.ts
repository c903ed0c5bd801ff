import type { AlertWeight } from '@nigehban/domain/alert-severity.ts';
import type {
  AvailabilityGroup,
  FaultRow,
  IncidentCauseRow,
  ReportSubject,
} from '@nigehban/domain/api/report-types.ts';
import type { CameraStateKind } from '@nigehban/domain/camera-state.ts';
import { downStates } from '@nigehban/domain/camera-state.ts';
import type { PollPhase } from '@nigehban/domain/election-phase.ts';
import { isFaultCode } from '@nigehban/domain/faults.ts';
import type { AlertStep } from '@nigehban/domain/report-alerts.ts';
import type { CameraTime, Span } from '@nigehban/domain/report-availability.ts';
import type { Queryable } from './database.ts';

export interface TimeFilter {
  readonly fromDay: string;
  readonly toDay: string;
  readonly district: string | null;
  readonly phase: PollPhase | null;
  readonly requiredOnly: boolean;
}

export interface TimeRow extends ReportSubject, CameraTime {
  readonly cameras: number;
}

interface FlatTime extends Omit<TimeRow, 'downByCauseMs'> {
  readonly networkMs: number;
  readonly credentialsMs: number;
  readonly cameraMs: number;
  readonly viewMs: number;
}

function whereOf(sql: Queryable, filter: TimeFilter) {
  return sql`d.day between ${filter.fromDay}::date and ${filter.toDay}::date
    ${filter.district === null ? sql`` : sql`and s.district_code = ${filter.district}`}
    ${filter.phase === null ? sql`` : sql`and d.phase = ${filter.phase}`}
    ${filter.requiredOnly ? sql`and d.required` : sql``}`;
}

const timeColumns = [
  ...['observed_ms', 'up_ms', 'down_ms', 'expected_ms', 'ours_ms', 'unknown_ms', 'network_ms'],
  ...['credentials_ms', 'camera_ms', 'view_ms', 'impaired_ms', 'recorded_ms'],
  ...['not_recorded_ours_ms', 'outages'],
];

/** Adds up what an earlier step summed by camera: counting distinct cameras would sort all rows. */
function sums(sql: Queryable) {
  const list = timeColumns.map((name) => `coalesce(sum(${name}), 0)::bigint as ${name}`);
  return sql.unsafe(`count(distinct camera_id) as cameras, ${list.join(', ')}`);
}

function sumsByCamera(sql: Queryable) {
  return sql.unsafe(timeColumns.map((name) => `sum(${name}) as ${name}`).join(', '));
}

/** Camera time by group, the longest down first (days and phases: in their order), at most so many. */
export async function readTimes(
  sql: Queryable,
  groupBy: AvailabilityGroup,
  filter: TimeFilter,
  limit: number,
): Promise<{ readonly rows: readonly TimeRow[]; readonly inAll: number }> {
  const group = {
    district: sql`s.district_code`,
    station: sql`s.id`,
    camera: sql`d.camera_id`,
    phase: sql`d.phase`,
    day: sql`d.day`,
  }[groupBy];
  const ordered = groupBy === 'day' || groupBy === 'phase';
  // Grouped by numbers first, named afterwards: a province's month is a million rows.
  const rows = await sql<(FlatTime & { inAll: number })[]>`
    with by_camera as materialized (
      select ${group} as k, d.camera_id, max(d.station_id) as last_station,
        max(d.placement) as placement, ${sumsByCamera(sql)}
      from availability_day d join station s on s.id = d.station_id
      where ${whereOf(sql, filter)} group by 1, 2
    ), grouped as (
      select k, max(last_station) as last_station, max(placement) as placement, ${sums(sql)}
      from by_camera group by 1
    ), best as (
      select g.*, count(*) over () as in_all from grouped g
      order by ${ordered ? sql`k` : sql`down_ms desc, k`} limit ${limit}
    )
    select b.*, ${
      {
        district: sql`di.code as key, di.code as district_code, di.name as district,
          di.name_ur as district_ur, null as station_code, null as station, null as station_ur,
          null::int as camera_id, null as placement`,
        station: sql`s.code as key, di.code as district_code, di.name as district,
          di.name_ur as district_ur, s.code as station_code, s.name as station,
          s.name_ur as station_ur, null::int as camera_id, null as placement`,
        camera: sql`c.code as key, di.code as district_code, di.name as district,
          di.name_ur as district_ur, s.code as station_code, s.name as station,
          s.name_ur as station_ur, c.id as camera_id, b.placement`,
        phase: sql`b.k as key, ${nothing(sql)}`,
        day: sql`to_char(b.k, 'YYYY-MM-DD') as key, ${nothing(sql)}`,
      }[groupBy]
    }
    from best b
    ${groupBy === 'camera' ? sql`join camera c on c.id = b.k` : sql``}
    left join station s on s.id = b.last_station
    left join district di on di.code = s.district_code
    order by ${ordered ? sql`b.k` : sql`b.down_ms desc, b.k`}`;
  return { rows: rows.map(toTimeRow), inAll: rows[0]?.inAll ?? 0 };
}

function nothing(sql: Queryable) {
  return sql`null as district_code, null as district, null as district_ur, null as station_code,
    null as station, null as station_ur, null::int as camera_id, null as placement`;
}

export async function readTotalTime(
  sql: Queryable,
  filter: TimeFilter,
): Promise<CameraTime & { readonly cameras: number }> {
  const [row] = await sql<FlatTime[]>`
    select ${sums(sql)} from (
      select d.camera_id, ${sumsByCamera(sql)}
      from availability_day d join station s on s.id = d.station_id
      where ${whereOf(sql, filter)} group by 1
    ) by_camera`;
  if (row === undefined) throw new Error('a sum gave no row');
  return toTimeRow(row);
}

function toTimeRow(row: FlatTime): TimeRow {
  return {
    ...{ key: row.key, districtCode: row.districtCode, district: row.district },
    ...{ districtUr: row.districtUr, stationCode: row.stationCode, station: row.station },
    ...{ stationUr: row.stationUr, cameraId: row.cameraId, placement: row.placement },
    ...{ cameras: row.cameras, observedMs: row.observedMs, upMs: row.upMs, downMs: row.downMs },
    ...{ expectedMs: row.expectedMs, oursMs: row.oursMs, unknownMs: row.unknownMs },
    downByCauseMs: {
      network: row.networkMs,
      credentials: row.credentialsMs,
      camera: row.cameraMs,
      view: row.viewMs,
    },
    ...{ impairedMs: row.impairedMs, recordedMs: row.recordedMs },
    ...{ notRecordedOursMs: row.notRecordedOursMs, outages: row.outages },
  };
}

export interface AlertHistoryRow extends Omit<AlertWeight, 'coverageShare' | 'expected'> {
  readonly alertId: number;
  readonly districtCode: string;
  readonly district: string;
  readonly districtUr: string;
  readonly expected: boolean;
  readonly steps: readonly AlertStep[];
}

/** Alerts that opened or reopened in the range, with the steps that matter from its beginning on. */
export async function readAlertHistories(
  sql: Queryable,
  { fromMs, toMs }: Span,
  district: string | null,
): Promise<readonly AlertHistoryRow[]> {
  const rows = await sql<(Omit<AlertHistoryRow, 'steps'> & { at: number[]; step: string[] })[]>`
    select al.id as alert_id, s.district_code, di.name as district, di.name_ur as district_ur,
      s.category, al.kind, al.phase, al.lost_placements, al.missing_placements,
      al.expected_id is not null as expected,
      array_agg((extract(epoch from ev.at) * 1000)::float8 order by ev.id) as at,
      array_agg(ev.step order by ev.id) as step
    from alert al join station s on s.id = al.station_id
    join district di on di.code = s.district_code
    join alert_event ev on ev.alert_id = al.id and ev.at >= ${fromMs}::timestamptz
      and ev.step in ('opened', 'reopened', 'acknowledged', 'escalated', 'resolved', 'closed')
    where al.id in (select o.alert_id from alert_event o
        where o.at >= ${fromMs}::timestamptz and o.at < ${toMs}::timestamptz
          and o.step in ('opened', 'reopened'))
      ${district === null ? sql`` : sql`and s.district_code = ${district}`}
    group by al.id, s.id, di.code order by al.id`;
  return rows.map(({ at, step, ...row }) => ({
    ...row,
    steps: at.map((atMs, index) => ({ atMs: Math.round(atMs), step: step[index] ?? '' })),
  }));
}

/** What cameras went down with in the range, the most frequent first. */
export async function readFaultRows(
  sql: Queryable,
  { fromMs, toMs }: Span,
  district: string | null,
  limit: number,
): Promise<readonly FaultRow[]> {
  const rows = await sql<
    (Omit<FaultRow, 'fault'> & { fault: string | null; state: CameraStateKind })[]
  >`
    select t.to_kind as state, t.fault, count(*) as times, count(distinct t.camera_id) as cameras,
      count(distinct a.station_id) as stations
    from camera_transition t
    join assignment a on a.camera_id = t.camera_id and a.valid_from <= t.at
      and coalesce(a.valid_to, 'infinity') > t.at
    ${district === null ? sql`` : sql`join station s on s.id = a.station_id and s.district_code = ${district}`}
    where t.at >= ${fromMs}::timestamptz and t.at < ${toMs}::timestamptz
      and t.to_kind = any(${[...downStates]}::text[])
      and not t.from_kind = any(${[...downStates]}::text[])
    group by 1, 2 order by 3 desc, 1, 2 limit ${limit}`;
  return rows.map((row) => ({ ...row, fault: isFaultCode(row.fault) ? row.fault : null }));
}

/** What alerts had in common, the longest station time first. */
export async function readIncidentCauses(
  sql: Queryable,
  { fromMs, toMs }: Span,
  district: string | null,
  limit: number,
): Promise<readonly IncidentCauseRow[]> {
  return await sql<IncidentCauseRow[]>`
    select cause_kind, cause_key, count(*) as incidents,
      sum(extract(epoch from least(coalesce(closed_at, 'infinity'), ${toMs}::timestamptz)
        - greatest(started_at, ${fromMs}::timestamptz)) * 1000)::bigint as duration_ms,
      max(peak_stations) as peak_stations
    from incident i
    where started_at < ${toMs}::timestamptz and coalesce(closed_at, 'infinity') > ${fromMs}::timestamptz
      and merged_into is null
      ${
        district === null
          ? sql``
          : sql`and exists (select from alert al join station s on s.id = al.station_id
              where al.incident_id = i.id and s.district_code = ${district})`
      }
    group by 1, 2 order by max(peak_stations) * sum(extract(epoch from least(
      coalesce(closed_at, 'infinity'), ${toMs}::timestamptz) - greatest(started_at,
      ${fromMs}::timestamptz))) desc, 1, 2 limit ${limit}`;
}
