import { expect, test } from 'vitest';
import { defaultEscalationPolicy, planEscalation } from './escalation.ts';
import type { NoticeOccasion } from './notice-occasion.ts';
import { type RecipientRule, routeNotice } from './notice-routing.ts';
import { lastToTell, renderDigest, renderNotice } from './notice-text.ts';

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

test('an outage of a feeder names it once, in Latin or Urdu letters', () => {
  const of = (place: string) => ({
    ...occasion,
    facts: { ...occasion.facts, what: 'feeder', place, placeName: '', placeNameUr: place },
  });
  const english = renderNotice(of('MEPCO-F114'), 'en');
  expect(english.subject).toBe('New: stations of a power feeder dark, MEPCO-F114, Lahore');
  expect(english.text).toContain('Place: MEPCO-F114\n');
  const urdu = renderNotice(of('MEPCO-F114'), 'ur').text;
  expect(urdu).toContain('مقام: \u2066MEPCO-F114\u2069\n');
  expect(renderNotice(of('گلبرگ فیڈر'), 'ur').subject).toContain('\u2068گلبرگ فیڈر\u2069');
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

const byHand = {
  name: 'Bilal Ahmed',
  reason: 'Crowd at the gate, police asked for',
  level: 'division',
} as const;
const asked: NoticeOccasion = { ...occasion, step: 'escalated', level: 'division', byHand };

test('an escalation by hand says who, to which level and why, in both languages and in one line', () => {
  const english = renderNotice(asked, 'en');
  expect(english.subject).toBe('Escalated: polling station blind, NA-117-042, Lahore');
  expect(english.text).toContain('Escalated to the division by: Bilal Ahmed\n');
  expect(english.text).toContain('Reason: Crowd at the gate, police asked for\n');
  expect(english.shortText).toMatch(/\. By Bilal Ahmed: Crowd at the gate, police asked for$/);
  const urdu = renderNotice(asked, 'ur');
  expect(urdu.text).toContain('ڈویژن کو بھیجنے والے: \u2068Bilal Ahmed\u2069\n');
  expect(urdu.text).toContain('وجہ: \u2068Crowd at the gate, police asked for\u2069\n');
  expect(urdu.shortText).toContain('\u2068Bilal Ahmed\u2069');
  const long = renderNotice({ ...asked, byHand: { ...byHand, reason: 'x'.repeat(300) } }, 'en');
  expect(long.shortText).toMatch(/: x{79}…$/);
  expect(long.text).toContain('x'.repeat(300));
  expect(renderDigest([asked, occasion], 'en').text).toContain('By Bilal Ahmed: Crowd');
  expect(renderNotice(occasion, 'en').text).not.toContain('by');
});

test('what is told of one subject is its last step, with the last reason a person gave', () => {
  const worse: NoticeOccasion = { ...occasion, step: 'worsened' };
  const again = { ...asked, byHand: { ...byHand, level: 'province', reason: 'Shots' } as const };
  expect(lastToTell([])).toBeUndefined();
  expect(lastToTell([occasion, worse])).toBe(worse);
  expect(lastToTell([asked, worse])).toEqual({ ...worse, byHand });
  expect(lastToTell([asked, again, worse])).toEqual({ ...worse, byHand: again.byHand });
  const over: NoticeOccasion = { ...occasion, step: 'closed' };
  expect(lastToTell([asked, over])).toBe(over);
});

test('the level that a person asks hears at once, whatever its severity and the hour', () => {
  const asleep = { quiet: { fromMinute: 0, toMinute: 1_439 }, minSeverity: 'critical' } as const;
  const division = { level: 'division', districtCode: null, division: 'Lahore' } as const;
  const recipients = [
    recipient(1, asleep),
    recipient(2, { ...division, ...asleep }),
    recipient(3, { ...division, division: 'Multan' }),
    recipient(4, { ...division, enabled: false }),
    recipient(5, { level: 'province', districtCode: null }),
  ];
  expect(routeNotice(asked, recipients, nightMs)).toEqual([
    { recipientId: 2, notBeforeMs: nightMs },
  ]);
  const { byHand: _, ...byTimer } = asked;
  expect(told(byTimer, recipients, nightMs)).toEqual([]);
});

test('nothing climbs to a level that it begins with', () => {
  const above = (level: NoticeOccasion['level']) =>
    planEscalation(defaultEscalationPolicy, 'poll', 'critical', 0, level).map((one) => one.level);
  expect(above('district')).toEqual(['division', 'province']);
  expect(above('division')).toEqual(['province']);
  expect(above('province')).toEqual([]);
});
