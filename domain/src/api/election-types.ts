import type { PhaseEntry, PollPhase } from '../election-phase.ts';

/**
 * Elections and their poll-phase clocks over HTTP; how several make a district's phase is
 * `phaseAt` of `election-phase.ts`. A change answers with the whole view.
 *
 *   GET    /api/phases                                    PhasesView    status.read
 *   POST   /api/elections              ElectionBody     → PhasesView    phase.manage
 *   PUT    /api/elections/:id          ElectionChange   → PhasesView    phase.manage
 *   DELETE /api/elections/:id?version                   → PhasesView    phase.manage
 *
 * A change that names another `version` than the present one is refused: ALERT_CHANGED.
 */
export interface ElectionBody {
  /** Unique, whatever its case. */
  readonly name: string;
  /** Empty: shown by its English name. */
  readonly nameUr: string;
  /** Where it is held; null: in the whole province. */
  readonly districtCodes: readonly string[] | null;
  readonly entries: readonly PhaseEntry[];
}

export interface ElectionChange extends ElectionBody {
  /** Of the election that was seen. */
  readonly version: number;
}

export interface ElectionView extends ElectionChange {
  readonly id: number;
}

export interface PhasesView {
  /** In the order in which they were added. */
  readonly elections: readonly ElectionView[];
  /** Where every district stands now. */
  readonly districts: readonly {
    readonly districtCode: string;
    readonly phase: PollPhase;
    readonly sinceMs: number | null;
    /** The election whose clock says so; null: no clock began. */
    readonly electionId: number | null;
    readonly nextPhase: PollPhase | null;
    readonly nextAtMs: number | null;
  }[];
}
