import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { expect, test } from 'vitest';
import { approvedBy, nextAfter, orderQueue, parseApprovalSearch } from './approval-queue.ts';

const viewOf = (id: number, change: Partial<ReferenceView> = {}): ReferenceView => ({
  id,
  cameraId: id,
  cameraCode: `C${id}`,
  stationCode: 'PS1',
  stationName: 'School',
  stationNameUr: 'سکول',
  districtCode: 'LHR',
  placement: 'BOOTH',
  booth: 1,
  state: 'proposed',
  superseded: false,
  takenAtMs: 1_000 - id,
  takenBy: 'technician',
  pictureSha256: '',
  comparable: true,
  approvalsNeeded: 2,
  approvals: [],
  rejection: null,
  approvedViewId: null,
  ...change,
});
const mine = { approvals: [{ by: 'imran', atMs: 5 }] };
const queue = [viewOf(1), viewOf(2, mine), viewOf(3), viewOf(4, { superseded: true })];

test('what I can decide comes first, the longest waiting before the newer', () => {
  expect(orderQueue(queue, 'imran').map(({ id }) => id)).toEqual([3, 1, 2]);
  expect(orderQueue(queue, 'nadia').map(({ id }) => id)).toEqual([3, 2, 1]);
});

test('the same person does not approve twice', () => {
  expect(approvedBy(viewOf(2, mine), 'imran')).toBe(true);
  expect(approvedBy(viewOf(2, mine), 'nadia')).toBe(false);
});

test('after a decision the next picture is looked at, at the end the one before', () => {
  expect(nextAfter(queue, 1)).toBe(2);
  expect(nextAfter(queue, 4)).toBe(3);
  expect(nextAfter([viewOf(9)], 9)).toBeNull();
});

test('the address names a picture or none', () => {
  expect(parseApprovalSearch({ sel: '12' })).toEqual({ sel: 12 });
  expect(parseApprovalSearch({ sel: 'x' })).toEqual({});
});
