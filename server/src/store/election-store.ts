import type { ElectionBody, ElectionView } from '@nigehban/domain/api/election-types.ts';
import type { PhaseEntry } from '@nigehban/domain/election-phase.ts';
import type { Queryable } from './database.ts';

/** All elections in the order in which they were added, their entries in order of time. */
export async function readElections(sql: Queryable): Promise<readonly ElectionView[]> {
  const elections = await sql<Omit<ElectionView, 'entries'>[]>`
    select id, name, name_ur, district_codes, version from election order by id`;
  const rows = await sql<(PhaseEntry & { electionId: number })[]>`
    select election_id, district_code, phase, starts_at as starts_at_ms from phase_entry
    order by starts_at, district_code nulls first, id`;
  const entries = Map.groupBy(rows, (row) => row.electionId);
  return elections.map(({ id, name, nameUr, districtCodes, version }) => ({
    ...{ id, name, nameUr, districtCodes, version },
    entries: (entries.get(id) ?? []).map(({ districtCode, phase, startsAtMs }) => ({
      ...{ districtCode, phase, startsAtMs },
    })),
  }));
}

/** Its id; null when another one has that name. */
export async function insertElection(sql: Queryable, body: ElectionBody): Promise<number | null> {
  const [row] = await sql<{ id: number }[]>`
    insert into election (name, name_ur, district_codes)
    values (${body.name}, ${body.nameUr}, ${codesOf(body)}::text[])
    on conflict do nothing returning id`;
  if (row === undefined) return null;
  await insertEntries(sql, row.id, body.entries);
  return row.id;
}

/** Sets an election that still has the version that was seen; false otherwise. */
export async function updateElection(
  sql: Queryable,
  { id, version }: { readonly id: number; readonly version: number },
  body: ElectionBody,
): Promise<boolean> {
  const rows = await sql`
    update election set name = ${body.name}, name_ur = ${body.nameUr},
      district_codes = ${codesOf(body)}::text[], version = version + 1
    where id = ${id} and version = ${version} returning id`;
  if (rows.length === 0) return false;
  await sql`delete from phase_entry where election_id = ${id}`;
  await insertEntries(sql, id, body.entries);
  return true;
}

/** Removes an election that still has the version that was seen, with its clock; false otherwise. */
export async function deleteElection(
  sql: Queryable,
  { id, version }: { readonly id: number; readonly version: number },
): Promise<boolean> {
  const rows = await sql`
    delete from election where id = ${id} and version = ${version} returning id`;
  return rows.length > 0;
}

/** The version of an election now; null when there is none. */
export async function readElectionVersion(sql: Queryable, id: number): Promise<number | null> {
  const [row] = await sql<{ version: number }[]>`select version from election where id = ${id}`;
  return row?.version ?? null;
}

/** True when an election other than this one has the name, whatever its case. */
export async function electionNameTaken(
  sql: Queryable,
  name: string,
  exceptId: number,
): Promise<boolean> {
  const rows = await sql`
    select from election where lower(name) = lower(${name}) and id <> ${exceptId}`;
  return rows.length > 0;
}

const codesOf = (body: ElectionBody) =>
  body.districtCodes === null ? null : [...body.districtCodes];

async function insertEntries(
  sql: Queryable,
  electionId: number,
  entries: readonly PhaseEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    insert into phase_entry (election_id, district_code, phase, starts_at)
    select ${electionId}::int, * from unnest(
      ${entries.map((entry) => entry.districtCode)}::text[],
      ${entries.map((entry) => entry.phase)}::text[],
      ${entries.map((entry) => new Date(entry.startsAtMs).toISOString())}::timestamptz[])`;
}
