import type { PollPhase } from '@nigehban/domain/election-phase.ts';
import { phaseWithoutClock } from '@nigehban/domain/election-phase.ts';
import type { Queryable } from './database.ts';

/** What a notice needs of an alert beyond what readAlerts tells. */
export interface AlertPlaceRow {
  readonly district: string;
  readonly districtUr: string;
  readonly division: string;
}

export async function readDistrictPlace(
  sql: Queryable,
  districtCode: string,
): Promise<AlertPlaceRow | null> {
  const [row] = await sql<AlertPlaceRow[]>`
    select name as district, name_ur as district_ur, division from district
    where code = ${districtCode}`;
  return row ?? null;
}

/** The division of each of these districts; none are asked for without a query. */
export async function readDivisionOfDistricts(
  sql: Queryable,
  districtCodes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (districtCodes.length === 0) return new Map();
  const rows = await sql<{ code: string; division: string }[]>`
    select code, division from district where code = any(${[...new Set(districtCodes)]}::text[])`;
  return new Map(rows.map((row) => [row.code, row.division]));
}

/** Where an incident is, and how many cameras it is about. */
export interface IncidentPlaceRow {
  /** Cameras of its open alerts: all, and those that are down. */
  readonly cameras: number;
  readonly down: number;
  /** The divisions and the phases of its districts, without repetition. */
  readonly divisions: readonly string[];
  readonly phases: readonly PollPhase[];
  /** Names of its district; null: it is not one. */
  readonly district: string | null;
  readonly districtUr: string | null;
}

export async function readIncidentPlace(
  sql: Queryable,
  incidentId: number,
  districtCodes: readonly string[],
): Promise<IncidentPlaceRow> {
  const [row] = await sql<IncidentPlaceRow[]>`
    select a.cameras, a.down, p.divisions, p.phases,
      case when p.districts = 1 then p.district end as district,
      case when p.districts = 1 then p.district_ur end as district_ur
    from (
      -- Not "where it is open": what little the statistics know of that leads through all open alerts.
      select coalesce(sum(cameras) filter (where closed_at is null), 0)::int as cameras,
        coalesce(sum(down) filter (where closed_at is null), 0)::int as down
      from alert where incident_id = ${incidentId}
    ) a cross join (
      select count(*)::int as districts, min(d.name) as district, min(d.name_ur) as district_ur,
        coalesce(array_agg(distinct d.division), '{}') as divisions,
        coalesce(array_agg(distinct coalesce(p.phase, ${phaseWithoutClock})), '{}') as phases
      from district d left join district_phase p on p.district_code = d.code
      where d.code = any(${[...districtCodes]}::text[])
    ) p`;
  if (row === undefined) throw new Error('aggregates returned no row');
  return row;
}
