import type { Logger } from '@nigehban/config/log/logger.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** One job: look at this polling station and make its alert say what is so. */
export interface StationOutageJob {
  /** Key of the outbox entry: the same job is not queued twice. */
  readonly key: string;
  readonly stationId: number;
}

export interface StationOutageQueue {
  /** Queues the jobs. @throws Fault QUEUE_UNAVAILABLE at once while Redis is away. */
  add(jobs: readonly StationOutageJob[]): Promise<void>;
  /** True when Redis answers now. */
  ready(): boolean;
  counts(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

export interface StationOutageQueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly log: Logger;
  /** Runs one job; a throw means that it is tried again. */
  readonly evaluate: (stationId: number) => Promise<void>;
  /** Redis is back: what waits can be sent. */
  readonly onReady: () => void;
}

const queueName = 'station-outage';
const addDeadlineMs = 5_000;

/** Opens the queue and starts its worker; does not wait for Redis, which may come later. */
export function openStationOutageQueue(options: StationOutageQueueOptions): StationOutageQueue {
  const { log, prefix } = options;
  const retryStrategy = (attempts: number) => Math.min(100 * 2 ** attempts, 3_000);
  // Jobs wait in the outbox, not in this process: a command without Redis fails at once.
  const producer = new Redis(options.redisUrl, {
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    retryStrategy,
    lazyConnect: false,
  });
  const consumer = new Redis(options.redisUrl, { maxRetriesPerRequest: null, retryStrategy });
  let told = false;
  const onError = (error: Error) => {
    if (told) return;
    told = true;
    log.warn({ reason: error.message }, 'Redis does not answer; alerts wait in the outbox');
  };
  for (const redis of [producer, consumer]) redis.on('error', onError);
  producer.on('ready', () => {
    if (told) log.info('Redis answers again');
    told = false;
    options.onReady();
  });

  // Made at the first use with Redis there: one that was made without it never recovers.
  let queue: Queue<{ stationId: number }> | null = null;
  const openQueue = () => {
    if (producer.status !== 'ready') {
      throw new Fault('QUEUE_UNAVAILABLE', 'Redis does not answer');
    }
    if (queue === null) {
      queue = new Queue<{ stationId: number }>(queueName, {
        connection: producer,
        prefix,
        defaultJobOptions: {
          attempts: 20,
          backoff: { type: 'exponential', delay: 200, jitter: 0.5 },
          removeOnComplete: { age: 3_600, count: 20_000 },
          removeOnFail: { count: 1_000 },
        },
      });
      queue.on('error', onError);
    }
    return queue;
  };
  const worker = new Worker<{ stationId: number }>(
    queueName,
    (job) => options.evaluate(job.data.stationId),
    { connection: consumer, prefix, concurrency: options.concurrency },
  );
  worker.on('error', onError);
  worker.on('failed', (job, error) => {
    log.warn({ stationId: job?.data.stationId, reason: error.message }, 'a station job failed');
  });

  return {
    ready: () => producer.status === 'ready',
    async add(jobs) {
      const adding = openQueue().addBulk(
        jobs.map((job) => ({
          name: queueName,
          data: { stationId: job.stationId },
          opts: { jobId: job.key },
        })),
      );
      await withDeadline(adding, addDeadlineMs);
    },
    counts: async () => await withDeadline(openQueue().getJobCounts(), addDeadlineMs),
    async stop() {
      // A worker finishes what it holds; without Redis there is nobody to tell, so it is cut.
      await worker.close(consumer.status !== 'ready').catch(() => {});
      await queue?.close().catch(() => {});
      producer.disconnect();
      consumer.disconnect();
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
