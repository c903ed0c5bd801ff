import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';

/** Work that is done at once when woken, and again after a while in case nobody wakes it. */
export interface WokenLoop {
  /** There is work: a pass begins now, or when the one that runs has ended. */
  wake(): void;
  /** Begins no further pass; settles when the one that runs has ended. */
  stop(): Promise<void>;
}

export interface WokenLoopOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * One pass; passes never overlap. Resolves to the ms until the next, or to nothing for `everyMs`;
   * a rejection is logged, once until a pass succeeds. `stopping` aborts when the loop is stopped.
   */
  readonly pass: (stopping: AbortSignal) => Promise<number | undefined>;
  readonly everyMs: number;
  /** Until the next pass after one that failed; `everyMs` unless told. */
  readonly retryMs?: number | (() => number);
  /** Until the pass that was asked for while one ran that took `tookMs`; at once unless told. */
  readonly againAfterMs?: (tookMs: number) => number;
  /** Until the first pass; at once unless told. */
  readonly firstAfterMs?: number;
  /** What the log says when a pass fails, and when one succeeds after that. */
  readonly failing: string;
  readonly recovered?: string;
}

export function startWokenLoop(options: WokenLoopOptions): WokenLoop {
  const { clock, log, everyMs, retryMs = everyMs, firstAfterMs = 0 } = options;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let isRunning = false;
  let again = false;
  let failing = false;
  let cancel = () => {};

  /** How long to wait after it. */
  const attempt = async (): Promise<number> => {
    const beganAtMs = clock.monotonicMs();
    try {
      const waitMs = (await options.pass(stopping.signal)) ?? everyMs;
      if (failing && options.recovered !== undefined) log.info(options.recovered);
      failing = false;
      if (!again) return waitMs;
      const tookMs = clock.monotonicMs() - beganAtMs;
      return Math.min(waitMs, options.againAfterMs?.(tookMs) ?? 0);
    } catch (error) {
      if (!failing && !stopping.signal.aborted) log.warn({ err: error }, options.failing);
      failing = true;
      // Being woken is no reason to ask what is away without a pause.
      return typeof retryMs === 'number' ? retryMs : retryMs();
    }
  };
  const run = async () => {
    let waitMs = 0;
    while (waitMs <= 0 && !stopping.signal.aborted) {
      again = false;
      waitMs = await attempt();
    }
    isRunning = false;
    if (!stopping.signal.aborted) cancel = clock.after(waitMs, wake);
  };
  const wake = () => {
    if (stopping.signal.aborted) return;
    if (isRunning) {
      again = true;
      return;
    }
    cancel();
    isRunning = true;
    running = run();
  };

  if (firstAfterMs > 0) cancel = clock.after(firstAfterMs, wake);
  else wake();
  return {
    wake,
    async stop() {
      stopping.abort();
      cancel();
      await running;
    },
  };
}
