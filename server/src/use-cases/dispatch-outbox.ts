import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { OutboxJob, OutboxQueue } from '../queue/outbox-queue.ts';
import type { Sql } from '../store/database.ts';
import { drainOutbox, markHandled, pruneOutbox } from '../store/outbox-store.ts';

const batchSize = 500;
const pollEveryMs = 1_000;
const pruneEveryMs = 15_000;
const keepHandledForMs = 3_600_000;
/** Sent and not handled for so long: Redis may have lost it. */
const resendAfterMs = 15_000;

/** Handles the entries of one topic; a throw means that it is tried again. Idempotent by `key`. */
export type OutboxHandler = (job: OutboxJob) => Promise<void>;

export interface OutboxDispatcher {
  /** Something waits, or the queue is back: look now. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Carries the outbox to the queue: at once when woken, and every second in case a notice was lost.
 * While the queue is away everything stays in the outbox; what a lost Redis held is sent again.
 * Entries whose topic nobody handles wait.
 */
export function startOutboxDispatcher(
  sql: Sql,
  queue: Pick<OutboxQueue, 'add' | 'ready'>,
  topics: readonly string[],
  { clock, log }: { clock: Clock; log: Logger },
): OutboxDispatcher {
  let stopped = false;
  let running: Promise<void> | null = null;
  let again = false;
  let prunedAtMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  let cancel = () => {};

  const pass = async () => {
    const nowMs = clock.nowMs();
    if (nowMs - prunedAtMs >= pruneEveryMs) {
      await pruneOutbox(sql, nowMs - keepHandledForMs);
      prunedAtMs = nowMs;
    }
    while (!stopped && queue.ready() && topics.length > 0) {
      const given = { topics, limit: batchSize, nowMs, resendBeforeMs: nowMs - resendAfterMs };
      const sent = await drainOutbox(sql, given, (entries) => queue.add(entries));
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

/** What the queue's worker does with a job: its topic's handler, then it is handled for good. */
export function createOutboxWork(
  sql: Sql,
  handlers: Readonly<Record<string, OutboxHandler>>,
  clock: Clock,
): (job: OutboxJob) => Promise<void> {
  return async (job) => {
    await handlers[job.topic]?.(job);
    await markHandled(sql, job.key, clock.nowMs());
  };
}
