import type { StationSupplyBody, StationSupplyView } from '@nigehban/domain/api/alert-types.ts';
import type { SupplyListView } from '@nigehban/domain/api/supply-types.ts';
import type { SupplyNames } from '@nigehban/domain/station-supply.ts';
import type { Queryable } from './database.ts';

/** What a station hangs on; null when there is no such station. */
export async function readStationSupply(
  sql: Queryable,
  stationCode: string,
): Promise<StationSupplyView | null> {
  const [row] = await sql<StationSupplyView[]>`
    select code as station_code, uplink, feeder from station where code = ${stationCode}`;
  return row ?? null;
}

/** Changes what a station hangs on; null when there is no such station. */
export async function storeStationSupply(
  sql: Queryable,
  stationCode: string,
  body: StationSupplyBody,
): Promise<StationSupplyView | null> {
  const [row] = await sql<StationSupplyView[]>`
    update station set
      uplink = ${body.uplink === undefined ? sql`uplink` : body.uplink},
      feeder = ${body.feeder === undefined ? sql`feeder` : body.feeder}
    where code = ${stationCode} returning code as station_code, uplink, feeder`;
  return row ?? null;
}

/** The uplinks and feeders that stations hang on, each with how many do, by name. */
export async function readSupplies(sql: Queryable): Promise<SupplyListView> {
  const rows = await sql<{ kind: 'uplink' | 'feeder'; name: string; stations: number }[]>`
    select 'uplink' as kind, uplink as name, count(*)::int as stations
    from station where uplink is not null group by uplink
    union all
    select 'feeder', feeder, count(*)::int from station where feeder is not null group by feeder
    order by 1, 2`;
  const of = (wanted: 'uplink' | 'feeder') =>
    rows.filter(({ kind }) => kind === wanted).map(({ name, stations }) => ({ name, stations }));
  return { uplinks: of('uplink'), feeders: of('feeder') };
}

/** Names of uplinks and feeders of all stations but those. */
export async function readSupplyNames(
  sql: Queryable,
  exceptCodes: readonly string[],
): Promise<SupplyNames> {
  const rows = await sql<{ uplink: string | null; feeder: string | null }[]>`
    select distinct uplink, feeder from station
    where (uplink is not null or feeder is not null)
      and not exists (select from unnest(${[...exceptCodes]}::text[]) as given(code)
        where given.code = station.code)`;
  const of = (kind: 'uplink' | 'feeder') => [...new Set(rows.flatMap((row) => row[kind] ?? []))];
  return { uplink: of('uplink'), feeder: of('feeder') };
}
