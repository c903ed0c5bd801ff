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
