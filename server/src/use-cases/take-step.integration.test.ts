import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { markAcknowledged, readAlerts } from '../store/alert-store.ts';
import { readPendingEscalations } from '../store/escalation-store.ts';
import { minuteMs, NoticeHarness } from '../testing/notice-harness.ts';
import { startTestServices, type TestServices } from '../testing/test-services.ts';
import { climb } from './escalate.ts';
import { takeStep } from './take-step.ts';

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

test('an alert nobody takes is told, and climbs to division and province when their timers end', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(30_000);
  // Held 5 s for an incident, gathered 5 s.
  expect(all.told).toMatchObject([{ at: '0:10', who: 'district', what: 'New' }]);
  await all.pass(4 * minuteMs + 20_000, 10_000);
  expect(all.told).toHaveLength(1);
  await all.pass(40_000);
  expect(all.told.slice(1).map((one) => one.at)).toEqual(['5:10', '5:10']);
  expect(all.whoHeard(1)).toEqual(['district Escalated', 'division Escalated']);
  await all.pass(11 * minuteMs, 20_000);
  expect(all.whoHeard(3)).toEqual([
    'district Escalated',
    'division Escalated',
    'province Escalated',
  ]);
  await all.set([3], 'ONLINE');
  await all.pass(20_000);
  expect(all.whoHeard(6)).toEqual(['district Over', 'division Over', 'province Over']);
});

test('acknowledged a moment before its timer ends, before the queue heard of it, it never climbs', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000);
  const timers = await readPendingEscalations(all.sql);
  expect(timers).toHaveLength(2);
  all.clock.advance(5 * minuteMs);
  // The step of the acknowledgement still waits in the outbox when the timer's job comes.
  await all.acknowledge(3);
  for (const timer of timers) expect(await climb(all.ports, timer)).toBe(false);
  await all.pass(20 * minuteMs, 60_000);
  expect(all.heard('district')).toEqual(['New']);
  expect(all.heard('division')).toEqual([]);
  const [alert] = await readAlerts(all.sql, { state: 'open', limit: 1 });
  expect(alert?.escalationLevel).toBe(0);
});

test('timers that are overdue together climb in order, whichever job comes first', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  const [division, province] = await readPendingEscalations(all.sql);
  // No server ran meanwhile.
  all.clock.advance(30 * minuteMs);
  const jobs = [province, division, province].flatMap((timer) => timer ?? []);
  await Promise.all(jobs.map((timer) => climb(all.ports, timer)));
  const levels = await all.sql<{ level: string }[]>`
    select details->>'level' as level from alert_event where step = 'escalated' order by id`;
  expect(levels.map((one) => one.level)).toEqual(['division', 'province']);
  await all.pass(20_000, 5_000);
  expect(all.whoHeard(1)).toEqual([
    'district Escalated',
    'division Escalated',
    'province Escalated',
  ]);
});

test('acknowledged before it was told nobody hears of it', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(7_000);
  await all.acknowledge(3);
  await all.pass(10 * minuteMs, 60_000);
  expect(all.told).toEqual([]);
});

test('acknowledged while it is about to be told, nobody hears of it', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(4_000);
  const { id, version } = await all.openAlert(3);
  const written = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const acknowledging = all.sql.begin(async (tx) => {
    await markAcknowledged(tx, id, version, 'operator', all.clock.nowMs());
    written.resolve();
    await told.promise;
  });
  await written.promise;
  const passing = all.pass(10_000);
  await expect
    .poll(
      () => all.sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    )
    .toHaveLength(1);
  told.resolve();
  await Promise.all([acknowledging, passing]);
  const pages = await all.sql`select from outbox where payload->>'step' = 'page'`;
  expect(pages).toHaveLength(0);
  expect(all.told).toEqual([]);
});

test('an alert that comes again is a new round: its timers begin anew, those of the first do not count', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(4 * minuteMs, 10_000);
  await all.set([3], 'ONLINE');
  // It is back before anybody handled its end: that end is stale then.
  all.clock.advance(2_000);
  await all.set([3], 'UNREACHABLE');
  await all.pass(3 * minuteMs, 5_000);
  const [alert] = await readAlerts(all.sql, { state: 'open', limit: 1 });
  expect(alert).toMatchObject({ reopened: 1, escalationLevel: 0 });
  const rounds = await all.sql<{ round: number; outcome: string | null }[]>`
    select round, outcome from escalation order by round, level`;
  expect(rounds.map((one) => one.outcome)).toEqual(['cancelled', 'cancelled', null, null]);
  expect(all.heard('division')).toEqual([]);
  await all.pass(4 * minuteMs, 10_000);
  expect(all.heard('division')).toEqual(['Escalated']);
  const climbs = await all.sql`select from alert_event where step = 'escalated'`;
  expect(climbs).toHaveLength(1);
});

