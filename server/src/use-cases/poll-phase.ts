import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { PhasesBody, PhasesView } from '@nigehban/domain/api/alert-types.ts';
import {
  nextPhaseAt,
  nextPhaseChangeMs,
  phaseAt,
  phaseWithoutClock,
  runningElectionPhase,
} from '@nigehban/domain/election-phase.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { ElectionPhase } from '@nigehban/domain/retention.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  type DistrictPhaseRow,
  readClockVersion,
  readDistrictPhases,
  readPhaseEntries,
  replacePhaseEntries,
  storeDistrictPhases,
} from '../store/phase-store.ts';
import { startWokenLoop, type WokenLoop } from './woken-loop.ts';

export async function readPhases(sql: Queryable, nowMs: number): Promise<PhasesView> {
  const entries = await readPhaseEntries(sql);
  const districts = await readDistrictPhases(sql);
  return {
    entries,
    version: await readClockVersion(sql),
    districts: districts.map(({ districtCode }) => {
      const now = phaseAt(entries, districtCode, nowMs);
      const next = nextPhaseAt(entries, districtCode, nowMs);
      return {
        districtCode,
        phase: now?.phase ?? phaseWithoutClock,
        sinceMs: now?.startsAtMs ?? null,
        nextPhase: next?.phase ?? null,
        nextAtMs: next?.startsAtMs ?? null,
      };
    }),
  };
}

/**
 * Sets the clock of all districts. @throws Fault ALERT_CHANGED when somebody set it meanwhile;
 * REQUEST_INVALID for an unknown district or two entries of one district at the same time
 */
export async function setPhases(
  sql: Sql,
  body: PhasesBody,
  person: { readonly username: string; readonly address: string },
  nowMs: number,
): Promise<PhasesView> {
  return await sql.begin(async (tx) => {
    const known = new Set((await readDistrictPhases(tx)).map((row) => row.districtCode));
    const seen = new Set<string>();
    for (const { districtCode, startsAtMs } of body.entries) {
      if (districtCode !== null && !known.has(districtCode)) {
        throw new Fault('REQUEST_INVALID', `There is no district ${districtCode}`);
      }
      const key = `${districtCode ?? ''} ${startsAtMs}`;
      if (seen.has(key)) {
        throw new Fault('REQUEST_INVALID', 'Two phases of one district begin at the same time');
      }
      seen.add(key);
    }
    if (!(await replacePhaseEntries(tx, body.entries, body.version))) {
      throw new Fault('ALERT_CHANGED', 'The phases were set by somebody else meanwhile', {
        details: { version: await readClockVersion(tx) },
      });
    }
    const { username: actor, address } = person;
    const details = { entries: body.entries.length, version: body.version + 1 };
    await addAudit(tx, { actor, address, action: 'phase.set', subject: null, details }, nowMs);
    await announce(tx, { topic: 'phases' });
    return await readPhases(tx, nowMs);
  });
}

/** Lets every district enter the phase that its clock says now; returns those that changed. */
export async function enterPhases(sql: Sql, nowMs: number): Promise<readonly DistrictPhaseRow[]> {
  return await sql.begin(async (tx) => {
    const entries = await readPhaseEntries(tx);
    const before = await readDistrictPhases(tx);
    const changed = before.flatMap((row): DistrictPhaseRow[] => {
      const now = phaseAt(entries, row.districtCode, nowMs);
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
  const entries = await readPhaseEntries(sql);
  if (entries.length === 0) return null;
  const codes = (await readDistrictPhases(sql)).map((row) => row.districtCode);
  const running = runningElectionPhase(entries, codes, nowMs);
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
      const entries = await readPhaseEntries(sql);
      const nowMs = clock.nowMs();
      const nextMs = nextPhaseChangeMs(entries, nowMs);
      return nextMs === null ? longestWaitMs : Math.max(0, Math.min(longestWaitMs, nextMs - nowMs));
    },
    everyMs: longestWaitMs,
    retryMs,
    failing: 'the poll-phase clock cannot be followed',
  });
}
