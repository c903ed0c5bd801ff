import type { Placement } from './camera.ts';
import type { FaultCode } from './faults.ts';
import { insidePlacements } from './permissions.ts';

/**
 * Ballot secrecy: a camera inside a polling station shows nothing to anybody but approvers until two
 * different people approved its reference picture. Approval is of one assignment: a camera that is
 * moved is unapproved again.
 */
export const viewApprovals = ['not-needed', 'unapproved', 'approved'] as const;
export type ViewApproval = (typeof viewApprovals)[number];

export const viewStates = ['proposed', 'approved', 'rejected'] as const;
export type ViewState = (typeof viewStates)[number];

/** Whether views inside polling stations need approval at all (`NIGEHBAN_VIEW_APPROVAL`). */
export type ViewApprovalPolicy = 'required' | 'off';

export function isInside(placement: Placement): boolean {
  return insidePlacements.includes(placement);
}

/** How many different people have to approve: outside views may be approved by one, for comparison. */
export function approvalsNeeded(placement: Placement): 1 | 2 {
  return isInside(placement) ? 2 : 1;
}

/** `decided` is the newest decision on a picture of the camera's assignment; null: there is none. */
export function approvalOf(
  placement: Placement,
  decided: 'approved' | 'rejected' | null,
  policy: ViewApprovalPolicy,
): ViewApproval {
  if (policy === 'off' || !isInside(placement)) return 'not-needed';
  return decided === 'approved' ? 'approved' : 'unapproved';
}

/** A reference picture on its way to approval. */
export interface ProposedView {
  readonly state: ViewState;
  /** A newer picture took its place, or the camera was moved. */
  readonly superseded: boolean;
  readonly approvalsNeeded: 1 | 2;
  readonly firstApprover: string | null;
}

export type ApprovalDecision =
  /** One more person has to approve. */
  | { readonly kind: 'first' }
  | { readonly kind: 'approved'; readonly as: 'first' | 'second' }
  | { readonly kind: 'refused'; readonly fault: FaultCode };

/** What one person's approval does to a picture. */
export function decideApproval(view: ProposedView, approver: string): ApprovalDecision {
  if (view.superseded || view.state !== 'proposed')
    return { kind: 'refused', fault: 'VIEW_DECIDED' };
  if (view.firstApprover === null) {
    return view.approvalsNeeded === 1 ? { kind: 'approved', as: 'first' } : { kind: 'first' };
  }
  if (view.firstApprover === approver) return { kind: 'refused', fault: 'VIEW_APPROVER_SAME' };
  return { kind: 'approved', as: 'second' };
}

/**
 * Whether a picture can be rejected: one that waits, and also the approved one, which takes the
 * approval back.
 */
export function decideRejection(view: ProposedView): { readonly fault: FaultCode | null } {
  const open = !view.superseded && view.state !== 'rejected';
  return { fault: open ? null : 'VIEW_DECIDED' };
}

/** One assignment of a camera with what was decided of its view. Times in milliseconds. */
export interface ViewedAssignment {
  readonly placement: Placement;
  readonly fromMs: number;
  /** Null: it lasts. */
  readonly toMs: number | null;
  readonly decided: 'approved' | 'rejected' | null;
}

/**
 * True when pictures of [fromMs, toMs] may be shown to people who are no approvers: every assignment
 * that the range touches is approved or needs no approval. Footage from before the first assignment,
 * between two and after the last counts as of the nearest one in the past, else of the first. A
 * camera without any assignment shows nothing.
 */
export function mayShowPictures(
  assignments: readonly ViewedAssignment[],
  range: { readonly fromMs: number; readonly toMs: number },
  policy: ViewApprovalPolicy,
): boolean {
  if (policy === 'off') return true;
  const ordered = [...assignments].sort((a, b) => a.fromMs - b.fromMs);
  const touched = ordered.filter((assignment, index) => {
    const next = ordered[index + 1];
    const beginsMs = index === 0 ? Number.NEGATIVE_INFINITY : assignment.fromMs;
    const endsMs = next === undefined ? Number.POSITIVE_INFINITY : next.fromMs;
    return beginsMs <= range.toMs && endsMs > range.fromMs;
  });
  return (
    touched.length > 0 &&
    touched.every(
      ({ placement, decided }) => approvalOf(placement, decided, policy) !== 'unapproved',
    )
  );
}
