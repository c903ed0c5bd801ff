import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { OutboxJob, OutboxQueue } from '../queue/outbox-queue.ts';
import type { Sql } from '../store/database.ts';
import { drainOutbox, markHandled, pruneOutbox } from '../store/outbox-store.ts';
import { createGatherer } from './gather-work.ts';
import { startWokenLoop, type WokenLoop } from './woken-loop.ts';

const batchSize = 500;
const pollEveryMs = 1_000;
const markEveryMs = 200;
const pruneEveryMs = 15_000;
const keepHandledForMs = 3_600_000;
/** Sent and not handled for so long: Redis may have lost it. */
const resendAfterMs = 15_000;

/** Handles the entries of one topic; a throw means that it is tried again. Idempotent by `key`. */
export type OutboxHandler = (job: OutboxJob) => Promise<void>;

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
): WokenLoop {
  let prunedAtMs = Number.NEGATIVE_INFINITY;
  return startWokenLoop({
    clock,
    log,
    async pass(stopping) {
      const nowMs = clock.nowMs();
      if (nowMs - prunedAtMs >= pruneEveryMs) {
        await pruneOutbox(sql, nowMs - keepHandledForMs);
        prunedAtMs = nowMs;
      }
      while (!stopping.aborted && queue.ready() && topics.length > 0) {
        const given = { topics, limit: batchSize, nowMs, resendBeforeMs: nowMs - resendAfterMs };
        const sent = await drainOutbox(sql, given, (entries) => queue.add(entries));
        if (sent < batchSize) break;
      }
      return pollEveryMs;
    },
    everyMs: pollEveryMs,
    failing: 'the outbox cannot be emptied',
    recovered: 'the outbox is being emptied again',
  });
}

export interface OutboxWork {
  /** What the queue's worker does with a job: its topic's handler, then it is handled for good. */
  run(job: OutboxJob): Promise<void>;
  /** Everything that was handled is known to be. */
  settled(): Promise<void>;
}

/** What was handled is marked together, a moment later: if that is lost it is queued and handled again. */
export function createOutboxWork(
  sql: Sql,
  handlers: Readonly<Record<string, OutboxHandler>>,
  { clock, log }: { clock: Clock; log: Logger },
): OutboxWork {
  const handled = createGatherer<string>(clock, markEveryMs, (keys) =>
    markHandled(sql, keys, clock.nowMs()).catch((error) =>
      log.warn({ err: error }, 'handled entries of the outbox cannot be marked'),
    ),
  );
  return {
    async run(job) {
      await handlers[job.topic]?.(job);
      void handled.add([job.key]);
    },
    settled: handled.settled,
  };
}
