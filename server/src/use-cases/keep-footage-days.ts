import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { planDaysAhead, planSettledDays } from '@nigehban/domain/footage-days.ts';
import type { Sql } from '../store/database.ts';
import { addFootageDays, listFootageDays, orderFootageDay } from '../store/footage-days-store.ts';
import { startWokenLoop } from './woken-loop.ts';

const everyMs = 3_600_000;
const retryMs = 60_000;
/** Survives a long weekend without a server; nodes make a missing day themselves. */
const daysAhead = 3;

/**
 * Keeps the index of the footage divided into days, some of them ahead, and puts settled days in
 * order: looks at once and each hour, after a failure each minute. Returns how it is stopped.
 */
export function startFootageDayKeeper(
  sql: Sql,
  { clock, log }: { clock: Clock; log: Logger },
): { stop(): Promise<void> } {
  return startWokenLoop({
    clock,
    log,
    async pass(stopping) {
      const nowUs = clock.nowMs() * 1_000;
      const made = await addFootageDays(sql, planDaysAhead(nowUs, daysAhead));
      if (made.length > 0) log.info({ days: made.length }, 'days of the footage index made');
      for (const day of planSettledDays(await listFootageDays(sql), nowUs)) {
        if (stopping.aborted) break;
        const done = await orderFootageDay(sql, day, stopping);
        if (done) log.info({ day }, 'a day of the footage index is in order');
      }
      return everyMs;
    },
    everyMs,
    retryMs,
    failing: 'the days of the footage index cannot be kept',
  });
}
