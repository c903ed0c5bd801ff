import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import { openDatabase, type Sql, toJson } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { testStreams } from '@nigehban/server/testing/fake-nodes.ts';
import { seedFleet } from '@nigehban/server/testing/seed-fleet.ts';
import { testLog, testPassword } from '@nigehban/server/testing/test-services.ts';
import { writeEscalationPolicy } from '@nigehban/server/use-cases/escalate.ts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Balancer, startBalancer } from '../chaos/balancer.ts';
import { findDiscrepancies, readOpenOutages, readSent } from '../chaos/ledger.ts';
import { addRecipients, type Receivers, startReceivers } from '../chaos/receivers.ts';
import { startTrueFleet, type TrueFleet } from '../chaos/true-fleet.ts';
import { type Child, startChild } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';

const serverMain = fileURLToPath(new URL('../chaos/server-main.ts', import.meta.url));
const fleet = { districts: 24, stations: 600, cameras: 2_400 };
const perDistrict = fleet.stations / fleet.districts;
const perStation = fleet.cameras / fleet.stations;
/** Longer than a person takes here, shorter than the storm. */
const divisionAfterMs = 10_000;
const provinceAfterMs = 14_000;

let folder: string;
let postgres: EmbeddedServer;
let redis: EmbeddedServer;
let receivers: Receivers;
let balancer: Balancer;
let nodes: TrueFleet;
let sql: Sql;
let ports: number[];
const servers: Child[] = [];

const startServerOn = async (port: number): Promise<Child> => {
  const child = startChild(serverMain, [], {
    CHAOS_PORT: String(port),
    CHAOS_DATABASE_URL: postgres.url,
    CHAOS_REDIS_URL: redis.url,
  });
  servers.push(child);
  await eventually(
    'the server serves',
    () => {
      if (child.exited()) throw new Error(child.output());
      return child.output().includes('READY');
    },
    90_000,
    50,
  );
  return child;
};

const camerasOf = (station: number) =>
  Array.from({ length: perStation }, (_, n) => (station - 1) * perStation + n + 1);
const stationsOf = (district: number) =>
  Array.from({ length: perDistrict }, (_, n) => (district - 1) * perDistrict + n + 1);

/** Single stations far from each other: nobody but their districts is concerned at first. */
const alone = [19, 20, 21, 22, 23, 24].map((district) => stationsOf(district)[7] ?? 0);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-chaos-'));
  const embedded = { dataFolder: folder, log: testLog };
  [postgres, redis, receivers, ports] = await Promise.all([
    startEmbeddedPostgres(embedded),
    startEmbeddedRedis(embedded),
    startReceivers(),
    freePorts(2),
  ]);
  sql = openDatabase(postgres.url, { maxConnections: 4 });
  await migrate(sql);
  await seedFleet(sql, fleet);
  // Half of the province hangs on each uplink: an outage of one would take them along when the storm begins
  // with the stations of that half, and what is part of an incident climbs with it.
  await sql`update station set uplink = null where id = any(${alone}::int[])`;
  await sql`update camera set streams = ${sql.json(toJson(testStreams))}`;
  await sql`
    insert into phase_entry (election_id, phase, starts_at)
    values (1, 'poll', ${Date.now() - 3_600_000})`;
  const timers = { divisionAfterMs, provinceAfterMs };
  await writeEscalationPolicy(sql, {
    ...defaultEscalationPolicy,
    poll: { info: timers, minor: timers, major: timers, critical: timers },
  });
  await addRecipients(sql, receivers);
  // The first one migrates alone.
  for (const port of ports) await startServerOn(port);
  balancer = await startBalancer(ports);
  nodes = startTrueFleet(balancer.url);
  await eventually(
    'all cameras are online',
    async () => {
      const online = await countOnline();
      if (online < fleet.cameras) throw new Error(`${online} of ${nodes.carried()} carried`);
      return true;
    },
    60_000,
    100,
  );
}, 200_000);

