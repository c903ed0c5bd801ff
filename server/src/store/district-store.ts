import type { DistrictView } from '@nigehban/domain/api/district-types.ts';
import type { Queryable } from './database.ts';

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
