import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServices, type TestServices } from '../testing/test-services.ts';
import { openDatabase, type Queryable, type Sql } from './database.ts';
import { readMessages, readRecipientStanding } from './message-store.ts';
import { migrate } from './migrate.ts';

/** A log as a season leaves it: 40 recipients, 40,000 messages of which a few are dead or wait. */
const messages = 40_000;
const recipients = 40;
const beganMs = Date.UTC(2027, 1, 1);
let services: TestServices;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase(), { maxConnections: 2 });
  await migrate(sql);
  await sql`
    insert into notice_recipient (name, channel, target_hint, username, language, level, min_severity,
      limit_messages, limit_window_ms, created_at)
    select 'R' || n, 'push', 'r', 'r' || n, 'en', 'province', 'minor', 10, 60000, now()
    from generate_series(1, ${recipients}::int) n`;
  await sql`
    insert into notice_message (id, recipient_id, created_at, notices, subject, body, short_text, data,
      state, attempts, next_attempt_at, finished_at, reason)
    select gen_random_uuid(), 1 + n % ${recipients}::int, at, 1, 'message ' || n, 'body', 'body', '{}',
      state, 1, at, case when state = 'waiting' then null else at end,
      case when state = 'dead' then 'HTTP 500' end
    from (
      select n, ${beganMs}::timestamptz + n * interval '1 minute' as at,
        case when n % 4000 = 0 then 'dead' when n % 3999 = 0 then 'waiting' else 'sent' end as state
      from generate_series(1, ${messages}::int) n
    ) given`;
  await sql`analyze notice_message`;
}, 60_000);

afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

/** What a read takes from the table of messages, as PostgreSQL counts it within the transaction. */
async function costOf<T>(read: (tx: Queryable) => Promise<T>) {
  return await sql.begin('read only', async (tx) => {
    const result = await read(tx);
    const [cost] = await tx<{ walks: number; fetched: number }[]>`
      select seq_scan::bigint as walks, coalesce(idx_tup_fetch, 0)::bigint as fetched
      from pg_stat_xact_user_tables where relname = 'notice_message'`;
    return { result, walks: cost?.walks ?? -1, fetched: cost?.fetched ?? -1 };
  });
}

const numbers = (rows: readonly { readonly subject: string }[]) =>
  rows.map(({ subject }) => Number(subject.split(' ')[1]));

test('the newest messages are read without walking over the log', async () => {
  const { result, walks, fetched } = await costOf((tx) => readMessages(tx, { limit: 3 }));
  expect(numbers(result)).toEqual([messages, messages - 1, messages - 2]);
  expect(walks).toBe(0);
  expect(fetched).toBeLessThan(10);
});

test('so is a page further back, and one recipient’s', async () => {
  const beforeMs = beganMs + 20_000 * 60_000;
  const page = await costOf((tx) => readMessages(tx, { beforeMs, limit: 2 }));
  expect(numbers(page.result)).toEqual([19_999, 19_998]);
  expect({ walks: page.walks, few: page.fetched < 10 }).toEqual({ walks: 0, few: true });
  const own = await costOf((tx) => readMessages(tx, { recipientId: 5, limit: 2 }));
  expect(numbers(own.result)).toEqual([39_964, 39_924]);
  expect({ walks: own.walks, few: own.fetched < 200 }).toEqual({ walks: 0, few: true });
});

test('the few dead letters are found among all that were sent', async () => {
  const { result, walks, fetched } = await costOf((tx) =>
    readMessages(tx, { state: 'dead', limit: 100 }),
  );
  expect(numbers(result)).toEqual([...Array(10).keys()].map((n) => 40_000 - n * 4_000));
  expect(walks).toBe(0);
  expect(fetched).toBeLessThan(100);
});

test('how the recipients stand does not cost all that they were ever sent', async () => {
  const { result, walks, fetched } = await costOf((tx) => readRecipientStanding(tx));
  // Message 40,000, the last of recipient 1, is dead; the one before was sent.
  expect(result.get(1)).toMatchObject({
    lastFault: 'HTTP 500',
    lastSentAtMs: beganMs + 39_960 * 60_000,
  });
  expect(walks).toBe(0);
  expect(fetched).toBeLessThan(4_000);
});
