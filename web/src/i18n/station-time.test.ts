import { expect, test } from 'vitest';
import {
  formatTime,
  isoDateOf,
  parseIsoDate,
  parseTimeOfDay,
  splitAge,
  startOfDayMs,
} from './station-time.ts';

const evening = Date.parse('2024-02-08T19:30:15Z');

test('times are those of Pakistan, wherever the browser is', () => {
  expect(formatTime(evening)).toBe('00:30:15');
  expect(isoDateOf(evening)).toBe('2024-02-09');
  expect(startOfDayMs(evening)).toBe(Date.parse('2024-02-08T19:00:00Z'));
  expect(parseIsoDate('2024-02-09')).toBe(startOfDayMs(evening));
});

test('a typed time is taken in the ways people type it, and nothing else', () => {
  const expected = ((16 * 60 + 5) * 60 + 30) * 1_000;
  expect(['16:05:30', '160530', '16.05.30', ' 16 05 30 '].map(parseTimeOfDay)).toEqual([
    expected,
    expected,
    expected,
    expected,
  ]);
  expect(parseTimeOfDay('8:05')).toBe((8 * 60 + 5) * 60_000);
  expect(['25:00', '12:60', 'noon', ''].map(parseTimeOfDay)).toEqual([null, null, null, null]);
  expect(parseIsoDate('08/02/2024')).toBeNull();
});

test('ages use the two largest units and are never negative', () => {
  expect(splitAge(-5)).toEqual({ key: 'age.seconds', values: { n: 0 } });
  expect(splitAge(119_999)).toEqual({ key: 'age.seconds', values: { n: 119 } });
  expect(splitAge(3_599_000)).toEqual({ key: 'age.minutes', values: { n: 59 } });
  expect(splitAge(5_400_000)).toEqual({ key: 'age.hours', values: { h: 1, m: 30 } });
  expect(splitAge(180_000_000)).toEqual({ key: 'age.days', values: { d: 2, h: 2 } });
});
