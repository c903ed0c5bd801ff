import { createManualClock, systemClock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openLinkExchange } from '../queue/link-exchange.ts';
import { followChanges } from '../store/change-feed.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { startFakeGateway } from '../testing/fake-nodes.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServices,
  testLog,
  testSecretKey,
} from '../testing/test-services.ts';
import { type CredentialBreaker, createCredentialBreaker } from './credential-breaker.ts';

/** The breakers of two server processes on one database. */
let services: TestServices;
let sql: Sql;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  sql = openDatabase(await services.createDatabase(), { maxConnections: 6 });
  await migrate(sql);
}, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await sql`truncate refused_credential`;
});
afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

async function startBreaker(follows = true): Promise<CredentialBreaker> {
  const breaker = await createCredentialBreaker(sql, testSecretKey, systemClock, testLog);
  if (follows) ends.push(await followChanges(sql, (change) => breaker.changed(change)));
  return breaker;
}

const endpoint = { address: '127.0.7.1', onvifPort: 80 };
const wrong = { username: 'admin', password: 'wrong' };
const other = { username: 'admin', password: 'other' };

test('what one process is refused, the other holds at once; what one is granted, both may try', async () => {
  const one = await startBreaker();
  const two = await startBreaker();
  const before = two.revision();
  one.refused(endpoint, wrong);
  await vi.waitFor(() => expect(two.holds(endpoint, wrong)).toBe(true), 10_000);
  expect(two.holds(endpoint, other)).toBe(false);
  expect(two.guessesLeft(endpoint)).toBe(3);
  expect(two.revision()).toBeGreaterThan(before);
  one.streamRefused('rtsp://127.0.7.1/main', endpoint, other, Date.now());
  await vi.waitFor(
    () => expect(two.holdsStream('rtsp://127.0.7.1/main', other)).toBe(true),
    10_000,
  );
  const held = one.revision();
  two.accepted(endpoint, wrong);
  await vi.waitFor(() => expect(one.holds(endpoint, wrong)).toBe(false), 10_000);
  expect(one.revision()).toBeGreaterThan(held);
  const third = await startBreaker();
  expect([third.holds(endpoint, wrong), third.holds(endpoint, other)]).toEqual([false, true]);
});

test('refused and granted in one breath stays granted, here and there', async () => {
  const one = await startBreaker();
  const two = await startBreaker();
  for (let time = 0; time < 20; time += 1) {
    one.refused(endpoint, wrong);
    one.accepted(endpoint, wrong);
  }
  await one.settled();
  one.refused(endpoint, other);
  await vi.waitFor(() => expect(two.holds(endpoint, other)).toBe(true), 10_000);
  expect([one.holds(endpoint, wrong), two.holds(endpoint, wrong)]).toEqual([false, false]);
  expect(await two.holdsAnywhere(endpoint, wrong)).toBe(false);
});

test('many refusals together reach the other process', async () => {
  const one = await startBreaker();
  const two = await startBreaker();
  const places = Array.from({ length: 300 }, (_, n) => ({
    address: `127.9.0.${n}`,
    onvifPort: 80,
  }));
  for (const place of places) one.refused(place, wrong);
  await vi.waitFor(
    () => expect(places.filter((place) => !two.holds(place, wrong))).toEqual([]),
    10_000,
  );
});

test('a process that no notice reached asks what is stored, and takes it in when the feed is back', async () => {
  const one = await startBreaker();
  const deaf = await startBreaker(false);
  one.refused(endpoint, wrong);
  await one.settled();
  expect(deaf.holds(endpoint, wrong)).toBe(false);
  expect(await deaf.holdsAnywhere(endpoint, wrong)).toBe(true);
  deaf.changed({ topic: 'resumed' });
  await deaf.settled();
  expect(deaf.holds(endpoint, wrong)).toBe(true);
  one.accepted(endpoint, wrong);
  await one.settled();
  deaf.changed({ topic: 'resumed' });
  await deaf.settled();
  expect(deaf.holds(endpoint, wrong)).toBe(false);
});

