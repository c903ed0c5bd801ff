import type { DistrictView } from '@nigehban/domain/api/district-types.ts';
import type { ListedDistrict, StoredDistrict } from '@nigehban/domain/district-list.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Queryable, toJson } from './database.ts';

/** All districts in the order of their names. */
export async function readDistricts(sql: Queryable): Promise<readonly DistrictView[]> {
  return await sql<DistrictView[]>`
    select code, name, name_ur, division from district order by name`;
}

/** True when there is a district of this code. */
export async function districtExists(sql: Queryable, code: string): Promise<boolean> {
  return (await sql`select 1 from district where code = ${code}`).length > 0;
}

/** True when some district is of this division. */
export async function divisionExists(sql: Queryable, division: string): Promise<boolean> {
  return (await sql`select 1 from district where division = ${division} limit 1`).length > 0;
}

/** All districts as a list of them is held against, each with its stations. */
export async function readStoredDistricts(sql: Queryable): Promise<readonly StoredDistrict[]> {
  return await sql<StoredDistrict[]>`
    select d.code, d.name, d.name_ur, d.division, d.lat, d.lon, d.na_ranges,
      (select count(*)::int from station s where s.district_code = d.code) as stations
    from district d order by d.code`;
}

const rowsOf = (sql: Queryable, districts: readonly ListedDistrict[]) =>
  sql.json(
    toJson(
      districts.map(({ nameUr, naRanges, ...district }) => ({
        ...district,
        name_ur: nameUr,
        na_ranges: naRanges,
      })),
    ),
  );

/**
 * Adds the districts whose code is new and that nobody removed; the others learn their constituencies
 * where they lack them.
 */
export async function addMissingDistricts(
  sql: Queryable,
  districts: readonly ListedDistrict[],
): Promise<void> {
  await sql`
    insert into district (code, name, name_ur, division, lat, lon, na_ranges)
    select * from jsonb_to_recordset(${rowsOf(sql, districts)}) as x(code text, name text,
      name_ur text, division text, lat double precision, lon double precision, na_ranges text)
    where not exists (select from removed_district r where r.code = x.code)
    on conflict (code) do update set na_ranges = excluded.na_ranges
    where district.na_ranges is null and excluded.na_ranges is not null`;
}

/** Adds or changes districts. A field that the list does not state stays. */
export async function storeDistricts(
  sql: Queryable,
  districts: readonly ListedDistrict[],
): Promise<void> {
  await sql`
    insert into district as d (code, name, name_ur, division, lat, lon, na_ranges)
    select * from jsonb_to_recordset(${rowsOf(sql, districts)}) as x(code text, name text,
      name_ur text, division text, lat double precision, lon double precision, na_ranges text)
    on conflict (code) do update set name = excluded.name, name_ur = excluded.name_ur,
      division = excluded.division, lat = coalesce(excluded.lat, d.lat),
      lon = coalesce(excluded.lon, d.lon), na_ranges = coalesce(excluded.na_ranges, d.na_ranges)`;
  await sql`
    delete from removed_district where code = any(${districts.map(({ code }) => code)}::text[])`;
}

/**
 * Removes districts with what stands in nobody's way: where they hold constituencies, buildings that
 * no station uses, their place in the poll-phase clock.
 * @throws Fault DISTRICT_IN_USE when something else refers to one: a station, a phase, a recipient
 */
export async function removeDistricts(
  sql: Queryable,
  codes: readonly string[],
  nowMs: number,
): Promise<void> {
  const list = [...codes];
  try {
    await sql`delete from constituency_district where district_code = any(${list}::text[])`;
    await sql`delete from district_phase where district_code = any(${list}::text[])`;
    await sql`delete from building b where district_code = any(${list}::text[])
      and not exists (select from station s where s.building_id = b.id)`;
    await sql`delete from district where code = any(${list}::text[])`;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === '23503')) throw cause;
    throw new Fault('DISTRICT_IN_USE', 'Something refers to a district that would be removed', {
      cause,
      details: { districts: list.join(', ') },
    });
  }
  await sql`
    insert into removed_district (code, at) select code, ${nowMs}
    from unnest(${list}::text[]) as code on conflict do nothing`;
}
