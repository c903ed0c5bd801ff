import { expect, test } from 'vitest';
import { placements } from './camera.ts';
import { can, roles } from './permissions.ts';
import {
  approvalOf,
  approvalsNeeded,
  decideApproval,
  decideRejection,
  mayShowPictures,
  type ProposedView,
} from './view-approval.ts';

const proposed: ProposedView = {
  state: 'proposed',
  superseded: false,
  approvalsNeeded: 2,
  firstApprover: null,
};

test('views inside need two people, views outside one, and only with the setting', () => {
  const inside = placements.filter((placement) => approvalsNeeded(placement) === 2);
  expect(inside).toEqual(['QUEUE', 'BOOTH', 'COUNT_TABLE']);
  for (const placement of placements) {
    const expected = inside.includes(placement) ? 'unapproved' : 'not-needed';
    expect(approvalOf(placement, null, 'required')).toBe(expected);
    expect(approvalOf(placement, 'rejected', 'required')).toBe(expected);
    expect(approvalOf(placement, null, 'off')).toBe('not-needed');
  }
  expect(approvalOf('BOOTH', 'approved', 'required')).toBe('approved');
});

test('two different people approve; the same one twice does not, however often', () => {
  expect(decideApproval(proposed, 'amina')).toEqual({ kind: 'first' });
  const once = { ...proposed, firstApprover: 'amina' };
  expect(decideApproval(once, 'amina')).toEqual({ kind: 'refused', fault: 'VIEW_APPROVER_SAME' });
  expect(decideApproval(once, 'bilal')).toEqual({ kind: 'approved', as: 'second' });
  expect(decideApproval({ ...proposed, approvalsNeeded: 1 }, 'amina')).toEqual({
    kind: 'approved',
    as: 'first',
  });
});

test('what is decided or superseded is approved no more; an approval can be taken back', () => {
  const gone = { kind: 'refused', fault: 'VIEW_DECIDED' };
  expect(decideApproval({ ...proposed, state: 'approved' }, 'bilal')).toEqual(gone);
  expect(decideApproval({ ...proposed, state: 'rejected' }, 'bilal')).toEqual(gone);
  expect(decideApproval({ ...proposed, superseded: true }, 'bilal')).toEqual(gone);
  expect(decideRejection(proposed).fault).toBeNull();
  expect(decideRejection({ ...proposed, state: 'approved' }).fault).toBeNull();
  expect(decideRejection({ ...proposed, state: 'rejected' }).fault).toBe('VIEW_DECIDED');
  expect(decideRejection({ ...proposed, superseded: true }).fault).toBe('VIEW_DECIDED');
});

test('pictures are shown by the place that the camera had when they were taken', () => {
  const gate = { placement: 'ENTRANCE', fromMs: 100, toMs: 200, decided: null } as const;
  const booth = { placement: 'BOOTH', fromMs: 200, toMs: null, decided: null } as const;
  const show = (fromMs: number, toMs: number, decided: 'approved' | 'rejected' | null = null) =>
    mayShowPictures([{ ...booth, decided }, gate], { fromMs, toMs }, 'required');
  expect(show(120, 180)).toBe(true);
  expect(show(120, 199)).toBe(true);
  expect(show(120, 200)).toBe(false);
  expect(show(250, 260)).toBe(false);
  expect(show(250, 260, 'approved')).toBe(true);
  expect(show(250, 260, 'rejected')).toBe(false);
  // Before the first assignment the first one counts, after the last one the last.
  expect(show(0, 50)).toBe(true);
  expect(mayShowPictures([{ ...booth, toMs: 300 }], { fromMs: 900, toMs: 901 }, 'required')).toBe(
    false,
  );
  expect(mayShowPictures([booth], { fromMs: 0, toMs: 1 }, 'required')).toBe(false);
  expect(mayShowPictures([], { fromMs: 0, toMs: 1 }, 'required')).toBe(false);
  expect(mayShowPictures([booth], { fromMs: 250, toMs: 260 }, 'off')).toBe(true);
});

test('no role that only watches approves', () => {
  const approvers = roles.filter((role) => can(role, 'view.approve'));
  expect(approvers).not.toContain('operator');
  expect(approvers).not.toContain('technician');
  expect(approvers.length).toBeGreaterThan(0);
});
