import type { StationSupplyBody, StationSupplyView } from '@nigehban/domain/api/alert-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { normalizeSupplyName, type SupplyKind } from '@nigehban/domain/station-supply.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { readStationSupply, storeStationSupply } from '../store/supply-store.ts';
import type { ActingPerson } from './alert-life.ts';

/**
 * Names what a station hangs on, as a plan would; null: there is no such station.
 * @throws Fault REQUEST_INVALID for a placeholder
 */
export async function setStationSupply(
  sql: Sql,
  stationCode: string,
  body: StationSupplyBody,
  { username: actor, address }: ActingPerson,
  nowMs: number,
): Promise<StationSupplyView | null> {
  const wanted = {
    ...(body.uplink === undefined ? {} : { uplink: nameOf('uplink', body.uplink) }),
    ...(body.feeder === undefined ? {} : { feeder: nameOf('feeder', body.feeder) }),
  };
  return await sql.begin(async (tx) => {
    const former = await readStationSupply(tx, stationCode);
    const view = await storeStationSupply(tx, stationCode, wanted);
    if (view === null || former === null) return null;
    const { uplink, feeder } = view;
    const audit = { actor, address, action: 'station.supply', subject: stationCode };
    const before = { uplinkBefore: former.uplink, feederBefore: former.feeder };
    await addAudit(tx, { ...audit, details: { uplink, feeder, ...before } }, nowMs);
    await announce(tx, { topic: 'plan' });
    return view;
  });
}

function nameOf(kind: SupplyKind, text: string | null): string | null {
  if (text === null) return null;
  const name = normalizeSupplyName(text);
  if (name !== '') return name;
  throw new Fault('REQUEST_INVALID', `${kind}: "${text}" names nothing; null is not known`);
}
