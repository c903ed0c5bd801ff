import { expect, test } from 'vitest';
import {
  bodyOf,
  clockOf,
  emptyDraft,
  localOfMs,
  minuteOf,
  msOfLocal,
  problemsOf,
} from './recipient-draft.ts';

const good = {
  ...emptyDraft,
  name: ' DC office ',
  target: 'https://dc.example.pk/hook',
  secret: 'a-shared-secret',
  districtCode: 'LHR',
};

test('a complete draft becomes a body; a known target may stay as it was', () => {
  expect(bodyOf(good, false)).toMatchObject({
    name: 'DC office',
    target: { kind: 'webhook', url: 'https://dc.example.pk/hook', secret: 'a-shared-secret' },
    limitWindowMs: 600_000,
    quiet: null,
  });
  expect(bodyOf({ ...good, target: '', secret: '' }, true)).toMatchObject({ target: null });
  expect(bodyOf({ ...good, target: '', secret: '' }, false)).toBeNull();
});

test('each gap of a draft is named', () => {
  expect(problemsOf(emptyDraft, false)).toEqual(['name', 'target', 'district']);
  expect(problemsOf({ ...good, secret: 'short' }, false)).toEqual(['secret']);
  expect(problemsOf({ ...good, level: 'division' }, false)).toEqual(['division']);
  expect(problemsOf({ ...good, quietFrom: '22:00' }, false)).toEqual(['quiet']);
  expect(problemsOf({ ...good, limitMessages: '0' }, false)).toEqual(['limit']);
  expect(problemsOf({ ...good, shifts: [{ fromMs: 5, toMs: 5 }] }, false)).toEqual(['shift']);
});

test('a telephone number may be written with blanks', () => {
  const body = bodyOf({ ...good, channel: 'sms', target: '+92 300-123 4567' }, false);
  expect(body?.target).toEqual({ kind: 'sms', number: '+923001234567' });
});

test('clock times and dates are those of Pakistan', () => {
  expect(minuteOf('22:05')).toBe(1_325);
  expect(minuteOf('24:00')).toBeNull();
  expect(clockOf(425)).toBe('07:05');
  const noon = Date.UTC(2027, 1, 8, 7);
  expect(localOfMs(noon)).toBe('2027-02-08T12:00');
  expect(msOfLocal('2027-02-08T12:00')).toBe(noon);
  expect(msOfLocal('tomorrow')).toBeNull();
});
