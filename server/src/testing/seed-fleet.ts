import type { Queryable } from '../store/database.ts';

/** Cameras of the n-th station look at these in turn. */
const placements = ['ENTRANCE', 'REAR', 'BOOTH', 'BOOTH', 'COUNT_TABLE', 'QUEUE', 'STRONGROOM'];

/**
 * Fills a migrated database with a plan of made-up stations, evenly over districts `D01`…, two in a
 * building, three feeders in a district, two uplinks; the cameras evenly over the stations. Ids begin
 * at 1 in an empty database.
 */
export async function seedFleet(
  sql: Queryable,
  fleet: { readonly districts: number; readonly stations: number; readonly cameras: number },
): Promise<void> {
  const { districts, stations, cameras } = fleet;
  await sql`
    insert into district (code, name, name_ur, division, lat, lon)
    select 'D' || lpad(n::text, 2, '0'), 'District ' || n, 'ضلع ' || n, 'Division ' || (n % 10), 31, 74
    from generate_series(1, ${districts}::int) n`;
  await sql`insert into constituency (code) values ('NA-1')`;
  await sql`
    insert into building (district_code, lat, lon)
    select 'D' || lpad((1 + (2 * n) * ${districts}::int / ${stations}::int)::text, 2, '0'),
      31 + n * 0.0001, 74
    from generate_series(0, (${stations}::int - 1) / 2) n order by n`;
  await sql`
    insert into station (code, constituency_code, number, district_code, building_id, name, name_ur,
      category, station_type, uplink, feeder)
    select 'GE24-NA1-PS' || lpad((n + 1)::text, 4, '0'), 'NA-1', n + 1,
      'D' || lpad((1 + n * ${districts}::int / ${stations}::int)::text, 2, '0'), 1 + n / 2,
      'School ' || n, 'سکول ' || n,
      (array['HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL'])[1 + n % 3], 'COMBINED',
      (array['A', 'B'])[1 + n % 2],
      'F' || (n * ${districts}::int / ${stations}::int) || '-' || (n % 3)
    from generate_series(0, ${stations}::int - 1) n order by n`;
  await sql`
    insert into camera (code, address, registered_at)
    select 'CAM-' || n, '127.' || (n / 65536 + 1) || '.' || (n / 256 % 256) || '.' || n % 256, now()
    from generate_series(1, ${cameras}::int) n order by n`;
  await sql`
    insert into assignment (camera_id, station_id, placement, booth)
    select camera_id, station_id,
      (${placements}::text[])[1 + (row_number() over (partition by station_id order by camera_id)
        + station_id) % 7], null
    from (select n + 1 as camera_id, (1 + n::bigint * ${stations}::int / ${cameras}::int)::int as station_id
      from generate_series(0, ${cameras}::int - 1) n) x`;
}
