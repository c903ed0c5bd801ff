import type { StationSupplyBody, StationSupplyView } from '@nigehban/domain/api/alert-types.ts';
import type { Queryable } from './database.ts';

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
