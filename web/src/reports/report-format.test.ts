import { expect, test } from 'vitest';
import { isoDateOf } from '../i18n/station-time.ts';
import { dayRanges, formatPercent } from './report-format.ts';

test('a percentage is never rounded up to a hundred', () => {
  expect(formatPercent(99.999)).toBe('99.99%');
  expect(formatPercent(100)).toBe('100%');
  expect(formatPercent(0)).toBe('0.00%');
  expect(formatPercent(null)).toBe('–');
});

test('days that follow each other are one range', () => {
  const ranges = dayRanges(['2024-01-30', '2024-01-31', '2024-02-01', '2024-02-08']);
  expect(ranges.map(({ firstMs, lastMs }) => [isoDateOf(firstMs), isoDateOf(lastMs)])).toEqual([
    ['2024-01-30', '2024-02-01'],
    ['2024-02-08', '2024-02-08'],
  ]);
  expect(dayRanges([])).toEqual([]);
});
