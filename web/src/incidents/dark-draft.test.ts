import type { ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import { expect, test } from 'vitest';
import { bodyOf, draftOf, newDraft, parseDarkSearch, problemsOf, stateOf } from './dark-draft.ts';

const nowMs = Date.parse('2024-02-08T10:30:40Z');
const view: ExpectedDarkView = {
  id: 1,
  kind: 'maintenance',
  scope: { kind: 'feeder', key: 'F-12' },
  startsAtMs: nowMs - 40_000,
  endsAtMs: nowMs + 3_560_000,
  reason: 'Transformer',
  createdBy: 'supervisor',
  createdAtMs: nowMs,
  cancelledBy: null,
  cancelledAtMs: null,
  alerts: 0,
};

test('a new announcement begins with this minute in Pakistan', () => {
  expect(newDraft(nowMs, { kind: 'feeder', key: 'F-12' })).toMatchObject({
    scopeKind: 'feeder',
    key: 'F-12',
    from: '2024-02-08T15:30',
    to: '2024-02-08T16:30',
  });
});

test('what is changed goes back as it came', () => {
  const { kind, scope, startsAtMs, endsAtMs, reason } = view;
  expect(bodyOf(draftOf(view))).toEqual({ kind, scope, startsAtMs, endsAtMs, reason });
});

test('the province needs no name, all else does; order, length and reason are checked', () => {
  const draft = { ...draftOf(view), key: ' ' };
  expect(problemsOf(draft)).toEqual(['scope']);
  expect(problemsOf({ ...draft, scopeKind: 'province' })).toEqual([]);
  expect(bodyOf({ ...draft, scopeKind: 'province', key: 'old' })?.scope.key).toBe('');
  const named = draftOf(view);
  expect(problemsOf({ ...named, to: named.from })).toEqual(['order']);
  expect(problemsOf({ ...named, to: '2024-04-08T16:30' })).toEqual(['length']);
  expect(problemsOf({ ...named, to: '', reason: '' })).toEqual(['time', 'reason']);
});

test('an announcement is ahead, in force, over or cancelled', () => {
  expect(stateOf(view, nowMs - 60_000)).toBe('ahead');
  expect(stateOf(view, nowMs)).toBe('in-force');
  expect(stateOf(view, view.endsAtMs)).toBe('over');
  expect(stateOf({ ...view, cancelledAtMs: 1, cancelledBy: 'x' }, nowMs)).toBe('cancelled');
});

test('the address may name what a new one is about', () => {
  expect(parseDarkSearch({ all: 'true', scope: 'feeder', key: 'F-12' })).toEqual({
    all: true,
    scope: 'feeder',
    key: 'F-12',
  });
  expect(parseDarkSearch({ scope: 'street' })).toEqual({});
});
