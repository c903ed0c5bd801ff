import type { Logger } from '@nigehban/config/log/logger.ts';
import { Queue, Worker } from 'bullmq';
import { openRedisPair } from './redis-pair.ts';

export interface ExportQueue {
  /** Queues exports that are not queued yet. Silent while Redis is away: they are offered again. */
  offer(exportIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface ExportQueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly concurrency: number;
  readonly log: Logger;
  /** Brings one export to its end. A throw, or the signal, means that it will be offered again. */
  readonly work: (exportId: string, signal: AbortSignal) => Promise<void>;
  /** Redis is there (again): what is open can be offered. */
  readonly onReady: () => void;
}

const queueName = 'footage-export';
/** A server that dies is noticed after this: another one, or its next start, goes on. */
const lockMs = 10_000;

/** Opens the queue of exports and starts its worker; does not wait for Redis. */
export function openExportQueue(options: ExportQueueOptions): ExportQueue {
  const { prefix, log } = options;
  const redis = openRedisPair(options.redisUrl);
  const { sender: producer, receiver: consumer } = redis;
  // Redis' absence is told once, by the queue of the alerts.
  const ignore = () => {};
  producer.on('ready', options.onReady);
  const stopping = new AbortController();
  const worker = new Worker<{ exportId: string }>(
    queueName,
    (job) => options.work(job.data.exportId, stopping.signal),
    {
      connection: consumer,
      prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      // How often a server died over it says nothing about the export.
      maxStalledCount: 1_000,
    },
  );
  worker.on('error', ignore);
  worker.on('failed', (job, error) => {
    log.warn({ exportId: job?.data.exportId, reason: error.message }, 'an export waits');
  });
  let queue: Queue<{ exportId: string }> | null = null;
  return {
    async offer(exportIds) {
      if (producer.status !== 'ready' || exportIds.length === 0) return;
      if (queue === null) {
        queue = new Queue<{ exportId: string }>(queueName, { connection: producer, prefix });
        queue.on('error', ignore);
      }
      // What is over must go: a job that is still there is not added again.
      const opts = { removeOnComplete: true, removeOnFail: true };
      await queue
        .addBulk(
          exportIds.map((exportId) => ({
            name: queueName,
            data: { exportId },
            opts: { ...opts, jobId: exportId },
          })),
        )
        .catch(ignore);
    },
    async stop() {
      stopping.abort();
      await worker.close(consumer.status !== 'ready').catch(ignore);
      await queue?.close().catch(ignore);
      redis.disconnect();
    },
  };
}
