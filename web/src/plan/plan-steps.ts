import type {
  PlanDraftReport,
  PlanDraftState,
  PlanDraftView,
} from '@nigehban/domain/api/plan-types.ts';
import type { PlanIssueCode } from '@nigehban/domain/plan-issues.ts';

export const planSteps = ['file', 'columns', 'check', 'result'] as const;
export type PlanStep = (typeof planSteps)[number];

const stepOf: Readonly<Record<PlanDraftState, PlanStep>> = {
  reading: 'file',
  mapping: 'columns',
  checking: 'check',
  ready: 'check',
  applying: 'check',
  applied: 'result',
  failed: 'file',
};

/** Where a person stands; without a draft at the beginning. */
export function currentStep(draft: PlanDraftView | null): PlanStep {
  return draft === null ? 'file' : stepOf[draft.state];
}

/** The server works on it: ask again soon. */
export function isBusy(draft: PlanDraftView | null): boolean {
  return draft !== null && ['reading', 'checking', 'applying'].includes(draft.state);
}

/** The draft that a returning person goes on with: the latest that is not over. */
export function openDraft(drafts: readonly PlanDraftView[]): PlanDraftView | null {
  const latest = drafts[0] ?? null;
  return latest === null || latest.state === 'applied' ? null : latest;
}

/** Blocking defects that were neither corrected nor set aside. */
export function openBlocks(
  report: PlanDraftReport,
  setAside: ReadonlySet<PlanIssueCode>,
): readonly PlanIssueCode[] {
  return report.defects
    .filter(({ severity, code }) => severity === 'block' && !setAside.has(code))
    .map(({ code }) => code);
}

/** Writes that applying would do, with or without the removals. */
export function countWrites(report: PlanDraftReport, remove: boolean): number {
  const { added, changed, moved, removed } = report.cameras;
  const stations = report.stations.added + report.stations.changed;
  return added + changed + moved + stations + (remove ? removed : 0);
}
