import { expect, test } from 'vitest';
import { daysOf, parseReportSearch, reportPath } from './report-search.ts';

const nowMs = Date.parse('2024-02-08T20:30:00Z');

test('the last seven days of Pakistan, unless the address names others', () => {
  // 20:30 UTC is the next day already.
  expect(daysOf({}, nowMs)).toEqual({ from: '2024-02-03', to: '2024-02-09' });
  expect(daysOf({ from: '2024-01-01', to: '2024-01-31' }, nowMs)).toEqual({
    from: '2024-01-01',
    to: '2024-01-31',
  });
});

test('the last day is whole: its end is asked for', () => {
  const path = reportPath({ from: '2024-02-08', to: '2024-02-08', group: 'day' }, nowMs, 'json');
  const url = new URL(path ?? '', 'http://x');
  expect(url.pathname).toBe('/api/reports/availability');
  expect(url.searchParams.get('fromMs')).toBe(String(Date.parse('2024-02-07T19:00:00Z')));
  expect(url.searchParams.get('toMs')).toBe(String(Date.parse('2024-02-08T19:00:00Z')));
  expect(url.searchParams.get('groupBy')).toBe('day');
});

test('a group that a report does not have is left out, and so is a phase of causes', () => {
  const alerts = reportPath({ report: 'alerts', group: 'camera' }, nowMs, 'csv') ?? '';
  expect(alerts).toContain('/api/reports/alerts.csv?');
  expect(alerts).not.toContain('groupBy');
  expect(reportPath({ report: 'causes', phase: 'poll', district: 'LHR' }, nowMs, 'json')).toMatch(
    /causes\?fromMs=\d+&toMs=\d+&district=LHR$/,
  );
});

test('days the wrong way round ask for nothing', () => {
  expect(reportPath({ from: '2024-02-09', to: '2024-02-08' }, nowMs, 'json')).toBeNull();
});

test('an address that makes no sense is a report of the usual days', () => {
  expect(
    parseReportSearch({ report: 'x', group: 'y', phase: 'z', from: '8.2.', to: 3, district: '' }),
  ).toEqual({});
  expect(parseReportSearch({ report: 'alerts', group: 'severity', phase: 'poll' })).toEqual({
    report: 'alerts',
    group: 'severity',
    phase: 'poll',
  });
});
