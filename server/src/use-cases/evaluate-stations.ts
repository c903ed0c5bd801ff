import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { evaluateStations, findStationsOutOfStep } from '../store/alert-store.ts';
import type { Sql } from '../store/database.ts';
import { nextExpectedDarkChangeMs } from '../store/expected-dark-store.ts';
import { startWokenLoop, type WokenLoop } from './woken-loop.ts';

const everyMs = 15_000;
const retryMs = 1_000;
/** Stations of one transaction: it holds their locks while it runs. */
const stationsAtOnce = 500;

/** Makes all alerts equal the states of the cameras, whatever was lost; returns how many stations changed. */
export async function reconcileStations(sql: Sql, nowMs: number): Promise<number> {
  const stations = await findStationsOutOfStep(sql, nowMs);
  for (let from = 0; from < stations.length; from += stationsAtOnce) {
    const some = stations.slice(from, from + stationsAtOnce);
    await sql.begin((tx) => evaluateStations(tx, some, nowMs));
  }
  return stations.length;
}

/**
 * Looks every 15 s for stations whose alert is out of step with their cameras, at once when woken (the
 * plan, a phase or expected darkness changed, or something may be lost), and at the moment when
 * expected darkness begins or ends.
 */
export function startStationReconciler(
  sql: Sql,
  { clock, log }: { clock: Clock; log: Logger },
): WokenLoop {
  return startWokenLoop({
    clock,
    log,
    async pass() {
      const changed = await reconcileStations(sql, clock.nowMs());
      if (changed > 0) log.info({ stations: changed }, 'stations were brought into step');
      const nowMs = clock.nowMs();
      const nextMs = await nextExpectedDarkChangeMs(sql, nowMs);
      return nextMs === null ? everyMs : Math.max(0, Math.min(everyMs, nextMs - nowMs));
    },
    everyMs,
    retryMs,
    failing: 'stations cannot be brought into step',
  });
}
