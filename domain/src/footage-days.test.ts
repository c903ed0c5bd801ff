import { expect, test } from 'vitest';
import {
  footageDayOf,
  footageDayStartUs,
  planDaysAhead,
  planExpiredDays,
  planMissingDays,
  planSettledDays,
} from './footage-days.ts';

const at = (iso: string) => Date.parse(iso) * 1000;
const pollingDay = footageDayOf(at('2027-02-08T00:00:00Z'));

test('a day begins at midnight UTC and ends a microsecond before the next', () => {
  expect(footageDayOf(at('2027-02-08T23:59:59.999Z') + 999)).toBe(pollingDay);
  expect(footageDayOf(at('2027-02-09T00:00:00Z'))).toBe(pollingDay + 1);
  expect(footageDayStartUs(pollingDay)).toBe(at('2027-02-08T00:00:00Z'));
});

test('days ahead begin with today', () => {
  expect(planDaysAhead(at('2027-02-08T13:00:00Z'), 2)).toEqual([
    pollingDay,
    pollingDay + 1,
    pollingDay + 2,
  ]);
});

test('missing days: once each, in order, and none that no right clock states', () => {
  const nowUs = at('2027-02-08T13:00:00Z');
  const starts = [
    at('2027-02-08T12:00:00Z'),
    at('2027-02-07T12:00:00Z'),
    at('2027-02-07T11:00:00Z'),
    at('2027-02-06T11:00:00Z'),
    at('2019-12-31T23:59:59Z'),
    at('2020-01-01T00:00:00Z'),
    at('1970-01-01T00:00:07Z'),
    at('2027-02-15T23:00:00Z'),
    at('2027-02-16T00:00:00Z'),
    at('2099-01-01T00:00:00Z'),
  ];
  expect(planMissingDays(starts, new Set([pollingDay]), nowUs)).toEqual([
    18_262,
    pollingDay - 2,
    pollingDay - 1,
    pollingDay + 7,
  ]);
});

test('a day is settled three hours after its end', () => {
  const days = [pollingDay - 1, pollingDay, pollingDay + 1];
  expect(planSettledDays(days, at('2027-02-09T03:00:00Z'))).toEqual([pollingDay - 1, pollingDay]);
  expect(planSettledDays(days, at('2027-02-09T02:59:59Z'))).toEqual([pollingDay - 1]);
});

test('a day expires when all of it is before what is kept', () => {
  const days = [pollingDay - 1, pollingDay, pollingDay + 1];
  expect(planExpiredDays(days, at('2027-02-09T00:00:00Z'))).toEqual([pollingDay - 1, pollingDay]);
  expect(planExpiredDays(days, at('2027-02-08T23:59:59Z'))).toEqual([pollingDay - 1]);
});
