/**
 * The poll-phase clock: where a district stands in an election. It decides how severe an outage is,
 * which placements are required, whom it is told to, and what may be deleted.
 */
export const pollPhases = ['idle', 'install', 'drill', 'eve', 'poll', 'count', 'custody'] as const;
export type PollPhase = (typeof pollPhases)[number];

/** From `startsAtMs` until the next entry for the district begins. */
export interface PhaseEntry {
  /** Null: for every district of the election that has no entry of its own for that phase. */
  readonly districtCode: string | null;
  readonly phase: PollPhase;
  readonly startsAtMs: number;
}

/** Phase of a place for which no clock was ever set: alerts are raised and stay in the district. */
export const phaseWithoutClock: PollPhase = 'drill';

/** An election with a clock of its own: a general one, or a by-election in a few districts. */
export interface Election {
  readonly id: number;
  /** Where it is held; null: in the whole province. */
  readonly districtCodes: readonly string[] | null;
  readonly entries: readonly PhaseEntry[];
}

/** Where a district stands, and the election that puts it there. */
export interface DistrictPhase {
  readonly electionId: number;
  readonly phase: PollPhase;
  readonly startsAtMs: number;
}

/** From the phase that asks for the most haste to the one that asks for none. */
export const gravestFirst: readonly PollPhase[] = [
  'count',
  'poll',
  'custody',
  'eve',
  'drill',
  'install',
  'idle',
];

/** Of several phases the one that asks for the most haste; without any the phase without a clock. */
export function gravestPhase(phases: readonly PollPhase[]): PollPhase {
  return gravestFirst.find((phase) => phases.includes(phase)) ?? phaseWithoutClock;
}

export function isHeldIn(election: Election, districtCode: string): boolean {
  return election.districtCodes?.includes(districtCode) ?? true;
}

/**
 * The phase of a district now: of the elections held in it the gravest phase that began, so that a
 * by-election cannot quieten a district that counts for another; of two alike the one that began first.
 * Null when no clock began.
 */
export function phaseAt(
  elections: readonly Election[],
  districtCode: string,
  nowMs: number,
): DistrictPhase | null {
  let gravest: DistrictPhase | null = null;
  for (const election of elections) {
    if (!isHeldIn(election, districtCode)) continue;
    const entry = entryAt(election.entries, districtCode, nowMs);
    if (entry === null) continue;
    const { phase, startsAtMs } = entry;
    const rank = gravestFirst.indexOf(phase);
    const rankSoFar = gravest === null ? Infinity : gravestFirst.indexOf(gravest.phase);
    const isEarlier = rank === rankSoFar && startsAtMs < (gravest?.startsAtMs ?? 0);
    if (rank < rankSoFar || isEarlier) gravest = { electionId: election.id, phase, startsAtMs };
  }
  return gravest;
}

/**
 * What of an election's clock is for a district. Its own entry stands in the place of the common one of
 * the same phase and of no other: who counts longer still keeps custody with all, and a drill of its own
 * does not hold a district back on polling day.
 */
function entriesFor(entries: readonly PhaseEntry[], districtCode: string): readonly PhaseEntry[] {
  const own = entries.filter((entry) => entry.districtCode === districtCode);
  const common = entries.filter(
    (entry) => entry.districtCode === null && !own.some(({ phase }) => phase === entry.phase),
  );
  return [...common, ...own];
}

/** The latest entry for a district that began; of two at once its own, then the later listed. */
function entryAt(
  entries: readonly PhaseEntry[],
  districtCode: string,
  nowMs: number,
): PhaseEntry | null {
  return entriesFor(entries, districtCode)
    .filter(({ startsAtMs }) => startsAtMs <= nowMs)
    .reduce<PhaseEntry | null>(
      (latest, entry) =>
        latest === null || entry.startsAtMs >= latest.startsAtMs ? entry : latest,
      null,
    );
}

/** When an entry that may change a district's phase begins, in order of time, without repetition. */
export function phaseEdges(
  elections: readonly Election[],
  districtCode: string,
): readonly number[] {
  const edges = elections
    .filter((election) => isHeldIn(election, districtCode))
    .flatMap((election) => entriesFor(election.entries, districtCode))
    .map((entry) => entry.startsAtMs);
  return [...new Set(edges)].sort((a, b) => a - b);
}

/** The next change of a district's phase; null when none is ahead. */
export function nextPhaseAt(
  elections: readonly Election[],
  districtCode: string,
  nowMs: number,
): { readonly phase: PollPhase; readonly atMs: number } | null {
  const now = phaseAt(elections, districtCode, nowMs)?.phase ?? phaseWithoutClock;
  for (const atMs of phaseEdges(elections, districtCode)) {
    if (atMs <= nowMs) continue;
    const then = phaseAt(elections, districtCode, atMs);
    if (then !== null && then.phase !== now) return { phase: then.phase, atMs };
  }
  return null;
}

/** When any district's phase may change next; null when no entry is ahead. */
export function nextPhaseChangeMs(elections: readonly Election[], nowMs: number): number | null {
  const ahead = elections
    .flatMap((election) => election.entries)
    .map((entry) => entry.startsAtMs)
    .filter((startsAtMs) => startsAtMs > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/**
 * What retention has to know: of the polls and counts that run in any district for any election the
 * one that began first, of two at once a count; null when none runs. A count that follows a poll goes
 * on with it: what was recorded since the poll opened stays.
 */
export function runningElectionPhase(
  elections: readonly Election[],
  districtCodes: readonly string[],
  nowMs: number,
): { readonly kind: 'poll' | 'count'; readonly sinceMs: number } | null {
  let first: { kind: 'poll' | 'count'; sinceMs: number } | null = null;
  for (const election of elections) {
    for (const code of districtCodes) {
      if (!isHeldIn(election, code)) continue;
      const now = entryAt(election.entries, code, nowMs);
      if (now === null || (now.phase !== 'poll' && now.phase !== 'count')) continue;
      let sinceMs = now.startsAtMs;
      for (;;) {
        const before = entryAt(election.entries, code, sinceMs - 1);
        if (before === null || (before.phase !== 'poll' && before.phase !== 'count')) break;
        sinceMs = before.startsAtMs;
      }
      const isCount = now.phase === 'count' && sinceMs === first?.sinceMs;
      if (first === null || sinceMs < first.sinceMs || isCount) {
        first = { kind: now.phase, sinceMs };
      }
    }
  }
  return first;
}
