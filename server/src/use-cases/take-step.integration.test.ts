import { createManualClock, type ManualClock } from '@nigehban/config/clock/clock.ts';
import type { AlertStepMessage } from '@nigehban/domain/api/alert-types.ts';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import { type CameraStateKind, initialCameraState } from '@nigehban/domain/camera-state.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readAlerts } from '../store/alert-store.ts';
import { storeCameraStates } from '../store/camera-state-store.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { readPendingEscalations } from '../store/escalation-store.ts';
import { migrate } from '../store/migrate.ts';
import { readDueWork } from '../store/notice-store.ts';
import { seedFleet } from '../testing/seed-fleet.ts';
import {
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { acknowledgeAlert } from './alert-life.ts';
import { type Correlator, startCorrelator } from './correlate.ts';
import { climb, writeEscalationPolicy } from './escalate.ts';
import { saveRecipient } from './manage-recipients.ts';
import { deliverMessage, flushRecipient, type NoticePorts } from './send-notices.ts';
import { type StepTimers, takeStep } from './take-step.ts';

/** Two districts of twelve stations with four cameras each; D01 is of Division 1. */
const fleet = { districts: 2, stations: 24, cameras: 96 };
const startMs = Date.UTC(2027, 1, 8, 7);
const minuteMs = 60_000;
const operator = { username: 'operator', address: '127.0.0.1' };
const noTimers: StepTimers = { begun: async () => {}, ended: async () => {} };

let services: TestServices;
let sql: Sql;
let clock: ManualClock;
let ports: NoticePorts;
let correlator: Correlator;
let version = 0;
let tests = 0;
/** `minutes:seconds` since the test began, who, and what. */
let told: { readonly at: string; readonly who: string; readonly what: string }[] = [];
let beganMs = 0;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase());
  await migrate(sql);
  await seedFleet(sql, fleet);
  const timers = { divisionAfterMs: 5 * minuteMs, provinceAfterMs: 15 * minuteMs };
  const always = { info: timers, minor: timers, major: timers, critical: timers };
  await writeEscalationPolicy(sql, { ...defaultEscalationPolicy, drill: always });
}, 60_000);

afterAll(async () => {
  await correlator?.stop();
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

beforeEach(async () => {
  await correlator?.stop();
  await sql`truncate notice_delivery, notice, notice_message, notice_shift, notice_recipient,
    escalation, outbox, alert_event, incident_event, alert, incident cascade`;
  await sql`truncate camera_state, station_state`;
  clock = createManualClock(startMs + tests++ * 86_400_000);
  beganMs = clock.nowMs();
  told = [];
  ports = {
    sql,
    clock,
    log: testLog,
    secretKey: testSecretKey,
    random: () => 0.5,
    push: async (_sql, username, message) => {
      const seconds = Math.round((clock.nowMs() - beganMs) / 1_000);
      const at = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
      told.push({ at, who: username, what: message.subject.split(':')[0] ?? '' });
    },
    gatherMs: 5_000,
    attemptMs: 2_000,
  };
  correlator = startCorrelator({ sql, clock, log: testLog, holder: `test-${tests}` });
  for (const level of ['district', 'division', 'province'] as const) await add(level);
});

/** A recipient who hears in the console, by the name of the user. */
async function add(
  level: RecipientBody['level'],
  changes: Partial<RecipientBody> = {},
): Promise<void> {
  const username = changes.name ?? level;
  const body: RecipientBody = {
    name: username,
    channel: 'push',
    target: { kind: 'push', username },
    language: 'en',
    level,
    districtCode: level === 'district' ? 'D01' : null,
    division: level === 'division' ? 'Division 1' : null,
    minSeverity: 'info',
    quiet: null,
    limitMessages: 100,
    limitWindowMs: 600_000,
    enabled: true,
    shifts: [],
    ...changes,
  };
  await sql`insert into app_user (username, display_name, role, password_hash)
    values (${username}, ${username}, 'operator', 'none') on conflict do nothing`;
  await saveRecipient({ sql, secretKey: testSecretKey }, { id: null, body }, operator, 0);
}

/** All cameras of these stations get into that state. */
async function set(stationIds: readonly number[], kind: CameraStateKind): Promise<void> {
  const nowMs = clock.nowMs();
  const cameras = await sql<{ cameraId: number }[]>`
    select camera_id from assignment where station_id = any(${[...stationIds]}::int[])`;
  await storeCameraStates(
    sql,
    cameras.map(({ cameraId }) => ({
      cameraId,
      recording: kind === 'ONLINE',
      version: ++version,
      state: { ...initialCameraState(nowMs), kind, sinceMs: nowMs },
      transitions: [],
    })),
    nowMs,
  );
}

const openSteps = () =>
  sql<{ id: number; payload: AlertStepMessage }[]>`
    select id, payload from outbox where done_at is null order by id`;

/** One look of all that looks: engine, outbox, timers, messages. */
async function look(): Promise<void> {
  correlator.alertsChanged();
  await correlator.pass();
  for (const timer of await readPendingEscalations(sql)) {
    // Two processes, and a job that comes again.
    if (timer.dueMs <= clock.nowMs()) await Promise.all([climb(ports, timer), climb(ports, timer)]);
  }
  for (const { id, payload } of await openSteps()) {
    await Promise.all([takeStep(ports, noTimers, payload), takeStep(ports, noTimers, payload)]);
    await sql`update outbox set done_at = now() where id = ${id}`;
  }
  const due = await readDueWork(sql, clock.nowMs());
  for (const id of due.recipients) await flushRecipient(ports, id);
  const { messages } = await readDueWork(sql, clock.nowMs());
  for (const id of messages) {
    await Promise.all([deliverMessage(ports, id), deliverMessage(ports, id)]);
  }
}

async function pass(durationMs: number, stepMs = 1_000): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += stepMs) {
    clock.advance(stepMs);
    await look();
  }
}

