import { expect, test } from 'vitest';
import { quirkRules, quirksOf } from './camera-quirks.ts';

const rules = [
  { manufacturer: 'Acme', quirks: ['registered-port'] },
  { manufacturer: 'Acme', model: 'D4', firmware: '1.', quirks: ['no-snapshot'] },
] as const;

test.each([
  [
    { manufacturer: 'ACME Ltd', model: 'D40', firmware: '1.10' },
    ['registered-port', 'no-snapshot'],
  ],
  [{ manufacturer: ' acme', model: 'D40', firmware: '2.0' }, ['registered-port']],
  [{ manufacturer: 'Not Acme', model: 'D40', firmware: '1.10' }, []],
])('%j', (camera, quirks) => {
  expect([...quirksOf(camera, rules)]).toEqual(quirks);
});

test('no rule fits every camera', () => {
  expect(quirksOf({ manufacturer: '', model: '', firmware: '' })).toEqual(new Set());
  for (const { manufacturer, model, firmware } of quirkRules) {
    expect([manufacturer, model, firmware].some((text) => (text ?? '') !== '')).toBe(true);
  }
});
