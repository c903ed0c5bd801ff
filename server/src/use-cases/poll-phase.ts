import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import {
  nextPhaseChangeMs,
  phaseAt,
  runningElectionPhase,
} from '@nigehban/domain/election-phase.ts';
import type { ElectionPhase } from '@nigehban/domain/retention.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import { readElections } from '../store/election-store.ts';
import {
  type DistrictPhaseRow,
  readDistrictPhases,
  storeDistrictPhases,
} from '../store/phase-store.ts';
import { startWokenLoop, type WokenLoop } from './woken-loop.ts';

/** Lets every district enter the phase that the clocks say now; returns those that changed. */
export async function enterPhases(sql: Sql, nowMs: number): Promise<readonly DistrictPhaseRow[]> {
  return await sql.begin(async (tx) => {
    const elections = await readElections(tx);
    const before = await readDistrictPhases(tx);
    const changed = before.flatMap((row): DistrictPhaseRow[] => {
      const now = phaseAt(elections, row.districtCode, nowMs);
      const after = {
        districtCode: row.districtCode,
        phase: now?.phase ?? null,
        sinceMs: now?.startsAtMs ?? null,
      };
      return row.phase === after.phase && row.sinceMs === after.sinceMs ? [] : [after];
    });
    if (changed.length > 0) {
      await storeDistrictPhases(tx, changed);
      await announce(tx, { topic: 'phases' });
    }
    return changed;
  });
}

/** The poll or count that retention has to spare; null when none runs anywhere. */
export async function readElectionPhase(
  sql: Queryable,
  nowMs: number,
): Promise<ElectionPhase | null> {
  const elections = await readElections(sql);
  const codes = (await readDistrictPhases(sql)).map((row) => row.districtCode);
  const running = runningElectionPhase(elections, codes, nowMs);
  return running === null ? null : { kind: running.kind, sinceUs: running.sinceMs * 1_000 };
}

/** A clock that was set back or forward is noticed within this. */
const longestWaitMs = 15_000;
const retryMs = 1_000;

/**
 * Lets districts enter their phases when the time comes; to be woken when the clock was set. Any
 * number of processes may do it.
 */
export function startPhaseKeeper(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** Districts entered a phase: their stations are to be judged anew. */
  readonly onEntered: () => void;
}): WokenLoop {
  const { sql, clock, log } = options;
  return startWokenLoop({
    clock,
    log,
    async pass() {
      const entered = await enterPhases(sql, clock.nowMs());
      if (entered.length > 0) {
        log.info({ districts: entered.length }, 'districts entered a phase');
        options.onEntered();
      }
      const entries = await readElections(sql);
      const nowMs = clock.nowMs();
      const nextMs = nextPhaseChangeMs(entries, nowMs);
      return nextMs === null ? longestWaitMs : Math.max(0, Math.min(longestWaitMs, nextMs - nowMs));
    },
    everyMs: longestWaitMs,
    retryMs,
    failing: 'the poll-phase clocks cannot be followed',
  });
}