afterAll(async () => {
  await nodes?.stop();
  balancer?.close();
  await Promise.all(servers.map((server) => server.end('SIGTERM', 5_000)));
  await receivers?.stop();
  await sql?.end({ timeout: 1 });
  await redis?.stop();
  await postgres?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

async function countOnline(): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*) as n from camera_state where kind = 'ONLINE'`;
  return row?.n ?? 0;
}

const json = { 'content-type': 'application/json' };

async function signIn(): Promise<string> {
  const signed = await fetch(`${balancer.url}/api/session`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ username: 'operator', password: testPassword }),
  });
  return signed.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}

async function acknowledge(alertId: number, cookie: string): Promise<void> {
  const [row] = await sql<{ version: number }[]>`select version from alert where id = ${alertId}`;
  const answer = await fetch(`${balancer.url}/api/alerts/${alertId}/acknowledge`, {
    method: 'POST',
    headers: { ...json, cookie },
    body: JSON.stringify({ version: row?.version }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('through a killed server, an emptied Redis and a killed PostgreSQL in the middle of a storm, alerts are the truth and nothing told is lost', async () => {
  const [first, second] = servers;
  const cookie = await signIn();
  nodes.set(alone.flatMap(camerasOf), true);
  const paged = await eventually(
    'the single alerts were told and their timers run',
    async () => {
      const rows = await sql<{ id: number }[]>`
        select al.id from alert al where al.station_id = any(${alone}::int[]) and exists (
          select from escalation e where e.subject_kind = 'alert' and e.subject_id = al.id)
        order by al.id`;
      return rows.length === alone.length ? rows.map((row) => row.id) : undefined;
    },
    30_000,
    50,
  );
  const [inHand, unheeded] = [paged.slice(0, 3), paged.slice(3)];
  for (const id of inHand) await acknowledge(id, cookie);

  // A part of the province goes dark, in slices; some come back at once, others again and again.
  const cut = Array.from({ length: 10 }, (_, n) => stationsOf(n + 1)).flat();
  const restless = cut.filter((station) => station % 11 === 0);
  const slices = Array.from({ length: 10 }, (_, n) => cut.filter((_s, index) => index % 10 === n));
  for (const [index, slice] of slices.entries()) {
    nodes.set(slice.flatMap(camerasOf), true);
    await pause(200);
    if (index === 4) await first?.end('SIGKILL');
    if (index === 6) {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    }
    if (index === 8) process.kill(postgres.pid(), 'SIGKILL');
    nodes.set(restless.flatMap(camerasOf), index % 2 === 0);
  }
  await startServerOn(ports[0] ?? 0);
  for (let round = 0; round < 6; round++) {
    nodes.set(restless.flatMap(camerasOf), round % 2 === 0);
    await pause(300);
  }
  // Half of it comes back; one more server dies while it does, and Redis is emptied again.
  nodes.set(
    [1, 2, 3, 4, 5].flatMap((district) => stationsOf(district).flatMap(camerasOf)),
    false,
  );
  await second?.end('SIGKILL');
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  await startServerOn(ports[1] ?? 0);
  nodes.set(restless.flatMap(camerasOf), false);

  const dark = new Map<number, string>();
  for (let station = 1; station <= fleet.stations; station++) {
    if (camerasOf(station).every(nodes.isDown)) dark.set(station, 'BLIND');
  }
  expect(dark.size).toBeGreaterThan(100);
  await eventually(
    'the open alerts are the truth of the fleet',
    async () => {
      const open = await readOpenOutages(sql);
      expect([...open].sort((a, b) => a[0] - b[0])).toEqual([...dark]);
      return (await countOnline()) === fleet.cameras - dark.size * perStation;
    },
    90_000,
    250,
  );
  await eventually(
    'nothing is half done',
    async () => {
      const found = await findDiscrepancies(sql);
      if (found.length > 0) throw new Error(found.join('\n'));
      return true;
    },
    90_000,
    500,
  );

  // That nothing climbed after it was acknowledged is one of the discrepancies above.
  const climbed = await sql<{ alertId: number; level: string; times: number }[]>`
    select alert_id, details->>'level' as level, count(*) as times from alert_event
    where step = 'escalated' and alert_id = any(${unheeded}::int[])
    group by 1, 2 order by 1, 2`;
  expect(climbed).toEqual(
    unheeded.flatMap((alertId) => [
      { alertId, level: 'division', times: 1 },
      { alertId, level: 'province', times: 1 },
    ]),
  );
  const sent = await readSent(sql);
  const taken = receivers.taken();
  expect([...taken.keys()].sort()).toEqual([...sent.keys()].sort());
  for (const [id, times] of taken) expect(times).toBeLessThanOrEqual(sent.get(id) ?? 0);
  // Each single station's own, and both climbs of those that nobody took, at least.
  expect(sent.size).toBeGreaterThanOrEqual(alone.length + 2 * unheeded.length);
  // Nobody but those who were killed ended.
  expect(servers.slice(2).map((server) => server.exited())).toEqual([false, false]);
}, 240_000);
