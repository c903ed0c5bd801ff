import type { PollPhase } from '@nigehban/domain/election-phase.ts';
import type { Queryable } from './database.ts';

export interface DistrictPhaseRow {
  readonly districtCode: string;
  /** Null: the district's clock was never set. */
  readonly phase: PollPhase | null;
  readonly sinceMs: number | null;
}

/** Every district with the phase that it is known to be in. */
export async function readDistrictPhases(sql: Queryable): Promise<readonly DistrictPhaseRow[]> {
  return await sql<DistrictPhaseRow[]>`
    select d.code as district_code, p.phase, p.since as since_ms
    from district d left join district_phase p on p.district_code = d.code order by d.code`;
}

/** Lets districts enter phases; a phase of null takes the district's clock away. */
export async function storeDistrictPhases(
  sql: Queryable,
  rows: readonly DistrictPhaseRow[],
): Promise<void> {
  const gone = rows.filter((row) => row.phase === null).map((row) => row.districtCode);
  const set = rows.filter((row) => row.phase !== null);
  await sql`delete from district_phase where district_code = any(${gone}::text[])`;
  await sql`
    insert into district_phase (district_code, phase, since)
    select * from unnest(${set.map((row) => row.districtCode)}::text[],
      ${set.map((row) => row.phase)}::text[],
      ${set.map((row) => new Date(row.sinceMs ?? 0).toISOString())}::timestamptz[])
    order by 1
    on conflict (district_code) do update set phase = excluded.phase, since = excluded.since`;
}
