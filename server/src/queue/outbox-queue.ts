import type { Logger } from '@nigehban/config/log/logger.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { Queue, Worker } from 'bullmq';
import { openRedisPair } from './redis-pair.ts';

/** One job: an entry of the outbox. */
export interface OutboxJob {
  /** Key of the outbox entry: the same job is not queued twice. */
  readonly key: string;
  readonly topic: string;
  readonly payload: unknown;
}

export interface OutboxQueue {
  /** Queues the jobs. @throws Fault QUEUE_UNAVAILABLE at once while Redis is away. */
  add(jobs: readonly OutboxJob[]): Promise<void>;
  /** True when Redis answers now. */
  ready(): boolean;
  counts(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

export interface OutboxQueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly log: Logger;
  /** Runs one job; a throw means that it is tried again. The same key may come more than once. */
  readonly work: (job: OutboxJob) => Promise<void>;
  /** Redis is back: what waits can be sent. */
  readonly onReady: () => void;
}

const queueName = 'outbox';
const addDeadlineMs = 5_000;

interface JobData {
  readonly payload: unknown;
}

/** Opens the queue and starts its worker; does not wait for Redis, which may come later. */
export function openOutboxQueue(options: OutboxQueueOptions): OutboxQueue {
  const { log, prefix } = options;
  let told = false;
  const onError = (error: Error) => {
    if (told) return;
    told = true;
    log.warn({ reason: error.message }, 'Redis does not answer; what is to be told waits');
  };
  const redis = openRedisPair(options.redisUrl, onError);
  const { sender: producer, receiver: consumer } = redis;
  producer.on('ready', () => {
    if (told) log.info('Redis answers again');
    told = false;
    options.onReady();
  });

  // Made at the first use with Redis there: one that was made without it never recovers.
  let queue: Queue<JobData> | null = null;
  const openQueue = () => {
    if (producer.status !== 'ready') {
      throw new Fault('QUEUE_UNAVAILABLE', 'Redis does not answer');
    }
    if (queue === null) {
      queue = new Queue<JobData>(queueName, {
        connection: producer,
        prefix,
        defaultJobOptions: {
          // A few times soon. After that it must go: while a job of that key is there, failed or not,
          // the outbox cannot queue it again, which is what makes it happen in the end.
          attempts: 5,
          backoff: { type: 'exponential', delay: 200, jitter: 0.5 },
          removeOnComplete: { age: 3_600, count: 20_000 },
          removeOnFail: true,
        },
      });
      queue.on('error', onError);
    }
    return queue;
  };
  const worker = new Worker<JobData>(
    queueName,
    (job) => options.work({ key: job.id ?? '', topic: job.name, payload: job.data.payload }),
    {
      connection: consumer,
      prefix,
      concurrency: options.concurrency,
      // A job takes milliseconds: the page that a process died with waits no longer than needed.
      lockDuration: 15_000,
      stalledInterval: 5_000,
      // However many processes died with it: it is done by the next one.
      maxStalledCount: 1_000,
    },
  );
  worker.on('error', onError);
  worker.on('failed', (job, error) => {
    log.warn({ key: job?.id, reason: error.message }, 'a job of the outbox failed');
  });

  return {
    ready: () => producer.status === 'ready',
    async add(jobs) {
      if (jobs.length === 0) return;
      const adding = openQueue().addBulk(
        jobs.map(({ key, topic, payload }) => ({
          name: topic,
          data: { payload },
          opts: { jobId: key },
        })),
      );
      await withDeadline(adding, addDeadlineMs);
    },
    counts: async () => await withDeadline(openQueue().getJobCounts(), addDeadlineMs),
    async stop() {
      // A worker finishes what it holds; without Redis there is nobody to tell, so it is cut.
      await worker.close(consumer.status !== 'ready').catch(() => {});
      await queue?.close().catch(() => {});
      redis.disconnect();
    },
  };
}

async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Fault('QUEUE_UNAVAILABLE', 'Redis does not answer in time')),
      deadlineMs,
    );
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('QUEUE_UNAVAILABLE', 'Redis does not answer', { cause });
  } finally {
    clearTimeout(timer);
  }
}
