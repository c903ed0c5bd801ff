import { Fault } from '@nigehban/domain/faults.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { types } from 'mediasoup';
import { routerCodecs } from '../negotiation/router-codecs.ts';
import type { RelayLog } from '../relay-log.ts';
import type { RelayListenIp } from '../relay-settings.ts';
import { homeWorker } from './home-worker.ts';
import type { Mediasoup } from './load-mediasoup.ts';

/** A running mediasoup worker: one router, and one UDP and TCP port that all its viewers share. */
export interface RelayWorker {
  readonly slot: number;
  readonly pid: number;
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
}

export interface WorkerPoolOptions {
  readonly mediasoup: Mediasoup;
  readonly clock: Clock;
  readonly log: RelayLog;
  readonly count: number;
  readonly listenIps: readonly RelayListenIp[];
  readonly minPort: number;
  readonly maxPort: number;
  /** Everything on this worker is gone. */
  readonly onDied: (worker: RelayWorker) => void;
}

const firstRestartMs = 200;
const longestRestartMs = 30_000;
const steadyAfterMs = 60_000;
const checkEveryMs = 5_000;
const answerWithinMs = 10_000;

interface Slot {
  readonly number: number;
  worker: RelayWorker | undefined;
  process: types.Worker | undefined;
  restartMs: number;
  timer: Timer | undefined;
}

/**
 * Keeps `count` mediasoup workers running: one that dies or stops answering is replaced, with
 * growing delays when it keeps dying. Cameras are shared out among the running workers by
 * rendezvous hashing, one router per worker.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  #restarts = 0;
  #stopped = false;
  #checking: Timer | undefined;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, number) => ({
      number,
      worker: undefined,
      process: undefined,
      restartMs: firstRestartMs,
      timer: undefined,
    }));
  }

  /** Starts all workers. Throws when one does not start (WORKER_BINARY_MISSING, PORT_TAKEN). */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      for (const slot of pool.#slots) await pool.#startWorker(slot);
    } catch (error) {
      await pool.stop();
      throw error;
    }
    pool.#checkLater();
    return pool;
  }

  /** The worker a camera lives on; undefined while none runs. */
  home(cameraId: number): RelayWorker | undefined {
    const running = this.#slots.filter((slot) => slot.worker !== undefined);
    const number = homeWorker(
      cameraId,
      running.map((slot) => slot.number),
    );
    return running.find((slot) => slot.number === number)?.worker;
  }

  get running(): readonly RelayWorker[] {
    return this.#slots.flatMap((slot) => slot.worker ?? []);
  }

  /** How often a worker was replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Ends all workers. Resolves when their processes are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#checking?.cancel();
    await Promise.all(
      this.#slots.map(async (slot) => {
        slot.timer?.cancel();
        slot.worker = undefined;
        const running = slot.process;
        if (running === undefined || running.subprocessClosed) return;
        const closed = new Promise<void>((resolve) => running.once('subprocessclose', resolve));
        running.close();
        await closed;
      }),
    );
  }

  async #startWorker(slot: Slot): Promise<void> {
    const { mediasoup, listenIps, minPort, maxPort, log } = this.#options;
    const startedMs = this.#options.clock.monotonicMs();
    const running = await mediasoup.createWorker({ logLevel: 'warn', logTags: ['ice', 'dtls'] });
    slot.process = running;
    let worker: RelayWorker | undefined;
    running.on('died', (error) => {
      if (slot.process !== running) return;
      slot.process = undefined;
      slot.worker = undefined;
      if (this.#stopped) return;
      log.error({ slot: slot.number, pid: running.pid, err: error }, 'mediasoup worker died');
      if (worker !== undefined) {
        const livedMs = this.#options.clock.monotonicMs() - startedMs;
        if (livedMs >= steadyAfterMs) slot.restartMs = firstRestartMs;
        this.#options.onDied(worker);
        this.#restartLater(slot);
      }
    });
    try {
      const router = await running.createRouter({ mediaCodecs: routerCodecs() });
      const webRtcServer = await running.createWebRtcServer({
        listenInfos: listenIps.flatMap((listen) =>
          (['udp', 'tcp'] as const).map((protocol) => ({
            protocol,
            ip: listen.ip,
            portRange: { min: minPort, max: maxPort },
            ...(listen.announcedAddress === undefined
              ? {}
              : { announcedAddress: listen.announcedAddress }),
          })),
        ),
      });
      if (this.#stopped) {
        running.close();
        return;
      }
      worker = { slot: slot.number, pid: running.pid, router, webRtcServer };
      slot.worker = worker;
    } catch (cause) {
      running.close();
      throw new Fault(
        'PORT_TAKEN',
        `No free port from ${minPort} to ${maxPort} for live views on ${listenIps.map((listen) => listen.ip).join(', ')}`,
        { cause },
      );
    }
    log.info({ slot: slot.number, pid: running.pid }, 'mediasoup worker runs');
  }

  #restartLater(slot: Slot): void {
    const delayMs = slot.restartMs;
    slot.restartMs = Math.min(longestRestartMs, slot.restartMs * 2);
    slot.timer = this.#options.clock.setTimer(delayMs, () => {
      this.#startWorker(slot).then(
        () => {
          this.#restarts += 1;
        },
        (error: unknown) => {
          if (this.#stopped) return;
          this.#options.log.error(
            { slot: slot.number, err: error },
            'mediasoup worker not replaced',
          );
          this.#restartLater(slot);
        },
      );
    });
  }

  /** A worker that runs but answers nothing is ended, so that it is replaced like a dead one. */
  #checkLater(): void {
    this.#checking = this.#options.clock.setTimer(checkEveryMs, () => {
      void Promise.all(
        this.#slots.map(async (slot) => {
          const running = slot.process;
          if (running === undefined || (await this.#answers(running)) || running.closed) return;
          if (this.#stopped || slot.process !== running) return;
          this.#options.log.error({ pid: running.pid }, 'mediasoup worker does not answer');
          killIfRunning(running.pid);
        }),
      ).then(() => {
        if (!this.#stopped) this.#checkLater();
      });
    });
  }

  #answers(running: types.Worker): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(answerWithinMs, () => resolve(false));
      const answer = (): void => {
        timer.cancel();
        resolve(true);
      };
      running.getResourceUsage().then(answer, answer);
    });
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}
