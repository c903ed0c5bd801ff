import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readAlerts } from '../store/alert-store.ts';
import { readPendingEscalations } from '../store/escalation-store.ts';
import { readIncidents } from '../store/incident-store.ts';
import { minuteMs, NoticeHarness } from '../testing/notice-harness.ts';
import { startTestServices, type TestServices } from '../testing/test-services.ts';
import { resolveAlert } from './alert-life.ts';
import { type Escalating, escalateAlert, escalateIncident } from './escalate-by-hand.ts';

let services: TestServices;
let all: NoticeHarness;

beforeAll(async () => {
  services = await startTestServices();
  all = await NoticeHarness.start(services);
}, 60_000);

afterAll(async () => {
  await all?.stop();
  await services?.stop();
});

beforeEach(() => all.begin());

const reason = 'Crowd at the gate, police asked for';
const person = (username: string, changes: Partial<Escalating> = {}) => ({
  username,
  displayName: `${username} of the control room`,
  address: '127.0.0.1',
  role: 'operator' as const,
  reason,
  ...changes,
});

async function escalate(stationId: number, who = person('bilal')): Promise<void> {
  const { id: alertId, version } = await all.openAlert(stationId);
  await escalateAlert(all.sql, { ...who, alertId, version }, all.clock.nowMs());
}

async function onlyIncident(): Promise<IncidentView> {
  const [incident] = await readIncidents(all.sql, { state: 'open', limit: 2 });
  if (incident === undefined) throw new Error('no incident is open');
  return incident;
}

const climbs = async () =>
  (
    await all.sql<{ who: string | null; level: string }[]>`
      select actor as who, details->>'level' as level from alert_event
      where step = 'escalated' order by id`
  ).map(({ who, level }) => [who, level]);

test('the next level is told once who asks and why, and the timer goes on from there', async () => {
  await all.add('division', { name: 'division-ur', language: 'ur' });
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await escalate(3);
  await all.pass(20_000, 5_000);
  expect(all.whoHeard(1)).toEqual([
    'district Escalated',
    'division Escalated',
    'division-ur اعلیٰ سطح پر',
  ]);
  const textOf = (who: string) => all.told.find((one) => one.who === who)?.text ?? '';
  expect(textOf('division')).toContain('Escalated to the division by: bilal of the control room');
  expect(textOf('division')).toContain(`Reason: ${reason}`);
  expect(textOf('division-ur')).toContain(
    'ڈویژن کو بھیجنے والے: \u2068bilal of the control room\u2069',
  );
  expect(textOf('division-ur')).toContain(`وجہ: \u2068${reason}\u2069`);
  expect((await readPendingEscalations(all.sql)).map((step) => step.level)).toEqual(['province']);
  // Past the time at which it would have reached the division by itself.
  await all.pass(9 * minuteMs, 20_000);
  expect(all.told).toHaveLength(4);
  await all.pass(6 * minuteMs, 20_000);
  expect(all.heard('province')).toEqual(['Escalated']);
  expect(await climbs()).toEqual([
    ['bilal', 'division'],
    [null, 'province'],
  ]);
  const [alert] = await readAlerts(all.sql, { state: 'open', limit: 1 });
  expect(alert?.escalationLevel).toBe(2);
});

test('of two operators at once one wins, and the other is told who did what', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  const { id: alertId, version } = await all.openAlert(3);
  const nowMs = all.clock.nowMs();
  const both = await Promise.allSettled(
    ['ayesha', 'bilal'].map((name) =>
      escalateAlert(all.sql, { ...person(name), alertId, version }, nowMs),
    ),
  );
  const won = both.findIndex((one) => one.status === 'fulfilled');
  expect(both[won]).toMatchObject({ value: { escalationLevel: 1, version: version + 1 } });
  expect(both[1 - won]).toMatchObject({
    status: 'rejected',
    reason: {
      code: 'ALERT_CHANGED',
      details: {
        version: version + 1,
        level: 'division',
        step: 'escalated',
        by: ['ayesha', 'bilal'][won],
        atMs: nowMs,
      },
    },
  });
  expect(await climbs()).toHaveLength(1);
  const audit = await all.sql<{ actor: string; details: unknown }[]>`
    select actor, details from audit_log where action = 'alert.escalate'
      and subject = ${String(alertId)}`;
  expect([...audit]).toEqual([
    {
      actor: ['ayesha', 'bilal'][won],
      details: { from: 'district', level: 'division', reason, recipients: 1 },
    },
  ]);
});

