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

/** Divisions of districts, without repetition. */
export async function readDivisions(
  sql: Queryable,
  districtCodes: readonly string[],
): Promise<readonly string[]> {
  const rows = await sql<{ division: string }[]>`
    select distinct division from district where code = any(${[...districtCodes]}::text[])`;
  return rows.map((row) => row.division);
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

/** Cameras of an incident's open alerts: all, and those that are down. */
export async function readIncidentCameras(
  sql: Queryable,
  incidentId: number,
): Promise<{ readonly cameras: number; readonly down: number }> {
  const [row] = await sql<{ cameras: number; down: number }[]>`
    select coalesce(sum(cameras), 0)::int as cameras, coalesce(sum(down), 0)::int as down
    from alert where incident_id = ${incidentId} and closed_at is null`;
  return row ?? { cameras: 0, down: 0 };
}

/** The phases in which these districts are, without repetition. */
export async function readPhases(
  sql: Queryable,
  districtCodes: readonly string[],
): Promise<readonly PollPhase[]> {
  const rows = await sql<{ phase: PollPhase }[]>`
    select distinct coalesce(p.phase, ${phaseWithoutClock}) as phase
    from district d left join district_phase p on p.district_code = d.code
    where d.code = any(${[...districtCodes]}::text[])`;
  return rows.map((row) => row.phase);
}
