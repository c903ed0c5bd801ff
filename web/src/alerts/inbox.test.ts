import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { expect, test } from 'vitest';
import { findArrivals } from './announcement.ts';
import { emptyInbox, type Inbox, ofDistrict, sortInside, takeAll, updateInbox } from './inbox.ts';
import { listRows, stepRow } from './inbox-rows.ts';

const alert = (id: number, more: Partial<AlertView> = {}): AlertView =>
  ({
    id,
    state: 'open',
    openedAtMs: id * 1_000,
    version: 1,
    rank: 11_000,
    incidentId: null,
    districtCode: 'LHR',
    closedAtMs: null,
    ...more,
  }) as AlertView;
const incident = (id: number, more: Partial<IncidentView> = {}): IncidentView =>
  ({
    id,
    state: 'open',
    openedAtMs: id * 1_000,
    rank: 13_000,
    unacknowledgedAlerts: 1,
    districtCodes: ['LHR'],
    ...more,
  }) as IncidentView;
const open = (alerts: AlertView[], incidents: IncidentView[] = []) => ({ alerts, incidents });
const keys = (inbox: Inbox, unfolded: readonly number[] = []): readonly string[] =>
  listRows(inbox.entries, new Set(unfolded)).map((row) => row.key);
const none = new Set<number>();

test('the worst stands first; acknowledged ones stand last; equals by age', () => {
  const inbox = takeAll(
    open([
      alert(4, { state: 'acknowledged', rank: 13_000 }),
      alert(3),
      alert(5),
      alert(2, { rank: 12_210 }),
      alert(1, { rank: 1_000 }),
    ]),
  );
  expect(keys(inbox)).toEqual(['a2', 'a5', 'a3', 'a1', 'a4']);
});

test('alerts stand inside their incident, in order; those of a closed one beside', () => {
  const inbox = takeAll(
    open(
      [
        alert(1, { incidentId: 7 }),
        alert(2, { incidentId: 7, rank: 12_000 }),
        alert(3),
        alert(4, { incidentId: 6 }),
      ],
      [incident(7)],
    ),
  );
  expect(keys(inbox)).toEqual(['i7', 'a4', 'a3']);
  expect(keys(inbox, [7])).toEqual(['i7', 'a2', 'a1', 'a4', 'a3']);
});

test('an acknowledged incident with new alerts inside is not done with', () => {
  const done = incident(7, { state: 'acknowledged', unacknowledgedAlerts: 0 });
  const again = incident(8, { state: 'acknowledged', unacknowledgedAlerts: 2 });
  expect(keys(takeAll(open([alert(1)], [done, again])))).toEqual(['i8', 'a1', 'i7']);
});

test('rows hold still: arrivals wait, changes and closings stay in their place', () => {
  const first = updateInbox(emptyInbox, open([alert(2), alert(1)]), none, 50);
  const next = updateInbox(
    first,
    open([alert(3, { rank: 13_000 }), alert(2, { state: 'acknowledged' })]),
    none,
    50,
  );
  expect(keys(next)).toEqual(['a2', 'a1']);
  expect(next.entries).toMatchObject([
    { alert: { state: 'acknowledged' } },
    { alert: { state: 'closed', closedAtMs: 50 } },
  ]);
  expect(next.waiting).toBe(1);
});

test('a storm that is grouped meanwhile is one arrival, not thousands', () => {
  const first = takeAll(open([alert(1)]));
  const storm = Array.from({ length: 5_000 }, (_, index) => alert(index + 2));
  expect(updateInbox(first, open([alert(1), ...storm]), none, 0).waiting).toBe(5_000);
  const grouped = [alert(1, { incidentId: 9 }), ...storm.map((one) => ({ ...one, incidentId: 9 }))];
  const next = updateInbox(first, open(grouped, [incident(9)]), none, 0);
  expect(next.waiting).toBe(1);
  expect(keys(next)).toEqual(['a1']);
  expect(keys(takeAll(open(grouped, [incident(9)])))).toEqual(['i9']);
});

test('what joins an incident is in it while it is folded, and waits while its alerts are read', () => {
  const first = takeAll(open([alert(1, { incidentId: 7 })], [incident(7)]));
  const later = open(
    [alert(2, { incidentId: 7, rank: 12_000 }), alert(1, { incidentId: 7 })],
    [incident(7)],
  );
  const folded = updateInbox(first, later, none, 0);
  expect([folded.waiting, keys(folded, [7])]).toEqual([0, ['i7', 'a1', 'a2']]);
  expect(keys(sortInside(folded, 7), [7])).toEqual(['i7', 'a2', 'a1']);
  const unfolded = updateInbox(first, later, new Set([7]), 0);
  expect([unfolded.waiting, keys(unfolded, [7])]).toEqual([1, ['i7', 'a1']]);
});

test('a closed incident stays in its place with its alerts', () => {
  const first = takeAll(open([alert(1, { incidentId: 7 })], [incident(7)]));
  const next = updateInbox(first, open([]), none, 90);
  expect(next.entries).toMatchObject([
    { incident: { state: 'closed', closedAtMs: 90 }, alerts: [{ state: 'closed' }] },
  ]);
});

test('the filter keeps a district with the incidents that reach into it', () => {
  const all = open(
    [alert(1), alert(2, { districtCode: 'MUL' })],
    [incident(7, { districtCodes: ['MUL', 'RWP'] })],
  );
  expect(ofDistrict(all, null)).toBe(all);
  const multan = ofDistrict(all, 'MUL');
  expect([multan.alerts.map((one) => one.id), multan.incidents.map((one) => one.id)]).toEqual([
    [2],
    [7],
  ]);
});

test('the selection steps through the rows, into a fold, and stops at the ends', () => {
  const inbox = takeAll(open([alert(1, { incidentId: 7 }), alert(2)], [incident(7)]));
  const rows = listRows(inbox.entries, new Set([7]));
  expect(stepRow(rows, null, 1)?.key).toBe('i7');
  expect(stepRow(rows, { kind: 'incident', id: 7 }, 1)?.key).toBe('a1');
  expect(stepRow(rows, { kind: 'alert', id: 2 }, 1)?.key).toBe('a2');
  expect(stepRow(rows, { kind: 'alert', id: 1 }, -1)?.key).toBe('i7');
  expect(stepRow([], null, 1)).toBeNull();
});

test('only what was not known is announced, the worst of it by name', () => {
  const known = new Set([2, 3]);
  expect(findArrivals([alert(3), alert(2)], known)).toBeNull();
  const arrivals = findArrivals(
    [alert(5, { rank: 1_000, expected: null }), alert(4, { expected: null }), alert(2)],
    known,
  );
  expect(arrivals).toMatchObject({ count: 2, worst: { id: 4 } });
});

test('expected darkness is recorded and not called out', () => {
  const expected = { id: 1, kind: 'load-shedding', endsAtMs: 9, reason: '' } as const;
  expect(findArrivals([alert(4, { expected })], new Set())).toBeNull();
});
