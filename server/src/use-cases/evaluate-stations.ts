import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { evaluateStations, findStationsOutOfStep } from '../store/alert-store.ts';
import type { Sql } from '../store/database.ts';
import { nextExpectedDarkChangeMs } from '../store/expected-dark-store.ts';

const everyMs = 15_000;
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

export interface StationReconciler {
  /** The plan, a phase or expected darkness changed, or something may be lost: look now. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Looks every 15 s for stations whose alert is out of step with their cameras, at once when woken,
 * and at the moment when expected darkness begins or ends.
 */
export function startStationReconciler(
  sql: Sql,
  { clock, log }: { clock: Clock; log: Logger },
): StationReconciler {
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let failing = false;
  let cancel = () => {};

  const run = async () => {
    let waitMs = everyMs;
    try {
      const changed = await reconcileStations(sql, clock.nowMs());
      if (changed > 0) log.info({ stations: changed }, 'stations were brought into step');
      const nextMs = await nextExpectedDarkChangeMs(sql, clock.nowMs());
      if (nextMs !== null) waitMs = Math.max(0, Math.min(waitMs, nextMs - clock.nowMs()));
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'stations cannot be brought into step');
      failing = true;
      waitMs = 1_000;
    }
    running = null;
    if (stopped) return;
    if (again) {
      again = false;
      wake();
      return;
    }
    cancel = clock.after(waitMs, wake);
  };
  const wake = () => {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    cancel();
    running = run();
  };
  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
