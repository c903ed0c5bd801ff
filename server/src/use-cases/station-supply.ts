import type { StationSupplyBody, StationSupplyView } from '@nigehban/domain/api/alert-types.ts';
import { storeStationSupply } from '../store/alert-context-store.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import type { ActingPerson } from './alert-life.ts';

/** Names what a station hangs on; null: there is no such station. */
export async function setStationSupply(
  sql: Sql,
  stationCode: string,
  body: StationSupplyBody,
  { username: actor, address }: ActingPerson,
  nowMs: number,
): Promise<StationSupplyView | null> {
  return await sql.begin(async (tx) => {
    const view = await storeStationSupply(tx, stationCode, body);
    if (view === null) return null;
    const { uplink, feeder } = view;
    const audit = { actor, address, action: 'station.supply', subject: stationCode };
    await addAudit(tx, { ...audit, details: { uplink, feeder } }, nowMs);
    await announce(tx, { topic: 'plan' });
    return view;
  });
}