test('one that is acknowledged may be escalated, and an acknowledgement right after takes nothing back', async () => {
  await all.set([3, 8], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  const heard = all.told.length;
  await all.acknowledge(3);
  await all.pass(2_000);
  await escalate(3);
  await escalate(8);
  await all.acknowledge(8);
  await all.pass(20_000, 5_000);
  const helped = all.told.slice(heard).filter((one) => one.who === 'division');
  expect(helped.map((one) => one.text.split(reason).length - 1)).toEqual([1, 1]);
  await all.pass(16 * minuteMs, 60_000);
  expect(all.heard('province')).toEqual([]);
  expect(await climbs()).toEqual([
    ['bilal', 'division'],
    ['bilal', 'division'],
  ]);
});

test('one that nobody was told of yet is told by this, and its timers begin', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(2_000);
  await escalate(3);
  await all.pass(30_000);
  expect(all.whoHeard(0)).toEqual(['district Escalated', 'division Escalated']);
  expect((await readPendingEscalations(all.sql)).map((step) => step.level)).toEqual(['province']);
  await all.pass(15 * minuteMs, 20_000);
  expect(all.heard('province')).toEqual(['Escalated']);
  expect(all.heard('division')).toEqual(['Escalated', 'Escalated']);
  await all.set([3], 'ONLINE');
  await all.pass(20_000, 5_000);
  expect(all.heard('division').at(-1)).toBe('Over');
});

test('the level that is asked hears at once, in quiet hours and below its severity too', async () => {
  await all.sql`delete from notice_recipient`;
  const asleep = { quiet: { fromMinute: 0, toMinute: 1_439 }, minSeverity: 'critical' } as const;
  await all.add('division', { ...asleep, name: 'asked' });
  await all.add('district', { ...asleep, name: 'not asked' });
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await escalate(3);
  await all.pass(20_000, 5_000);
  expect(all.whoHeard(0)).toEqual(['asked Escalated']);
});

test('where nobody is set up at the level that is asked, that stands in its life', async () => {
  await all.sql`delete from notice_recipient where level = 'division'`;
  await all.add('division', { name: 'elsewhere', division: 'Division 2' });
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await escalate(3);
  await escalate(3);
  const rows = await all.sql<{ level: string; recipients: number }[]>`
    select details->>'level' as level, (details->>'recipients')::int as recipients
    from alert_event where step = 'escalated' order by id`;
  expect([...rows]).toEqual([
    { level: 'division', recipients: 0 },
    { level: 'province', recipients: 1 },
  ]);
});

test('what is seen anew, closed, at the top, without a reason or not allowed is refused', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  const refused = async (who: Partial<Escalating>, version?: number) => {
    const now = await all.sql<{ id: number; version: number }[]>`select id, version from alert`;
    const given = { alertId: now[0]?.id ?? 0, version: version ?? now[0]?.version ?? 0 };
    const call = escalateAlert(all.sql, { ...person('bilal', who), ...given }, all.clock.nowMs());
    return await call.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
  };
  expect(await refused({ reason: ' \u202e\n ' })).toBe('REQUEST_INVALID');
  expect(await refused({ role: 'technician' })).toBe('PERMISSION_DENIED');
  expect(await refused({}, 1)).toBe('ALERT_CHANGED');
  expect(await refused({})).toBe('done');
  expect(await refused({})).toBe('done');
  expect(await refused({})).toBe('ESCALATION_TOP_REACHED');
  // Both were asked for before anybody was told: each level once, the last reason for all.
  await all.pass(10_000, 5_000);
  expect(all.whoHeard(1)).toEqual([
    'district Escalated',
    'division Escalated',
    'province Escalated',
  ]);
  const { id: alertId, version } = await all.openAlert(3);
  const closing = { ...person('ayesha'), alertId, version, cause: 'other', note: null } as const;
  await resolveAlert(all.sql, closing, all.clock.nowMs());
  expect(await refused({})).toBe('ALERT_CLOSED');
  await expect(
    escalateAlert(all.sql, { ...person('bilal'), alertId: 999_999, version: 1 }, 0),
  ).rejects.toMatchObject({ code: 'ALERT_UNKNOWN' });
});

