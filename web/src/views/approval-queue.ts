import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';

export interface ApprovalSearch {
  /** The picture that is looked at. */
  readonly sel?: number;
}

export function parseApprovalSearch(search: Record<string, unknown>): ApprovalSearch {
  const sel = Number(search.sel);
  return Number.isSafeInteger(sel) && sel > 0 ? { sel } : {};
}

/** Pictures that this person can decide come first; within both, the longest waiting. */
export function orderQueue(
  waiting: readonly ReferenceView[],
  person: string,
): readonly ReferenceView[] {
  return waiting
    .filter((view) => view.state === 'proposed' && !view.superseded)
    .toSorted(
      (a, b) =>
        Number(approvedBy(a, person)) - Number(approvedBy(b, person)) ||
        a.takenAtMs - b.takenAtMs ||
        a.id - b.id,
    );
}

/** Whether this person gave one of the picture's approvals: another has to give the next. */
export function approvedBy(view: ReferenceView, person: string): boolean {
  return view.approvals.some(({ by }) => by === person);
}

/** What to look at after `decided` left the queue: the one behind it, else the one before. */
export function nextAfter(queue: readonly ReferenceView[], decided: number): number | null {
  const at = queue.findIndex((view) => view.id === decided);
  return (queue[at + 1] ?? queue[at - 1])?.id ?? null;
}
