import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { planDaysAhead } from '@nigehban/domain/footage-days.ts';
import type { Sql } from '../store/database.ts';
import { addFootageDays } from '../store/footage-days-store.ts';

const everyMs = 3_600_000;
const retryMs = 60_000;
/** Survives a long weekend without a server; nodes make a missing day themselves. */
const daysAhead = 3;

/**
 * Keeps the index of the footage divided into days, some of them ahead: looks at once and each hour,
 * after a failure each minute. Returns how it is stopped.
 */
export function startFootageDayKeeper(
  sql: Sql,
  { clock, log }: { clock: Clock; log: Logger },
): { stop(): Promise<void> } {
  let stopped = false;
  let failing = false;
  let cancel = () => {};
  let running = Promise.resolve();

  const look = async () => {
    try {
      const made = await addFootageDays(sql, planDaysAhead(clock.nowMs() * 1_000, daysAhead));
      if (made.length > 0) log.info({ days: made.length }, 'days of the footage index made');
      failing = false;
    } catch (error) {
      if (!failing && !stopped) log.warn({ err: error }, 'no day of the footage index can be made');
      failing = true;
    }
    if (!stopped) cancel = clock.after(failing ? retryMs : everyMs, turn);
  };
  const turn = () => {
    running = look();
  };

  turn();
  return {
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
