import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { NoticeOccasion } from '@nigehban/domain/notice-occasion.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openOutboxQueue } from '../queue/outbox-queue.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { readDueWork } from '../store/notice-store.ts';
import { putOutbox } from '../store/outbox-store.ts';
import {
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { createOutboxWork, startOutboxDispatcher } from './dispatch-outbox.ts';
import { saveRecipient } from './manage-recipients.ts';
import { deliverMessage, flushRecipient, type NoticePorts, takeOccasion } from './send-notices.ts';

let services: TestServices;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  sql = openDatabase(await services.createDatabase());
  await migrate(sql);
  await sql`insert into district (code, name, name_ur, division)
    values ('LHR', 'Lahore', 'لاہور', 'Lahore')`;
}, 60_000);

afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await services?.stop();
});

test('an end that overtakes the message of the beginning: both are told, or neither', async () => {
  const clock = createManualClock(Date.UTC(2027, 1, 8, 7));
  const told: string[] = [];
  const ports: NoticePorts = {
    sql,
    clock,
    log: testLog,
    secretKey: testSecretKey,
    random: () => 0.5,
    push: async (_sql, _username, { subject }) => {
      told.push(subject);
    },
    gatherMs: 1_000,
    attemptMs: 2_000,
  };
  const { id: recipientId } = await saveRecipient(
    ports,
    {
      id: null,
      body: {
        name: 'control room',
        channel: 'push',
        target: { kind: 'push', username: 'operator' },
        language: 'en',
        level: 'district',
        districtCode: 'LHR',
        division: null,
        minSeverity: 'info',
        quiet: null,
        limitMessages: 1_000,
        limitWindowMs: 60_000,
        enabled: true,
        shifts: [],
      },
    },
    { username: 'administrator', address: '127.0.0.1' },
    clock.nowMs(),
  );
  const occasion = (id: number, step: NoticeOccasion['step']): NoticeOccasion => ({
    key: `alert-${id}-${step}`,
    subject: { kind: 'alert', id },
    step,
    severity: 'major',
    level: 'district',
    districtCode: 'LHR',
    division: 'Lahore',
    phase: 'poll',
    atMs: clock.nowMs(),
    facts: {
      place: `PS-${id}`,
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
  });
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await new Promise((done) => setImmediate(done));
  };
  const races = 60;
  for (let id = 1; id <= races; id++) {
    await takeOccasion(ports, occasion(id, 'opened'));
    clock.advance(2_000);
    // The one is a little ahead of the other, in each race differently.
    await Promise.all([
      turns(id % 4).then(() => flushRecipient(ports, recipientId)),
      turns((id >> 2) % 4).then(() => takeOccasion(ports, occasion(id, 'closed'))),
    ]);
    clock.advance(2_000);
    await flushRecipient(ports, recipientId);
    for (const message of (await readDueWork(sql, clock.nowMs())).messages) {
      await deliverMessage(ports, message);
    }
  }
  const outcomes = Array.from({ length: races }, (_, index) =>
    told
      .filter((subject) => subject.includes(`PS-${index + 1},`))
      .map((subject) => subject.split(':')[0])
      .join(' '),
  );
  // A message made in between may say at once that it is over; the beginning is never left alone.
  expect(outcomes.filter((one) => one === 'New')).toEqual([]);
  expect(new Set(outcomes).size).toBeGreaterThan(1);
});

test('an entry whose job failed for good in Redis is queued again until it is handled', async () => {
  const clock = createManualClock(Date.now());
  let attempts = 0;
  const handled: string[] = [];
  const handlers = {
    'race-step': async ({ key }: { readonly key: string }) => {
      attempts += 1;
      if (attempts <= 6) throw new Error('not yet');
      handled.push(key);
    },
  };
  const queue = openOutboxQueue({
    redisUrl: services.redisUrl,
    prefix: 'races',
    concurrency: 4,
    log: testLog,
    work: createOutboxWork(sql, handlers, { clock, log: testLog }).run,
    onReady: () => wakeAll(),
  });
  // Two of them, as two server processes have.
  const dispatchers = [0, 1].map(() =>
    startOutboxDispatcher(sql, queue, ['race-step'], { clock, log: testLog }),
  );
  const wakeAll = () => {
    for (const one of dispatchers) one.wake();
  };
  try {
    await putOutbox(sql, [{ key: 'entry-1', topic: 'race-step', payload: {} }]);
    wakeAll();
    await vi.waitFor(() => expect(attempts).toBe(5), { timeout: 20_000 });
    await vi.waitFor(async () => expect((await queue.counts()).active).toBe(0), 10_000);
    expect(handled).toEqual([]);
    // Set back by an hour: when it was sent lies in the future then.
    await sql`update outbox set sent_at = ${clock.nowMs() + 3_600_000}::timestamptz`;
    wakeAll();
    await vi.waitFor(() => expect(handled).toEqual(['entry-1']), { timeout: 20_000 });
    await vi.waitFor(async () => {
      const [row] = await sql<{ doneAt: number | null }[]>`select done_at from outbox`;
      expect(row?.doneAt).not.toBeNull();
    }, 10_000);
  } finally {
    await Promise.all(dispatchers.map((one) => one.stop()));
    await queue.stop();
  }
});
