import { expect, test } from 'vitest';
import { defaultEscalationPolicy, planEscalation } from './escalation.ts';
import type { NoticeOccasion } from './notice-occasion.ts';
import { type RecipientRule, routeNotice } from './notice-routing.ts';
import { renderDigest, renderNotice } from './notice-text.ts';

const noonMs = Date.UTC(2027, 1, 8, 7);
const nightMs = Date.UTC(2027, 1, 8, 20);

const occasion: NoticeOccasion = {
  key: 'alert-7-opened-1',
  subject: { kind: 'alert', id: 7 },
  step: 'opened',
  severity: 'major',
  level: 'district',
  districtCode: 'LHR',
  division: 'Lahore',
  phase: 'poll',
  atMs: noonMs,
  facts: {
    place: 'NA-117-042',
    placeName: 'Govt. Girls School',
    placeNameUr: 'گورنمنٹ گرلز سکول',
    district: 'Lahore',
    districtUr: 'لاہور',
    what: 'BLIND',
    stations: 1,
    cameras: 4,
    down: 4,
    openedAtMs: noonMs,
  },
};

const recipient = (id: number, changes: Partial<RecipientRule> = {}): RecipientRule => ({
  id,
  enabled: true,
  level: 'district',
  districtCode: 'LHR',
  division: null,
  minSeverity: 'info',
  quiet: null,
  shifts: [],
  ...changes,
});

const told = (given: NoticeOccasion, recipients: readonly RecipientRule[], nowMs = noonMs) =>
  routeNotice(given, recipients, nowMs).map((notice) => notice.recipientId);

test('a district hears of itself only, and higher levels when it climbs to them', () => {
  const recipients = [
    recipient(1),
    recipient(2, { districtCode: 'MUL' }),
    recipient(3, { level: 'division', districtCode: null, division: 'Lahore' }),
    recipient(4, { level: 'division', districtCode: null, division: 'Multan' }),
    recipient(5, { level: 'province', districtCode: null }),
    recipient(6, { enabled: false }),
  ];
  expect(told(occasion, recipients)).toEqual([1]);
  expect(told({ ...occasion, level: 'division' }, recipients)).toEqual([1, 3]);
  expect(told({ ...occasion, level: 'province' }, recipients)).toEqual([1, 3, 5]);
  const everywhere = {
    ...occasion,
    level: 'province',
    districtCode: null,
    division: null,
  } as const;
  expect(told(everywhere, recipients)).toEqual([1, 2, 3, 4, 5]);
});

test('less than a recipient wants to hear of is not told', () => {
  expect(told(occasion, [recipient(1, { minSeverity: 'critical' })])).toEqual([]);
  expect(told(occasion, [recipient(1, { minSeverity: 'major' })])).toEqual([1]);
});

test('who is not on call is left out, but an empty roster does not swallow an alert', () => {
  const now = { fromMs: noonMs - 1, toMs: noonMs + 1 };
  const later = { fromMs: noonMs + 1, toMs: noonMs + 2 };
  expect(
    told(occasion, [recipient(1, { shifts: [now] }), recipient(2, { shifts: [later] })]),
  ).toEqual([1]);
  expect(
    told(occasion, [recipient(1, { shifts: [later] }), recipient(2, { shifts: [later] })]),
  ).toEqual([1, 2]);
});

test('quiet hours put off everything that is not critical', () => {
  const quiet = { fromMinute: 22 * 60, toMinute: 7 * 60 };
  const [held] = routeNotice(occasion, [recipient(1, { quiet })], nightMs);
  expect(held?.notBeforeMs).toBe(Date.UTC(2027, 1, 9, 2));
  const [urgent] = routeNotice(
    { ...occasion, severity: 'critical' },
    [recipient(1, { quiet })],
    nightMs,
  );
  expect(urgent?.notBeforeMs).toBe(nightMs);
});

test('an alert climbs by severity and phase, and stays where it is while cameras are put up', () => {
  const plan = (phase: NoticeOccasion['phase'], severity: NoticeOccasion['severity']) =>
    planEscalation(defaultEscalationPolicy, phase, severity, 0).map(({ level, dueMs }) => [
      level,
      dueMs / 60_000,
    ]);
  expect(plan('poll', 'critical')).toEqual([
    ['division', 3],
    ['province', 8],
  ]);
  expect(plan('count', 'critical')).toEqual([
    ['division', 2],
    ['province', 5],
  ]);
  expect(plan('poll', 'info')).toEqual([]);
  expect(plan('install', 'critical')).toEqual([]);
});

test('texts name the place, say how bad it is, and keep codes left to right in Urdu', () => {
  const english = renderNotice(occasion, 'en');
  expect(english.subject).toBe('New: polling station blind, NA-117-042, Lahore');
  expect(english.text).toContain('Cameras without picture: 4 of 4');
  expect(english.text).toContain('2027-02-08 12:00');
  const urdu = renderNotice(occasion, 'ur');
  expect(urdu.subject).toContain('\u2066NA-117-042\u2069');
  expect(urdu.subject).toContain('لاہور');
  expect(urdu.text).not.toMatch(/[۰-۹]/);
});

test('a digest tells the worst first and counts what it leaves out', () => {
  const many = Array.from({ length: 40 }, (_, index) => ({
    ...occasion,
    key: `alert-${index}`,
    severity: index === 39 ? ('critical' as const) : ('info' as const),
    facts: { ...occasion.facts, place: `NA-117-${index}` },
  }));
  const digest = renderDigest(many, 'en');
  expect(digest.subject).toBe('Nigehban: 40 notices (40 open, 0 over)');
  expect(digest.text.split('\n')[2]).toContain('NA-117-39');
  expect(digest.text).toContain('and 28 more');
});
