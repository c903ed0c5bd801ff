import { announce } from './change-feed.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

export interface OutboxEntry {
  readonly id: number;
  readonly key: string;
  readonly topic: string;
  readonly payload: unknown;
}

/** Clocks of several servers differ by less. */
const clockSlackMs = 60_000;

/** Puts entries that are to reach the queue when the transaction commits; a key is put once for ever. */
export async function putOutbox(
  sql: Queryable,
  entries: readonly Omit<OutboxEntry, 'id'>[],
): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    insert into outbox (key, topic, payload)
    select x.key, x.topic, x.payload from jsonb_to_recordset(${sql.json(toJson(entries))})
      as x(key text, topic text, payload jsonb)
    on conflict (key) do nothing`;
  await announce(sql, { topic: 'outbox' });
}

/**
 * Takes up to `limit` waiting entries of these topics, hands them to `send` and marks them sent when
 * it returns. Entries that were sent before `resendBeforeMs` and never handled wait again, and so do those
 * that were sent in the future: somebody set the clock back. Several
 * processes take different entries; an entry of a process that dies meanwhile waits again. Returns
 * how many were sent.
 */
export async function drainOutbox(
  sql: Sql,
  given: {
    readonly topics: readonly string[];
    readonly limit: number;
    readonly resendBeforeMs: number;
    readonly nowMs: number;
  },
  send: (entries: readonly OutboxEntry[]) => Promise<void>,
): Promise<number> {
  return await sql.begin(async (tx) => {
    const entries = await tx<OutboxEntry[]>`
      select id, key, topic, payload from outbox
      where done_at is null and topic = any(${[...given.topics]}::text[])
        and (sent_at is null or sent_at < ${given.resendBeforeMs}::timestamptz
          or sent_at > ${given.nowMs + clockSlackMs}::timestamptz)
      order by id limit ${given.limit} for update skip locked`;
    if (entries.length === 0) return 0;
    await send(entries);
    await tx`
      update outbox set sent_at = ${given.nowMs}::timestamptz
      where id = any(${entries.map((e) => e.id)}::bigint[])`;
    return entries.length;
  });
}

/** The entries of these keys were handled: they are not queued again. */
export async function markHandled(
  sql: Queryable,
  keys: readonly string[],
  nowMs: number,
): Promise<void> {
  await sql`
    update outbox set done_at = ${nowMs}::timestamptz
    where key = any(${[...keys]}::text[]) and done_at is null`;
}

/** Forgets what was handled long ago. */
export async function pruneOutbox(sql: Sql, doneBeforeMs: number): Promise<void> {
  await sql`delete from outbox where done_at < ${doneBeforeMs}::timestamptz`;
}

/** How many entries wait. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql<{ waiting: number }[]>`
    select count(*) as waiting from outbox where sent_at is null`;
  return row?.waiting ?? 0;
}
