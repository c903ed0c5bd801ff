import { expect, test } from 'vitest';
import { auditQueryOf, parseAuditSearch, withFilter } from './audit-search.ts';

test('only filters that mean something are taken from the address', () => {
  expect(
    parseAuditSearch({ actor: 'bina', action: '', from: '2024-02-08T08:00', to: 'soon', other: 1 }),
  ).toEqual({ actor: 'bina', from: '2024-02-08T08:00' });
});

test('times are Pakistan’s; blanks are no filter', () => {
  const query = auditQueryOf({ from: '2024-02-08T08:00', subject: ' camera ', actor: ' ' });
  expect(query.get('fromMs')).toBe(String(Date.parse('2024-02-08T08:00:00+05:00')));
  expect(query.get('subject')).toBe('camera');
  expect(query.has('actor')).toBe(false);
});

test('an emptied filter goes', () => {
  expect(withFilter({ actor: 'a', action: 'b' }, 'actor', '')).toEqual({ action: 'b' });
  expect(withFilter({}, 'actor', 'a')).toEqual({ actor: 'a' });
});
