import type { DistrictView } from '@nigehban/domain/api/district-types.ts';
import type { Queryable } from './database.ts';

/** All districts in the order of their names. */
export async function readDistricts(sql: Queryable): Promise<readonly DistrictView[]> {
  return await sql<DistrictView[]>`
    select code, name, name_ur, division from district order by name`;
}
