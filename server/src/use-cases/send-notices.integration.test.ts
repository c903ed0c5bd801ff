import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import type { NoticeOccasion } from '@nigehban/domain/notice-occasion.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../store/database.ts';
import { readDeliveries, readMessages } from '../store/message-store.ts';
import { migrate } from '../store/migrate.ts';
import { dropWaiting, readDueWork, reviveMessage } from '../store/notice-store.ts';
import {
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { listRecipients, saveRecipient, takeOutRecipient } from './manage-recipients.ts';
import { deliverMessage, flushRecipient, type NoticePorts, takeOccasion } from './send-notices.ts';

let services: TestServices;
let sql: Sql;
let hookUrl: string;
let answer = 200;
const received: { id: string; subject: string; notices: number }[] = [];
const hook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (answer === 200) {
      received.push({ id: body.id, subject: body.subject, notices: body.data.notices });
    }
    response.writeHead(answer).end();
  });
});
const person = { username: 'administrator', address: '127.0.0.1' };
const startMs = Date.UTC(2027, 1, 8, 7);
let clock = createManualClock(startMs);
let ports: NoticePorts;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase());
  await migrate(sql);
  await sql`insert into district (code, name, name_ur, division)
    values ('LHR', 'Lahore', 'لاہور', 'Lahore'), ('MUL', 'Multan', 'ملتان', 'Multan')`;
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook?key=hidden`;
}, 60_000);

beforeEach(async () => {
  await sql`truncate notice_delivery, notice, notice_message, notice_shift, notice_recipient cascade`;
  received.length = 0;
  answer = 200;
  clock = createManualClock(startMs);
  ports = {
    sql,
    clock,
    log: testLog,
    secretKey: testSecretKey,
    random: () => 0.5,
    push: async () => {},
    gatherMs: 10_000,
    attemptMs: 2_000,
  };
});

afterAll(async () => {
  hook.close();
  hook.closeAllConnections();
  await sql?.end();
  await services?.stop();
});

const body = (changes: Partial<RecipientBody> = {}): RecipientBody => ({
  name: 'DC office',
  channel: 'webhook',
  target: { kind: 'webhook', url: hookUrl, secret: 'a-shared-secret' },
  language: 'en',
  level: 'district',
  districtCode: 'LHR',
  division: null,
  minSeverity: 'info',
  quiet: null,
  limitMessages: 3,
  limitWindowMs: 600_000,
  enabled: true,
  shifts: [],
  ...changes,
});

const occasion = (id: number, changes: Partial<NoticeOccasion> = {}): NoticeOccasion => ({
  key: `alert-${id}-paged-1`,
  subject: { kind: 'alert', id },
  step: 'opened',
  severity: 'major',
  level: 'district',
  districtCode: 'LHR',
  division: 'Lahore',
  phase: 'poll',
  atMs: clock.nowMs(),
  facts: {
    place: `NA-117-${id}`,
    placeName: 'School',
    placeNameUr: 'سکول',
    district: 'Lahore',
    districtUr: 'لاہور',
    what: 'BLIND',
    stations: 1,
    cameras: 4,
    down: 4,
    openedAtMs: clock.nowMs(),
  },
  ...changes,
});

const add = async (changes: Partial<RecipientBody> = {}): Promise<number> =>
  (await saveRecipient(ports, { id: null, body: body(changes) }, person, clock.nowMs())).id;

/** What the queue would do at this moment. */
async function work(): Promise<void> {
  const due = await readDueWork(sql, clock.nowMs());
  for (const id of due.recipients) await flushRecipient(ports, id);
  const { messages } = await readDueWork(sql, clock.nowMs());
  for (const id of messages) await deliverMessage(ports, id);
}

async function workFor(durationMs: number, stepMs = 5_000): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += stepMs) {
    clock.advance(stepMs);
    await work();
  }
}

test('an occasion told many times, in parallel too, is one message', async () => {
  await add();
  await Promise.all(Array.from({ length: 8 }, () => takeOccasion(ports, occasion(1))));
  await work();
  expect(received).toEqual([]);
  clock.advance(10_000);
  await Promise.all([work(), work(), work()]);
  await workFor(60_000);
  expect(received.map((one) => one.subject)).toEqual([
    'New: polling station blind, NA-117-1, Lahore',
  ]);
});

test('a storm is a few messages for each recipient, and none of its notices is lost', async () => {
  await add();
  for (let id = 1; id <= 150; id++) await takeOccasion(ports, occasion(id));
  await workFor(20_000);
  for (let id = 151; id <= 300; id++) await takeOccasion(ports, occasion(id));
  await workFor(500_000, 20_000);
  expect(received.length).toBeLessThanOrEqual(3);
  expect(received.reduce((sum, one) => sum + one.notices, 0)).toBe(300);
});

test('what is over before it was told is never told; what was told is followed by its end', async () => {
  await add();
  await takeOccasion(ports, occasion(1));
  await takeOccasion(ports, occasion(1, { key: 'alert-1-closed-2', step: 'closed' }));
  await workFor(60_000);
  expect(received).toEqual([]);
  await takeOccasion(ports, occasion(2));
  await workFor(20_000);
  await takeOccasion(
    ports,
    occasion(2, { key: 'alert-2-closed-2', step: 'closed', severity: 'info' }),
  );
  await workFor(20_000);
  expect(received.map((one) => one.subject.split(':')[0])).toEqual(['New', 'Over']);
});

test('an end that is handled twice, or before the acknowledgement, is told all the same', async () => {
  await add();
  await takeOccasion(ports, occasion(1));
  await workFor(20_000);
  const end = occasion(1, { key: 'alert-1-closed-2', step: 'closed' });
  await takeOccasion(ports, end);
  await takeOccasion(ports, end);
  await dropWaiting(sql, end.subject, 'in-hand', clock.nowMs());
  await workFor(20_000);
  expect(received.map((one) => one.subject.split(':')[0])).toEqual(['New', 'Over']);
});

test('what happens to one alert in the meantime is one message that says how it stands', async () => {
  await add();
  await takeOccasion(ports, occasion(1));
  await takeOccasion(ports, occasion(1, { key: 'alert-1-escalated-2', step: 'escalated' }));
  await workFor(30_000);
  expect(received.map((one) => [one.subject.split(':')[0], one.notices])).toEqual([
    ['Escalated', 2],
  ]);
});

test('quiet hours hold back what can wait and say how much it was', async () => {
  const id = await add({ quiet: { fromMinute: 12 * 60, toMinute: 13 * 60 } });
  for (let one = 1; one <= 5; one++) await takeOccasion(ports, occasion(one));
  await workFor(1_800_000, 60_000);
  expect(received).toEqual([]);
  expect((await listRecipients(sql, clock.nowMs(), id))[0]?.waiting).toBe(5);
  await workFor(2_400_000, 60_000);
  expect(received).toMatchObject([{ notices: 5 }]);
  const [message] = await readMessages(sql, { limit: 1 });
  expect(message?.heldBack).toBe(5);
});

test('a receiver that fails is tried again ever later, with the same id, then it is a dead letter', async () => {
  await add();
  answer = 503;
  await takeOccasion(ports, occasion(1));
  await workFor(20_000);
  const [waiting] = await readMessages(sql, { limit: 1 });
  expect(waiting).toMatchObject({ state: 'waiting', reason: 'HTTP 503' });
  const id = waiting?.id ?? '';
  await workFor(700_000);
  const [dead] = await readMessages(sql, { limit: 1, state: 'dead' });
  expect(dead).toMatchObject({ id, attempts: 8 });
  const deliveries = await readDeliveries(sql, id);
  const gaps = deliveries.slice(1).map((one, index) => one.atMs - (deliveries[index]?.atMs ?? 0));
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  answer = 200;
  expect(await reviveMessage(sql, id, clock.nowMs())).toBe(true);
  await work();
  expect(received.map((one) => one.id)).toEqual([id]);
  expect(await reviveMessage(sql, id, clock.nowMs())).toBe(false);
});

test('an attempt whose process died is made once more, not twice at the same time', async () => {
  await add();
  await takeOccasion(ports, occasion(1));
  clock.advance(10_000);
  const [recipient] = await listRecipients(sql, clock.nowMs());
  const { messages } = await flushRecipient(ports, recipient?.id ?? 0);
  const id = messages[0] ?? '';
  // Claimed by a process that never came back.
  await sql`update notice_message set attempts = 1, next_attempt_at = ${clock.nowMs() + 6_000} where id = ${id}`;
  expect(await deliverMessage(ports, id)).toBeNull();
  clock.advance(6_000);
  const both = await Promise.all([deliverMessage(ports, id), deliverMessage(ports, id)]);
  expect(both.filter((one) => one !== null)).toHaveLength(1);
  expect(received).toHaveLength(1);
});

test('a removed recipient hears nothing more', async () => {
  const id = await add();
  await takeOccasion(ports, occasion(1));
  await takeOutRecipient(sql, id, person, clock.nowMs());
  await workFor(30_000);
  expect(received).toEqual([]);
  await expect(takeOutRecipient(sql, id, person, clock.nowMs())).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('targets are sealed and never shown; bad ones are named', async () => {
  const id = await add();
  const [view] = await listRecipients(sql, clock.nowMs(), id);
  expect(view?.targetHint).toBe(new URL(hookUrl).origin);
  const [stored] = await sql<{ target: Buffer }[]>`select target from notice_recipient`;
  expect(stored?.target.includes('a-shared-secret')).toBe(false);
  expect(JSON.stringify(await sql`select details from audit_log`)).not.toContain('hidden');
  const bad: [Partial<RecipientBody>, RegExp][] = [
    [{ target: { kind: 'webhook', url: 'ftp://x', secret: '12345678' } }, /target\.url/],
    [{ target: null }, /target is missing/],
    [{ districtCode: 'XXX' }, /districtCode/],
    [{ level: 'division', division: 'Mars' }, /division/],
    [{ channel: 'sms' }, /channel sms/],
    [{ shifts: [{ fromMs: 2, toMs: 1 }] }, /shifts\[0\]/],
  ];
  for (const [changes, message] of bad) {
    await expect(add(changes)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(message),
    });
  }
  const kept = await saveRecipient(
    ports,
    { id, body: body({ name: 'DC', target: null }) },
    person,
    clock.nowMs(),
  );
  expect(kept).toMatchObject({ name: 'DC', targetHint: new URL(hookUrl).origin });
  await takeOccasion(ports, occasion(1));
  await workFor(20_000);
  expect(received).toHaveLength(1);
});
