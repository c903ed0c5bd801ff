import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { planDaysAhead, planSettledDays } from '@nigehban/domain/footage-days.ts';
import type { Sql } from '../store/database.ts';
import { addFootageDays, listFootageDays, orderFootageDay } from '../store/footage-days-store.ts';

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
  const stopping = new AbortController();
  let failing = false;
  let cancel = () => {};
  let running = Promise.resolve();

  const look = async () => {
    try {
      const nowUs = clock.nowMs() * 1_000;
      const made = await addFootageDays(sql, planDaysAhead(nowUs, daysAhead));
      if (made.length > 0) log.info({ days: made.length }, 'days of the footage index made');
      for (const day of planSettledDays(await listFootageDays(sql), nowUs)) {
        if (stopping.signal.aborted) break;
        const done = await orderFootageDay(sql, day, stopping.signal);
        if (done) log.info({ day }, 'a day of the footage index is in order');
      }
      failing = false;
    } catch (error) {
      if (!failing && !stopping.signal.aborted) {
        log.warn({ err: error }, 'the days of the footage index cannot be kept');
      }
      failing = true;
    }
    if (!stopping.signal.aborted) cancel = clock.after(failing ? retryMs : everyMs, turn);
  };
  const turn = () => {
    running = look();
  };

  turn();
  return {
    async stop() {
      stopping.abort();
      cancel();
      await running;
    },
  };
}