test('an acknowledgement that is heard of after the alert came again ends nothing of the new round', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await all.acknowledge(3);
  const { id: alertId, version } = await all.openAlert(3);
  await all.set([3], 'ONLINE');
  await all.pass(10_000, 5_000);
  await all.set([3], 'UNREACHABLE');
  await all.pass(40_000, 5_000);
  // Its job failed for a while, and comes now.
  const timers = { begun: async () => {}, ended: async () => {} };
  await takeStep(all.ports, timers, { alertId, step: 'acknowledged', version });
  expect(await readPendingEscalations(all.sql)).toHaveLength(2);
});

test('stations that go dark together are one incident: no single page, and the incident climbs', async () => {
  await all.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await all.pass(30_000);
  await all.pass(6 * minuteMs, 20_000);
  const pages = await all.sql<{ topic: string }[]>`
    select topic from outbox where payload->>'step' = 'page'`;
  expect(pages.map((one) => one.topic)).toEqual(['incident-step']);
  expect(all.heard('district').filter((what) => what === 'New')).toHaveLength(1);
  const kinds = await all.sql<
    { subjectKind: string }[]
  >`select distinct subject_kind from escalation`;
  expect(kinds.map((one) => one.subjectKind)).toEqual(['incident']);
});

test('an incident that takes an alert over speaks for it; when it ends without it the alert climbs itself', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(20_000);
  expect(all.heard('district')).toEqual(['New']);
  await all.set([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await all.pass(6 * minuteMs, 15_000);
  const climbs = () => all.sql<{ alertId: number }[]>`
    select alert_id from alert_event where step = 'escalated'`;
  expect(await climbs()).toEqual([]);
  await all.set([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'ONLINE');
  await all.pass(3 * minuteMs, 5_000);
  expect(await climbs()).toHaveLength(1);
  expect(all.heard('division').at(-1)).toBe('Escalated');
});

test('a roster tells who is on call, and everyone when nobody is', async () => {
  await all.sql`delete from notice_recipient`;
  const shift = (fromMinute: number, toMinute: number) => ({
    fromMs: all.beganMs + fromMinute * minuteMs,
    toMs: all.beganMs + toMinute * minuteMs,
  });
  await all.add('district', { name: 'early', shifts: [shift(0, 10)] });
  await all.add('district', { name: 'late', shifts: [shift(10, 20)] });
  const openAndEnd = async (stationId: number) => {
    await all.set([stationId], 'UNREACHABLE');
    await all.pass(20_000, 5_000);
    await all.set([stationId], 'ONLINE');
    await all.pass(11 * minuteMs, 60_000);
  };
  await openAndEnd(3);
  expect([all.heard('early'), all.heard('late')]).toEqual([['New', 'Over'], []]);
  await openAndEnd(5);
  expect([all.heard('early').length, all.heard('late')]).toEqual([2, ['New', 'Over']]);
  await openAndEnd(7);
  expect([all.heard('early').length, all.heard('late').length]).toEqual([4, 4]);
});

test('quiet hours end on the minute; the rate limit lets go when its window has moved on', async () => {
  await all.sql`delete from notice_recipient`;
  // The test begins at 12:00 in Karachi.
  await all.add('district', {
    name: 'resting',
    quiet: { fromMinute: 720, toMinute: 730 },
    limitMessages: 3,
  });
  await all.add('district', { name: 'limited', limitMessages: 2, limitWindowMs: 5 * minuteMs });
  // In three buildings: they are no incident.
  await all.set([1], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await all.set([4], 'UNREACHABLE');
  await all.pass(20_000, 5_000);
  await all.set([8], 'UNREACHABLE');
  await all.pass(8 * minuteMs + 20_000, 20_000);
  await all.pass(2 * minuteMs, 5_000);
  const times = (who: string) => all.told.filter((one) => one.who === who).map((one) => one.at);
  expect(times('resting')).toEqual(['10:05']);
  expect(times('limited').slice(0, 2)).toEqual(['0:10', '0:30']);
  // The third one waits for the first to leave the window; looked at every 20 s by then.
  expect(times('limited')[2]).toMatch(/^5:(10|20)$/);
});

test('a clock that is set back by ten minutes holds up no page and climbs nothing twice', async () => {
  await all.set([3], 'UNREACHABLE');
  await all.pass(4_000);
  // The server's clock is set back; what is stored lies in the future now.
  await all.setClock(createManualClock(all.clock.nowMs() - 10 * minuteMs));
  await all.pass(20_000);
  expect(all.heard('district')).toEqual(['New']);
  await all.pass(16 * minuteMs, 20_000);
  expect(all.heard('division')).toEqual(['Escalated', 'Escalated']);
  const climbs = await all.sql<{ level: string }[]>`
    select details->>'level' as level from alert_event where step = 'escalated' order by id`;
  expect(climbs.map((one) => one.level)).toEqual(['division', 'province']);
});
