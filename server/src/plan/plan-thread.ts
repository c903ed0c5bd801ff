import { Worker } from 'node:worker_threads';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { Fault, fromFaultMessage } from '@nigehban/domain/faults.ts';
import type { OnProgress, PlanTaskName, PlanTasks } from './plan-tasks.ts';
import type { ThreadData, ThreadReply, ThreadRequest } from './plan-thread-entry.ts';

/** Work on plans in a thread of its own: one task at a time, in order. */
export interface PlanThread {
  /** @throws Fault of the task; INTERNAL when the thread ended in the middle of it. */
  run<Name extends PlanTaskName>(
    name: Name,
    question: PlanTasks[Name][0],
    onProgress?: OnProgress,
  ): Promise<PlanTasks[Name][1]>;
  stop(): Promise<void>;
}

/** Ten times what a plan of 29,000 rows needs ends the thread, not the server. */
const longestHeapMb = 1_024;
/** A thread that nobody needs gives its memory and connections back. */
const idleForMs = 60_000;

interface Running {
  readonly id: number;
  readonly onProgress: OnProgress;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread when the first task comes. */
export function createPlanThread(options: {
  readonly databaseUrl: string;
  readonly secretKey: SecretKey;
  readonly log: Logger;
}): PlanThread {
  const { databaseUrl, secretKey, log } = options;
  const keys = Buffer.isBuffer(secretKey) ? { current: secretKey, old: [] } : secretKey;
  let worker: Worker | null = null;
  let running: Running | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;
  let nextId = 1;
  let stopped = false;

  const end = (of: Worker, cause: unknown): void => {
    // It ends twice, by an error and by its exit: by then the next task may be another thread's.
    if (worker !== of) return;
    worker = null;
    const interrupted = running;
    running = null;
    interrupted?.reject(new Fault('INTERNAL', 'The work on the plan ended early', { cause }));
  };

  const open = (): Worker => {
    if (worker !== null) return worker;
    const workerData: ThreadData = {
      databaseUrl,
      currentKey: keys.current,
      oldKeys: [...keys.old],
    };
    const opened = new Worker(new URL('./plan-thread-entry.ts', import.meta.url), {
      workerData,
      execArgv: [],
      name: 'plan',
      resourceLimits: { maxOldGenerationSizeMb: longestHeapMb },
    });
    opened.on('message', (reply: ThreadReply) => {
      if (running?.id !== reply.id) return;
      if ('progress' in reply) {
        running.onProgress(reply.progress);
        return;
      }
      const { resolve, reject } = running;
      running = null;
      if ('answer' in reply) resolve(reply.answer);
      else {
        if (reply.inside !== null) log.error({ inside: reply.inside }, 'work on a plan failed');
        reject(fromFaultMessage(reply.fault));
      }
    });
    opened.on('error', (error) => {
      log.error({ err: error }, 'the thread of plans failed');
      end(opened, error);
    });
    opened.on('exit', () => end(opened, undefined));
    opened.unref();
    worker = opened;
    return opened;
  };

  const rest = (): void => {
    clearTimeout(idle);
    idle = setTimeout(() => {
      // A task that comes while it ends is for a new one.
      const unneeded = worker;
      worker = null;
      void unneeded?.terminate();
    }, idleForMs);
    idle.unref();
  };

  return {
    async run(name, question, onProgress = () => {}) {
      const before = last;
      const task = (async () => {
        await before.catch(() => {});
        if (stopped) throw new Fault('INTERNAL', 'The server stops');
        clearTimeout(idle);
        const id = nextId++;
        const request: ThreadRequest = { id, name, question };
        try {
          return await new Promise<unknown>((resolve, reject) => {
            running = { id, onProgress, resolve, reject };
            open().postMessage(request);
          });
        } finally {
          rest();
        }
      })();
      last = task;
      return (await task) as PlanTasks[typeof name][1];
    },
    async stop() {
      stopped = true;
      clearTimeout(idle);
      await worker?.terminate();
      await last.catch(() => {});
    },
  };
}
