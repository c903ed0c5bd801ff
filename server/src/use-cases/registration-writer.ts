import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Sql } from '../store/database.ts';
import { type RegistrationWrite, storeRegistrations } from '../store/registration-store.ts';

/**
 * Stores registrations in batches: each one makes every process load the plan again, which for a
 * province is work of a second. A single one is stored at once, a flood every few seconds.
 */
export interface RegistrationWriter {
  /** Settles when it is stored; rejects when it cannot be. */
  write(registration: RegistrationWrite): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly registration: RegistrationWrite;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const mostAtOnce = 500;
/** After so many in a batch there are more to come. */
const floodFrom = 24;
const floodEveryMs = 2_500;

export function createRegistrationWriter(sql: Sql, clock: Clock): RegistrationWriter {
  const waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  let cancel = () => {};
  let calmAtMs = 0;

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await storeRegistrations(
        sql,
        batch.map(({ registration }) => registration),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const [only, ...others] = batch;
      if (only === undefined) return;
      if (others.length === 0) only.reject(error);
      // One that cannot be stored does not keep the others out.
      else for (const one of batch) await flush([one]);
    }
  };

  const run = async (): Promise<void> => {
    const batch = waiting.splice(0, mostAtOnce);
    if (batch.length >= floodFrom) calmAtMs = clock.nowMs() + floodEveryMs;
    await flush(batch);
    running = null;
    if (waiting.length > 0) schedule();
  };

  const schedule = (): void => {
    if (running !== null) return;
    cancel();
    const waitMs = waiting.length >= mostAtOnce ? 0 : Math.max(0, calmAtMs - clock.nowMs());
    if (waitMs === 0) running = run();
    else {
      cancel = clock.after(waitMs, () => {
        running ??= run();
      });
    }
  };

  return {
    write(registration) {
      return new Promise((resolve, reject) => {
        waiting.push({ registration, resolve, reject });
        schedule();
      });
    },
    async stop() {
      cancel();
      calmAtMs = 0;
      while (running !== null || waiting.length > 0) {
        running ??= run();
        await running;
      }
    },
  };
}
