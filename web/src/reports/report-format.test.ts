import { expect, test } from 'vitest';
import { formatPercent } from './report-format.ts';

test('a percentage is never rounded up to a hundred', () => {
  expect(formatPercent(99.999)).toBe('99.99%');
  expect(formatPercent(100)).toBe('100%');
  expect(formatPercent(0)).toBe('0.00%');
  expect(formatPercent(null)).toBe('–');
});
