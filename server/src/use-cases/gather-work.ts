import type { Clock } from '@nigehban/config/clock/clock.ts';

/** Collects items for a while and works on them together. */
export interface Gatherer<T> {
  /** Settles with the work of the batch that the items go with; it is rejected when that fails. */
  add(items: readonly T[]): Promise<void>;
  /** Works on what waits now; resolves when nothing is under way. Never rejects. */
  settled(): Promise<void>;
}

/**
 * A lone item is worked on at once; while they keep coming, one batch begins every `everyMs` at most,
 * and never before the one before it ended. What is given first is worked on first.
 */
export function createGatherer<T>(
  clock: Clock,
  everyMs: number,
  work: (items: readonly T[]) => Promise<void>,
): Gatherer<T> {
  let waiting: T[] = [];
  let batch = Promise.withResolvers<void>();
  let running: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;
  let beganMs = Number.NEGATIVE_INFINITY;

  const begin = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    if (running !== null || waiting.length === 0) return;
    const items = waiting;
    const { resolve, reject } = batch;
    waiting = [];
    batch = Promise.withResolvers<void>();
    beganMs = clock.nowMs();
    const ended = (tell: () => void) => {
      running = null;
      tell();
      schedule();
    };
    running = work(items).then(
      () => ended(resolve),
      (error: unknown) => ended(() => reject(error)),
    );
  };
  const schedule = (): void => {
    if (running !== null || cancelTimer !== null || waiting.length === 0) return;
    const sinceMs = clock.nowMs() - beganMs;
    // Further back than now: the clock was set back.
    const waitMs = sinceMs < 0 ? 0 : everyMs - sinceMs;
    if (waitMs <= 0) begin();
    else cancelTimer = clock.after(waitMs, begin);
  };

  return {
    add(items) {
      waiting.push(...items);
      const { promise } = batch;
      schedule();
      return promise;
    },
    async settled() {
      while (running !== null || waiting.length > 0) {
        begin();
        await running;
      }
    },
  };
}
