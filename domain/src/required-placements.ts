import type { Placement } from './camera.ts';
import type { PollPhase } from './election-phase.ts';

/**
 * A placement that a station needs in a phase: `planned`, when the plan gives it such a camera;
 * `always`, whatever the plan says. One that was not planned can be stood in for by another.
 */
export interface PlacementNeed {
  readonly placement: Placement;
  readonly need: 'planned' | 'always';
  readonly substitute: Placement | null;
}

export type RequiredPlacements = Readonly<Record<PollPhase, readonly PlacementNeed[]>>;

function planned(...list: readonly Placement[]): readonly PlacementNeed[] {
  return list.map((placement) => ({ placement, need: 'planned', substitute: null }));
}

const everything = planned(
  'ENTRANCE',
  'REAR',
  'QUEUE',
  'BOOTH',
  'COUNT_TABLE',
  'RO_OFFICE',
  'STRONGROOM',
);

/**
 * What the product begins with; the table `phase_placement` is what holds. Counting happens in the
 * station: without a camera planned for the count table one of a booth has to show it.
 */
export const defaultRequiredPlacements: RequiredPlacements = {
  idle: [],
  install: everything,
  drill: everything,
  eve: everything,
  poll: planned('ENTRANCE', 'REAR', 'QUEUE', 'BOOTH'),
  count: [
    ...planned('ENTRANCE', 'REAR', 'BOOTH', 'RO_OFFICE'),
    { placement: 'COUNT_TABLE', need: 'always', substitute: 'BOOTH' },
  ],
  custody: planned('RO_OFFICE', 'STRONGROOM'),
};
