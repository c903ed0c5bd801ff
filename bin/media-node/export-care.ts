import { statfs } from 'node:fs/promises';
import type { LegalHold } from '@nigehban/domain/retention.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { RecorderLog } from '@nigehban/recorder/recorder-types.ts';
import type { Stoppable } from '../stoppables.ts';

/** Stands for the exports that are being made; legal holds are numbered from 1. */
const exportHoldId = 0;
const cleanEveryMs = 600_000;

/**
 * The legal holds, and for as long as they are read the sources of exports. Undefined while no holds
 * were told: then nothing is deleted at all.
 */
export function holdsInForce(
  kept: readonly LegalHold[] | undefined,
  sources: readonly Omit<LegalHold, 'id'>[],
): readonly LegalHold[] | undefined {
  if (kept === undefined) return undefined;
  return [...kept, ...sources.map((source) => ({ id: exportHoldId, ...source }))];
}

/** Cleans up the films of exports now and then; `reserve` is the part of their disk to be free. */
export function startExportCare(options: {
  readonly folder: string;
  readonly reserve: number;
  readonly clean: (wantFreeBytes: number) => Promise<void>;
  readonly clock: Clock;
  readonly log: RecorderLog;
}): Stoppable {
  const { folder, reserve, clean, clock, log } = options;
  let timer: Timer;
  let stopped = false;
  const turn = async (): Promise<void> => {
    try {
      const { blocks, bsize } = await statfs(folder);
      await clean(blocks * bsize * reserve);
    } catch (error) {
      // Without a folder there was no export yet.
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!absent) log.error({ err: error }, 'exports could not be cleaned up');
    }
    if (!stopped) timer = clock.setTimer(cleanEveryMs, run);
  };
  const run = (): void => {
    running = turn();
  };
  let running = Promise.resolve();
  timer = clock.setTimer(0, run);
  return {
    async stop() {
      stopped = true;
      timer.cancel();
      await running;
      timer.cancel();
    },
  };
}