async function acknowledge(stationId: number): Promise<void> {
  const [row] = await sql<{ id: number; version: number }[]>`
    select id, version from alert where station_id = ${stationId} and closed_at is null`;
  await acknowledgeAlert(
    sql,
    { ...operator, alertId: row?.id ?? 0, version: row?.version ?? 0 },
    clock.nowMs(),
  );
}

const whoHeard = (from: number) =>
  told
    .slice(from)
    .map((one) => `${one.who} ${one.what}`)
    .sort();
const heard = (who: string) => told.filter((one) => one.who === who).map((one) => one.what);

test('an alert nobody takes is told, and climbs to division and province when their timers end', async () => {
  await set([3], 'UNREACHABLE');
  await pass(30_000);
  // Held 5 s for an incident, gathered 5 s.
  expect(told).toEqual([{ at: '0:10', who: 'district', what: 'New' }]);
  await pass(4 * minuteMs + 20_000, 10_000);
  expect(told).toHaveLength(1);
  await pass(40_000);
  expect(told.slice(1).map((one) => one.at)).toEqual(['5:10', '5:10']);
  expect(whoHeard(1)).toEqual(['district Escalated', 'division Escalated']);
  await pass(11 * minuteMs, 20_000);
  expect(whoHeard(3)).toEqual(['district Escalated', 'division Escalated', 'province Escalated']);
  await set([3], 'ONLINE');
  await pass(20_000);
  expect(whoHeard(6)).toEqual(['district Over', 'division Over', 'province Over']);
});

test('acknowledged a moment before its timer ends, before the queue heard of it, it never climbs', async () => {
  await set([3], 'UNREACHABLE');
  await pass(20_000);
  const timers = await readPendingEscalations(sql);
  expect(timers).toHaveLength(2);
  clock.advance(5 * minuteMs);
  // The step of the acknowledgement still waits in the outbox when the timer's job comes.
  await acknowledge(3);
  for (const timer of timers) expect(await climb(ports, timer)).toBe(false);
  await pass(20 * minuteMs, 60_000);
  expect(heard('district')).toEqual(['New']);
  expect(heard('division')).toEqual([]);
  const [alert] = await readAlerts(sql, { state: 'open', limit: 1 });
  expect(alert?.escalationLevel).toBe(0);
});

test('timers that are overdue together climb in order, whichever job comes first', async () => {
  await set([3], 'UNREACHABLE');
  await pass(20_000, 5_000);
  const [division, province] = await readPendingEscalations(sql);
  // No server ran meanwhile.
  clock.advance(30 * minuteMs);
  const jobs = [province, division, province].flatMap((timer) => timer ?? []);
  await Promise.all(jobs.map((timer) => climb(ports, timer)));
  const levels = await sql<{ level: string }[]>`
    select details->>'level' as level from alert_event where step = 'escalated' order by id`;
  expect(levels.map((one) => one.level)).toEqual(['division', 'province']);
  await pass(20_000, 5_000);
  expect(whoHeard(1)).toEqual(['district Escalated', 'division Escalated', 'province Escalated']);
});

test('acknowledged before it was told nobody hears of it', async () => {
  await set([3], 'UNREACHABLE');
  await pass(7_000);
  await acknowledge(3);
  await pass(10 * minuteMs, 60_000);
  expect(told).toEqual([]);
});

test('an alert that comes again is a new round: its timers begin anew, those of the first do not count', async () => {
  await set([3], 'UNREACHABLE');
  await pass(4 * minuteMs, 10_000);
  await set([3], 'ONLINE');
  // It is back before anybody handled its end: that end is stale then.
  clock.advance(2_000);
  await set([3], 'UNREACHABLE');
  await pass(3 * minuteMs, 5_000);
  const [alert] = await readAlerts(sql, { state: 'open', limit: 1 });
  expect(alert).toMatchObject({ reopened: 1, escalationLevel: 0 });
  const rounds = await sql<{ round: number; outcome: string | null }[]>`
    select round, outcome from escalation order by round, level`;
  expect(rounds.map((one) => one.outcome)).toEqual(['cancelled', 'cancelled', null, null]);
  expect(heard('division')).toEqual([]);
  await pass(4 * minuteMs, 10_000);
  expect(heard('division')).toEqual(['Escalated']);
  const climbs = await sql`select from alert_event where step = 'escalated'`;
  expect(climbs).toHaveLength(1);
});

