import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { StationOutageQueue } from '../queue/station-outage-queue.ts';
import { findStationsOutOfStep } from '../store/alert-store.ts';
import { putStationOutages } from '../store/camera-state-store.ts';
import type { Sql } from '../store/database.ts';
import { drainOutbox, type OutboxEntry, pruneOutbox } from '../store/outbox-store.ts';

const batchSize = 500;
const pollEveryMs = 1_000;
const reconcileEveryMs = 15_000;
const keepSentForMs = 3_600_000;

export interface OutboxDispatcher {
  /** Something waits, or the queue is back: look now. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Carries the outbox to the queue: at once when woken, and every second in case a notice was lost.
 * While the queue is away everything stays in the outbox. Every 15 s it also asks for the stations
 * whose alert is out of step with their cameras, so that a flushed Redis loses no alert.
 */
export function startOutboxDispatcher(
  sql: Sql,
  queue: Pick<StationOutageQueue, 'add' | 'ready'>,
  { clock, log }: { clock: Clock; log: Logger },
): OutboxDispatcher {
  let stopped = false;
  let running: Promise<void> | null = null;
  let again = false;
  let reconciledAtMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  let cancel = () => {};

  const pass = async () => {
    const nowMs = clock.nowMs();
    if (nowMs - reconciledAtMs >= reconcileEveryMs) {
      const stations = await findStationsOutOfStep(sql);
      const occasion = `r${Math.floor(nowMs / reconcileEveryMs)}`;
      await putStationOutages(
        sql,
        stations.map((stationId) => ({ stationId, occasion })),
      );
      await pruneOutbox(sql, nowMs - keepSentForMs);
      reconciledAtMs = nowMs;
    }
    while (!stopped && queue.ready()) {
      const sent = await drainOutbox(sql, batchSize, (entries) =>
        queue.add(entries.flatMap(toJob)),
      );
      if (sent < batchSize) break;
    }
  };

  const run = async () => {
    do {
      again = false;
      try {
        await pass();
        if (failing) log.info('the outbox is being emptied again');
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ err: error }, 'the outbox cannot be emptied');
        failing = true;
      }
    } while (again && !stopped && !failing);
    running = null;
    if (stopped) return;
    cancel();
    cancel = clock.after(pollEveryMs, wake);
  };

  const wake = () => {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
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

function toJob(entry: OutboxEntry): { key: string; stationId: number }[] {
  const payload = entry.payload;
  const stationId =
    typeof payload === 'object' && payload !== null && 'stationId' in payload
      ? payload.stationId
      : null;
  return typeof stationId === 'number' ? [{ key: entry.key, stationId }] : [];
}
