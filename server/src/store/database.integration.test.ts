import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testLog } from '../testing/test-services.ts';
import { openDatabase, type Sql } from './database.ts';

let folder: string;
let postgres: EmbeddedServer;
let sql: Sql;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-database-test-'));
  postgres = await startEmbeddedPostgres({ dataFolder: folder, log: testLog });
  sql = openDatabase(postgres.url);
  await sql`create table entry (id bigint generated always as identity, worker int, part int)`;
}, 60_000);

afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await postgres?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function answersWithin(deadlineMs: number): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    try {
      // Each connection of the pool is asked.
      const rows = await Promise.all(
        Array.from({ length: 12 }, () => sql<{ one: number }[]>`select 1 as one, pg_sleep(0.02)`),
      );
      expect(rows.map((list) => list.map((row) => row.one))).toEqual(Array(12).fill([1]));
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await turn();
    }
  }
}

// An uncaught exception or unhandled rejection of the driver fails this run.
test('transactions under way survive PostgreSQL being killed again and again, whole or not at all', async () => {
  let stopped = false;
  let failures = 0;
  const worker = async (id: number) => {
    while (!stopped) {
      await sql
        .begin(async (tx) => {
          await tx`insert into entry (worker, part) values (${id}, 0)`;
          // Something else is awaited meanwhile, as Redis is.
          for (let wait = 0; wait < id % 4; wait++) await turn();
          await Promise.all([
            tx`insert into entry (worker, part) values (${id}, 1)`,
            tx`select g, ${'x'.repeat(200)}::text as filler from generate_series(1, 400) g`,
          ]);
          await tx`insert into entry (worker, part) values (${id}, 2)`.catch(() => {});
          await tx`insert into entry (worker, part) values (${id}, 3)`;
        })
        .catch(async () => {
          failures++;
          await turn();
        });
    }
  };
  const workers = Array.from({ length: 16 }, (_, id) => worker(id));
  for (let round = 0; round < 4; round++) {
    const before = postgres.pid();
    process.kill(before, 'SIGKILL');
    while (postgres.pid() === before) await turn();
    await answersWithin(8_000);
  }
  stopped = true;
  await Promise.all(workers);
  expect(failures).toBeGreaterThan(0);
  const [parts] = await sql<{ least: number; most: number }[]>`
    select min(n) as least, max(n) as most from (select count(*) as n from entry group by part) p`;
  expect(parts?.least).toBe(parts?.most);
  expect(parts?.least).toBeGreaterThan(0);
}, 60_000);

test('a statement of a transaction that lost its connection fails, and never runs in another', async () => {
  const one = openDatabase(postgres.url, { maxConnections: 1 });
  try {
    await one`create table if not exists other (id int)`;
    await one`truncate other`;
    let tellBackend = (_pid: number) => {};
    const backend = new Promise<number>((resolve) => {
      tellBackend = resolve;
    });
    let goOn = () => {};
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let late: Promise<unknown> = Promise.resolve();
    const lost = one.begin(async (tx) => {
      const [row] = await tx<{ pid: number }[]>`
        insert into other values (1) returning pg_backend_pid() as pid`;
      tellBackend(row?.pid ?? 0);
      await waits;
      late = tx`insert into other values (2)`;
      await late;
    });
    lost.catch(() => {});
    await sql`select pg_terminate_backend(${await backend})`;
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await one.begin(async (tx) => {
      await tx`insert into other values (3)`;
      goOn();
      await turn();
      await expect(late).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
      await tx`insert into other values (4)`;
    });
    const rows = await one<{ id: number }[]>`select id from other order by id`;
    expect(rows.map((row) => row.id)).toEqual([3, 4]);
  } finally {
    await one.end({ timeout: 1 });
  }
});

test('no plan is kept: a statement is planned for the tables as they are', async () => {
  const one = openDatabase(postgres.url, { maxConnections: 1 });
  try {
    for (let time = 0; time < 8; time++) {
      await one`select count(*) from entry where worker < ${time}`;
      await one`select count(*) from entry`;
    }
    const kept = await one<{ statement: string }[]>`
      select statement from pg_prepared_statements where statement like ${'%from entry%'}`;
    expect(kept).toEqual([]);
  } finally {
    await one.end({ timeout: 1 });
  }
});