test('stations that go dark together are one incident: no single page, and the incident climbs', async () => {
  await set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await pass(30_000);
  await pass(6 * minuteMs, 20_000);
  const pages = await sql<{ topic: string }[]>`
    select topic from outbox where payload->>'step' = 'page'`;
  expect(pages.map((one) => one.topic)).toEqual(['incident-step']);
  expect(heard('district').filter((what) => what === 'New')).toHaveLength(1);
  const kinds = await sql<{ subjectKind: string }[]>`select distinct subject_kind from escalation`;
  expect(kinds.map((one) => one.subjectKind)).toEqual(['incident']);
});

test('an incident that takes an alert over speaks for it; when it ends without it the alert climbs itself', async () => {
  await set([3], 'UNREACHABLE');
  await pass(20_000);
  expect(heard('district')).toEqual(['New']);
  await set([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'UNREACHABLE');
  await pass(6 * minuteMs, 15_000);
  const climbs = () => sql<{ alertId: number }[]>`
    select alert_id from alert_event where step = 'escalated'`;
  expect(await climbs()).toEqual([]);
  await set([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'ONLINE');
  await pass(3 * minuteMs, 5_000);
  expect(await climbs()).toHaveLength(1);
  expect(heard('division').at(-1)).toBe('Escalated');
});

test('a roster tells who is on call, and everyone when nobody is', async () => {
  await sql`delete from notice_recipient`;
  const shift = (fromMinute: number, toMinute: number) => ({
    fromMs: beganMs + fromMinute * minuteMs,
    toMs: beganMs + toMinute * minuteMs,
  });
  await add('district', { name: 'early', shifts: [shift(0, 10)] });
  await add('district', { name: 'late', shifts: [shift(10, 20)] });
  const openAndEnd = async (stationId: number) => {
    await set([stationId], 'UNREACHABLE');
    await pass(20_000, 5_000);
    await set([stationId], 'ONLINE');
    await pass(11 * minuteMs, 60_000);
  };
  await openAndEnd(3);
  expect([heard('early'), heard('late')]).toEqual([['New', 'Over'], []]);
  await openAndEnd(5);
  expect([heard('early').length, heard('late')]).toEqual([2, ['New', 'Over']]);
  await openAndEnd(7);
  expect([heard('early').length, heard('late').length]).toEqual([4, 4]);
});

test('quiet hours end on the minute; the rate limit lets go when its window has moved on', async () => {
  await sql`delete from notice_recipient`;
  // The test begins at 12:00 in Karachi.
  await add('district', {
    name: 'resting',
    quiet: { fromMinute: 720, toMinute: 730 },
    limitMessages: 3,
  });
  await add('district', { name: 'limited', limitMessages: 2, limitWindowMs: 5 * minuteMs });
  // In three buildings: they are no incident.
  await set([1], 'UNREACHABLE');
  await pass(20_000, 5_000);
  await set([4], 'UNREACHABLE');
  await pass(20_000, 5_000);
  await set([8], 'UNREACHABLE');
  await pass(8 * minuteMs + 20_000, 20_000);
  await pass(2 * minuteMs, 5_000);
  const times = (who: string) => told.filter((one) => one.who === who).map((one) => one.at);
  expect(times('resting')).toEqual(['10:05']);
  expect(times('limited').slice(0, 2)).toEqual(['0:10', '0:30']);
  // The third one waits for the first to leave the window; looked at every 20 s by then.
  expect(times('limited')[2]).toMatch(/^5:(10|20)$/);
});

test('a clock that is set back by ten minutes holds up no page and climbs nothing twice', async () => {
  await set([3], 'UNREACHABLE');
  await pass(4_000);
  // The server's clock is set back; what is stored lies in the future now.
  const back = createManualClock(clock.nowMs() - 10 * minuteMs);
  await correlator.stop();
  clock = back;
  ports = { ...ports, clock };
  correlator = startCorrelator({ sql, clock, log: testLog, holder: 'set back' });
  await pass(20_000);
  expect(heard('district')).toEqual(['New']);
  await pass(16 * minuteMs, 20_000);
  expect(heard('division')).toEqual(['Escalated', 'Escalated']);
  const climbs = await sql<{ level: string }[]>`
    select details->>'level' as level from alert_event where step = 'escalated' order by id`;
  expect(climbs.map((one) => one.level)).toEqual(['division', 'province']);
});
