import type { Sql } from './database.ts';

export interface OutboxEntry {
  readonly id: number;
  readonly key: string;
  readonly topic: string;
  readonly payload: unknown;
}

/**
 * Takes up to `limit` waiting entries, hands them to `send` and marks them sent when it returns.
 * Several processes take different entries; an entry of a process that dies meanwhile waits again.
 * Returns how many were sent.
 */
export async function drainOutbox(
  sql: Sql,
  limit: number,
  send: (entries: readonly OutboxEntry[]) => Promise<void>,
): Promise<number> {
  return await sql.begin(async (tx) => {
    const entries = await tx<OutboxEntry[]>`
      select id, key, topic, payload from outbox where sent_at is null
      order by id limit ${limit} for update skip locked`;
    if (entries.length === 0) return 0;
    await send(entries);
    await tx`update outbox set sent_at = now() where id = any(${entries.map((e) => e.id)}::bigint[])`;
    return entries.length;
  });
}

/** Forgets what was sent long ago. */
export async function pruneOutbox(sql: Sql, sentBeforeMs: number): Promise<void> {
  await sql`delete from outbox where sent_at < ${sentBeforeMs}::timestamptz`;
}

/** How many entries wait. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql<{ waiting: number }[]>`
    select count(*) as waiting from outbox where sent_at is null`;
  return row?.waiting ?? 0;
}
