import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { Queue, Worker } from 'bullmq';
import { openRedisPair } from './redis-pair.ts';

/** What is to be looked at, and not before when. PostgreSQL says whether there is anything to do. */
export type NoticeJob =
  | { readonly kind: 'flush'; readonly recipientId: number; readonly dueMs: number }
  | { readonly kind: 'deliver'; readonly messageId: string; readonly dueMs: number }
  | {
      readonly kind: 'escalate';
      readonly subject: 'alert' | 'incident';
      readonly subjectId: number;
      readonly round: number;
      readonly level: 'division' | 'province';
      readonly dueMs: number;
    };

export interface NoticeQueue {
  /** Queues what is not queued yet. Silent while Redis is away: PostgreSQL offers it again. */
  offer(jobs: readonly NoticeJob[]): Promise<void>;
  /** Takes back what is not running yet. */
  withdraw(jobs: readonly NoticeJob[]): Promise<void>;
  stop(): Promise<void>;
}

export interface NoticeQueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** Deliveries at once: a hung receiver holds one of them. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Does one job; what it returns is queued next. */
  readonly work: (job: NoticeJob) => Promise<readonly NoticeJob[]>;
  /** Redis is there (again). */
  readonly onReady: () => void;
}

const queueName = 'notice';

/** Opens the queue of notices and escalations; does not wait for Redis. */
export function openNoticeQueue(options: NoticeQueueOptions): NoticeQueue {
  const { prefix, log, clock } = options;
  const redis = openRedisPair(options.redisUrl);
  const { sender: producer, receiver: consumer } = redis;
  // Redis' absence is told once, by the queue of the alerts.
  const ignore = () => {};
  producer.on('ready', options.onReady);
  let queue: Queue<NoticeJob> | null = null;
  let stopped = false;

  const offer = async (jobs: readonly NoticeJob[]): Promise<void> => {
    if (producer.status !== 'ready' || jobs.length === 0 || stopped) return;
    if (queue === null) {
      queue = new Queue<NoticeJob>(queueName, { connection: producer, prefix });
      queue.on('error', ignore);
    }
    const nowMs = clock.nowMs();
    await queue
      .addBulk(
        jobs.map((job) => ({
          name: job.kind,
          data: job,
          opts: {
            jobId: jobIdOf(job),
            delay: Math.max(0, job.dueMs - nowMs),
            // What is over must go: a job that is still there is not added again.
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      )
      .catch(ignore);
  };

  const worker = new Worker<NoticeJob>(
    queueName,
    async (job) => {
      const next = await options.work(job.data);
      // Its own id is taken until it is over: what follows at once has to wait for that.
      setImmediate(() => void offer(next));
    },
    {
      connection: consumer,
      prefix,
      concurrency: options.concurrency,
      lockDuration: 30_000,
      stalledInterval: 5_000,
      maxStalledCount: 1_000,
    },
  );
  worker.on('error', ignore);
  worker.on('failed', (job, error) => {
    log.warn({ job: job?.id, reason: error.message }, 'a notice waits');
  });

  return {
    offer,
    async withdraw(jobs) {
      if (queue === null || producer.status !== 'ready') return;
      for (const job of jobs) await queue.remove(jobIdOf(job)).catch(ignore);
    },
    async stop() {
      stopped = true;
      await worker.close(consumer.status !== 'ready').catch(ignore);
      await queue?.close().catch(ignore);
      redis.disconnect();
    },
  };
}

/** One job for one thing to do at one time: a clock's second of a flush, a message, a step. */
function jobIdOf(job: NoticeJob): string {
  switch (job.kind) {
    case 'flush':
      return `flush-${job.recipientId}-${Math.ceil(job.dueMs / 1000)}`;
    case 'deliver':
      return `deliver-${job.messageId}-${Math.ceil(job.dueMs / 1000)}`;
    case 'escalate':
      return `escalate-${job.subject}-${job.subjectId}-${job.round}-${job.level}`;
  }
}
