import type { FootageDay } from '@nigehban/domain/footage-days.ts';
import type { Queryable, Sql } from './database.ts';

/** Makes the partitions of these days where they are missing; returns the days made. */
export async function addFootageDays(
  sql: Queryable,
  days: readonly FootageDay[],
): Promise<readonly FootageDay[]> {
  const rows = await sql<{ day: number; made: boolean }[]>`
    select day, add_footage_day(day) as made from unnest(${[...days]}::int[]) as day`;
  return rows.filter((row) => row.made).map((row) => row.day);
}

/** The days that have a table, ascending; also those that {@link dropFootageDays} has only detached. */
export async function listFootageDays(sql: Queryable): Promise<readonly FootageDay[]> {
  const rows = await sql<{ day: number }[]>`
    select distinct to_date(substring(relname from '\\d{8}$'), 'YYYYMMDD') - date '1970-01-01' as day
    from pg_class
    where relkind = 'r' and relname ~ '^(segment|gap)_\\d{8}$' and pg_table_is_visible(oid)
    order by day`;
  return rows.map((row) => row.day);
}

/**
 * Rewrites a settled day in the order of cameras, once: a camera's day is then read from neighbouring
 * pages. Takes minutes for a fleet's day; `signal` gives it up. True when it did.
 * @throws PostgreSQL's 55P03 or 40P01 when others keep the day locked: nothing has changed then.
 */
export async function orderFootageDay(
  sql: Queryable,
  day: FootageDay,
  signal?: AbortSignal,
): Promise<boolean> {
  const query = sql<{ done: boolean }[]>`select order_footage_day(${day}::int) as done`;
  const cancel = () => query.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const [row] = await query;
    return row?.done === true;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** Others wait behind a detach that waits: rather give up and come again. */
const detachWithin = '2s';

/**
 * Takes whole days out of the index, each first out of everybody's sight, then from the disk: the
 * parents are locked for the first step only. May be called again after a crash on the way.
 * @throws PostgreSQL's 55P03 when a long query keeps the parents locked.
 */
export async function dropFootageDays(sql: Sql, days: readonly FootageDay[]): Promise<void> {
  for (const day of days) {
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const parts = (['segment', 'gap'] as const).map((parent) => ({
      parent,
      name: `${parent}_${date}`,
    }));
    await sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = '${detachWithin}'`);
      for (const { parent, name } of parts) {
        const [attached] = await tx`
          select 1 from pg_inherits where inhrelid = to_regclass(${name})
            and inhparent = to_regclass(${parent})`;
        if (attached) await tx`alter table ${tx(parent)} detach partition ${tx(name)}`;
      }
    });
    for (const { name } of parts) await sql`drop table if exists ${sql(name)}`;
  }
}
