import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { expect, test } from 'vitest';
import { findArrivals } from './announcement.ts';
import { emptyInbox, stepSelection, takeAll, updateInbox } from './inbox.ts';

const alert = (id: number, state: AlertView['state'] = 'open'): AlertView =>
  ({ id, state, openedAtMs: id * 1_000, version: 1 }) as AlertView;
const close = (row: AlertView): AlertView => ({ ...row, state: 'closed' });
const ids = (rows: readonly AlertView[]): readonly number[] => rows.map((row) => row.id);

test('new ones stand before acknowledged ones, each newest first', () => {
  const inbox = takeAll([alert(4, 'acknowledged'), alert(3), alert(5), alert(2, 'acknowledged')]);
  expect(ids(inbox.rows)).toEqual([5, 3, 4, 2]);
});

test('rows hold still: arrivals wait, changes and closings stay in their place', () => {
  const first = updateInbox(emptyInbox, [alert(2), alert(1)], close);
  const next = updateInbox(first, [alert(3), alert(2, 'acknowledged')], close);
  expect(ids(next.rows)).toEqual([2, 1]);
  expect(next.rows.map((row) => row.state)).toEqual(['acknowledged', 'closed']);
  expect(ids(next.waiting)).toEqual([3]);
  expect(ids(takeAll([alert(3), alert(2, 'acknowledged')]).rows)).toEqual([3, 2]);
});

test('an empty list takes arrivals at once', () => {
  expect(ids(updateInbox(emptyInbox, [alert(7)], close).rows)).toEqual([7]);
});

test('the selection steps through the rows and stops at the ends', () => {
  const rows = [alert(3), alert(2), alert(1)];
  expect(stepSelection(rows, null, 1)).toBe(3);
  expect(stepSelection(rows, 3, 1)).toBe(2);
  expect(stepSelection(rows, 1, 1)).toBe(1);
  expect(stepSelection(rows, 3, -1)).toBe(3);
  expect(stepSelection([], null, 1)).toBeNull();
});

test('only what was not known is announced, the newest by name', () => {
  expect(findArrivals([alert(3), alert(2)], new Set([2, 3]))).toBeNull();
  expect(findArrivals([alert(4), alert(3), alert(2)], new Set([2]))).toMatchObject({
    count: 2,
    newest: { id: 4 },
  });
});