test('what could not be stored is not forgotten: it is stored when the database is back', async () => {
  const clock = createManualClock(Date.now());
  const breaker = await createCredentialBreaker(sql, testSecretKey, clock, testLog);
  await sql`alter table refused_credential rename to away`;
  try {
    breaker.refused(endpoint, wrong);
    await breaker.settled();
    expect(await breaker.holdsAnywhere(endpoint, wrong)).toBe(true);
    expect(await breaker.holdsAnywhere(endpoint, other)).toBe(false);
  } finally {
    await sql`alter table away rename to refused_credential`;
  }
  breaker.changed({ topic: 'resumed' });
  await breaker.settled();
  expect(breaker.holds(endpoint, wrong)).toBe(true);
  expect((await startBreaker(false)).holds(endpoint, wrong)).toBe(true);
});

test('of two server processes with a gateway each, one alone offers a camera its wrong password', async () => {
  const first = await startTestServer(services);
  ends.push(() => first.stop());
  const second = await startTestServer(services, { databaseUrl: first.databaseUrl });
  ends.push(() => second.stop());
  const tries: string[] = [];
  const gatewayOf = (url: string, name: string) => {
    const link = startFakeGateway(url, {
      'gateway.probe': async ({ endpoint: { address }, credentials }) => {
        if (credentials !== null) tries.push(`${name} ${address}`);
        throw new Fault('CAMERA_AUTH_REFUSED', 'wrong');
      },
    });
    ends.push(() => link.stop());
    return link;
  };
  await first.importPlan(planOf(1, 1));
  const gateway = gatewayOf(first.url, 'first');
  await vi.waitFor(() => expect(tries).toEqual(['first 127.9.1.1']), { timeout: 10_000 });
  await gateway.stop();
  // The second process has both cameras to register now, and began before the first was refused.
  await first.importPlan(planOf(2, 1));
  gatewayOf(second.url, 'second');
  await vi.waitFor(() => expect(tries).toContain('second 127.9.2.1'), { timeout: 10_000 });
  expect(tries).toEqual(['first 127.9.1.1', 'second 127.9.2.1']);
}, 40_000);

test('of two server processes with a gateway each, every camera of a new plan is tried by one', async () => {
  const queuePrefix = `test-shares-${process.pid}`;
  const first = await startTestServer(services, { queuePrefix });
  ends.push(() => first.stop());
  const { databaseUrl } = first;
  const second = await startTestServer(services, { databaseUrl, queuePrefix });
  ends.push(() => second.stop());
  const tries = new Map<string, string[]>();
  for (const { url } of [first, second]) {
    const link = startFakeGateway(url, {
      'gateway.probe': async ({ endpoint: { address } }) => {
        tries.set(address, [...(tries.get(address) ?? []), url]);
        throw new Fault('CAMERA_AUTH_REFUSED', 'wrong');
      },
    });
    ends.push(() => link.stop());
  }
  const observer = openLinkExchange({
    ...{ redisUrl: services.redisUrl, prefix: queuePrefix, serverId: 'observer' },
    ...{ clock: systemClock, log: testLog, linkedHere: () => [] },
    answer: async () => null,
    onLiveClosed: () => {},
  });
  ends.push(() => observer.stop());
  // Each has told the other of its gateway.
  await vi.waitFor(
    () => {
      const servers = observer.others('gateway').map(({ serverId }) => serverId);
      expect(new Set(servers).size).toBe(2);
    },
    { timeout: 10_000 },
  );
  await first.importPlan(planOf(40, 1));
  await vi.waitFor(() => expect(tries.size).toBe(40), { timeout: 15_000 });
  const byHowMany = [...tries.values()].map((servers) => servers.length);
  expect(byHowMany).toEqual(byHowMany.map(() => 1));
  expect(new Set([...tries.values()].flat()).size).toBe(2);
}, 40_000);