test('an incident climbs by hand from the level that it reaches; an alert in it climbs by itself', async () => {
  await all.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await all.pass(20_000);
  const district = await onlyIncident();
  expect(district).toMatchObject({ level: 'district', escalationLevel: 0 });
  await escalate(3);
  const heard = all.told.length;
  const given = { ...person('bilal'), incidentId: district.id };
  const both = await Promise.allSettled(
    [1, 2].map(() =>
      escalateIncident(all.sql, { ...given, version: district.version }, all.clock.nowMs()),
    ),
  );
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  await all.pass(20_000, 5_000);
  // Of the alert and of the incident.
  const helped = all.told.slice(heard);
  expect(helped.map((one) => one.who).sort()).toEqual([
    'district',
    'district',
    'division',
    'division',
  ]);
  expect(helped.every((one) => one.text.includes(reason))).toBe(true);
  await all.pass(6 * minuteMs, 20_000);
  expect(all.told).toHaveLength(heard + 4);
  const division = await onlyIncident();
  expect(division.level).toBe('division');
  const events = await all.sql<{ actor: string; details: unknown }[]>`
    select actor, details from incident_event where step = 'escalated'`;
  expect([...events]).toEqual([
    { actor: 'bilal', details: { from: 'district', level: 'division', reason, recipients: 1 } },
  ]);
  await all.pass(10 * minuteMs, 20_000);
  expect(all.heard('province').length).toBeGreaterThan(0);
  const top = await onlyIncident();
  expect(top.level).toBe('province');
  await expect(
    escalateIncident(all.sql, { ...given, version: top.version }, all.clock.nowMs()),
  ).rejects.toMatchObject({ code: 'ESCALATION_TOP_REACHED' });
});

test('an incident that spans divisions is the province’s from the start and has nowhere to climb', async () => {
  await all.set(
    Array.from({ length: 24 }, (_, index) => index + 1),
    'UNREACHABLE',
  );
  await all.pass(20_000);
  const incident = await onlyIncident();
  expect(incident).toMatchObject({ level: 'province', escalationLevel: 0 });
  await expect(
    escalateIncident(
      all.sql,
      { ...person('bilal'), incidentId: incident.id, version: incident.version },
      all.clock.nowMs(),
    ),
  ).rejects.toMatchObject({ code: 'ESCALATION_TOP_REACHED' });
  // Nor by itself: nobody would hear what they had not heard.
  expect(await readPendingEscalations(all.sql)).toEqual([]);
});

test('a wider incident that takes over an escalated one is told where that one was known', async () => {
  // One building, then its district.
  await all.set([1, 2], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  const { id: incidentId, version } = await onlyIncident();
  const nowMs = all.clock.nowMs();
  await escalateIncident(all.sql, { ...person('bilal'), incidentId, version }, nowMs);
  await all.pass(15_000, 5_000);
  expect(all.heard('division')).toEqual(['Escalated']);
  await all.set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await all.pass(30_000, 5_000);
  const wider = await onlyIncident();
  expect(wider).toMatchObject({ cause: { kind: 'district' }, escalationLevel: 1 });
  const [taken] = await readIncidents(all.sql, { ids: [incidentId], limit: 1 });
  expect(taken).toMatchObject({ mergedInto: wider.id });
  expect(all.heard('division')).toContain('New');
  expect(all.heard('province')).toEqual([]);
  expect((await readPendingEscalations(all.sql)).map((step) => step.level)).toEqual(['province']);
});
