/**
 * The poll-phase clock: where a district stands in an election. It decides how severe an outage is,
 * which placements are required, whom it is told to, and what may be deleted.
 */
export const pollPhases = ['idle', 'install', 'drill', 'eve', 'poll', 'count', 'custody'] as const;
export type PollPhase = (typeof pollPhases)[number];

/** From `startsAtMs` until the next entry of the same district (or of the whole election) begins. */
export interface PhaseEntry {
  /** Null: for every district that has no entry of its own at that time. */
  readonly districtCode: string | null;
  readonly phase: PollPhase;
  readonly startsAtMs: number;
}

/** Phase of a place for which no clock was ever set: alerts are raised and stay in the district. */
export const phaseWithoutClock: PollPhase = 'drill';

/**
 * The phase of a district now: its own latest entry that began, else the latest for all districts;
 * null when none began. Of two that begin at once the later one of the list counts.
 */
export function phaseAt(
  entries: readonly PhaseEntry[],
  districtCode: string,
  nowMs: number,
): PhaseEntry | null {
  const latest = (code: string | null) =>
    entries
      .filter((entry) => entry.districtCode === code && entry.startsAtMs <= nowMs)
      .reduce<PhaseEntry | null>(
        (best, entry) => (best === null || entry.startsAtMs >= best.startsAtMs ? entry : best),
        null,
      );
  return latest(districtCode) ?? latest(null);
}

/** The next entry that changes a district's phase; null when none is ahead. */
export function nextPhaseAt(
  entries: readonly PhaseEntry[],
  districtCode: string,
  nowMs: number,
): PhaseEntry | null {
  const now = phaseAt(entries, districtCode, nowMs);
  const ahead = entries
    .filter(
      (entry) =>
        entry.startsAtMs > nowMs &&
        (entry.districtCode === districtCode || entry.districtCode === null),
    )
    .sort((a, b) => a.startsAtMs - b.startsAtMs);
  for (const entry of ahead) {
    const then = phaseAt(entries, districtCode, entry.startsAtMs);
    if (then !== null && then.phase !== (now?.phase ?? phaseWithoutClock)) return then;
  }
  return null;
}

/** When any district's phase may change next; null when no entry is ahead. */
export function nextPhaseChangeMs(entries: readonly PhaseEntry[], nowMs: number): number | null {
  const ahead = entries.map((entry) => entry.startsAtMs).filter((startsAtMs) => startsAtMs > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/**
 * What retention has to know: of the polls and counts that run in any district the one that began
 * first; null when none runs. A count that follows a poll goes on with it: what was recorded since
 * the poll opened stays.
 */
export function runningElectionPhase(
  entries: readonly PhaseEntry[],
  districtCodes: readonly string[],
  nowMs: number,
): { readonly kind: 'poll' | 'count'; readonly sinceMs: number } | null {
  let first: { kind: 'poll' | 'count'; sinceMs: number } | null = null;
  for (const code of districtCodes) {
    const now = phaseAt(entries, code, nowMs);
    if (now === null || (now.phase !== 'poll' && now.phase !== 'count')) continue;
    let sinceMs = now.startsAtMs;
    for (;;) {
      const before = phaseAt(entries, code, sinceMs - 1);
      if (before === null || (before.phase !== 'poll' && before.phase !== 'count')) break;
      sinceMs = before.startsAtMs;
    }
    if (first === null || sinceMs < first.sinceMs) first = { kind: now.phase, sinceMs };
  }
  return first;
}
