import { expect, test } from 'vitest';
import { parseAlertSearch, select, selectionIn } from './alert-search.ts';

test('the address names a filter and one selection', () => {
  expect(parseAlertSearch({ state: 'closed', sel: '12', district: 'LHR' })).toEqual({
    state: 'closed',
    sel: 12,
    district: 'LHR',
  });
  expect(parseAlertSearch({ state: 'open', sel: '-1', incident: 'x', district: '' })).toEqual({});
  expect(parseAlertSearch({ sel: 3, incident: 4 })).toEqual({ sel: 3 });
});

test('selecting keeps the filter', () => {
  const search = { district: 'LHR', sel: 3 };
  expect(selectionIn(search)).toEqual({ kind: 'alert', id: 3 });
  expect(select(search, { kind: 'incident', id: 9 })).toEqual({ district: 'LHR', incident: 9 });
  expect(select({ district: 'LHR', incident: 9 }, null)).toEqual({ district: 'LHR' });
});
