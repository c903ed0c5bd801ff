import type { PhaseEntry, PollPhase } from '@nigehban/domain/election-phase.ts';
import type { Queryable } from './database.ts';

/** The clock as it was set: all districts' entries in order of time. */
export async function readPhaseEntries(sql: Queryable): Promise<readonly PhaseEntry[]> {
  return await sql<PhaseEntry[]>`
    select district_code, phase, starts_at as starts_at_ms from phase_entry
    order by starts_at, district_code nulls first, id`;
}

const clockSetting = 'phase-clock';

/** Grows with every change of the clock; 0: it was never set. */
export async function readClockVersion(sql: Queryable): Promise<number> {
  const [row] = await sql<{ version: number }[]>`
    select (value->>'version')::int as version from setting where key = ${clockSetting}`;
  return row?.version ?? 0;
}

/** Replaces the clock when it still has the version that was seen; false otherwise. */
export async function replacePhaseEntries(
  sql: Queryable,
  entries: readonly PhaseEntry[],
  version: number,
): Promise<boolean> {
  await sql`
    insert into setting (key, value) values (${clockSetting}, '{"version": 0}')
    on conflict do nothing`;
  const rows = await sql`
    update setting set value = jsonb_build_object('version', ${version}::int + 1), changed_at = now()
    where key = ${clockSetting} and (value->>'version')::int = ${version} returning key`;
  if (rows.length === 0) return false;
  await sql`delete from phase_entry`;
  if (entries.length === 0) return true;
  await sql`
    insert into phase_entry (district_code, phase, starts_at)
    select * from unnest(${entries.map((entry) => entry.districtCode)}::text[],
      ${entries.map((entry) => entry.phase)}::text[],
      ${entries.map((entry) => new Date(entry.startsAtMs).toISOString())}::timestamptz[])`;
  return true;
}

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
