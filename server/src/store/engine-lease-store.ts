import type { Queryable } from './database.ts';

/**
 * Takes or renews a duty's lease by the database's own clock. `silentForMs`: since anybody renewed it
 * last; null: nobody ever did. False `held`: another process has it.
 */
export async function holdLease(
  sql: Queryable,
  name: string,
  holder: string,
  forMs: number,
): Promise<{ readonly held: boolean; readonly silentForMs: number | null }> {
  const [before] = await sql<{ silentForMs: number }[]>`
    select (extract(epoch from now() - renewed_at) * 1000)::float8 as silent_for_ms
    from engine_lease where name = ${name}`;
  const rows = await sql`
    insert into engine_lease as l (name, holder, renewed_at, until)
    values (${name}, ${holder}, now(), now() + ${forMs} * interval '1 ms')
    on conflict (name) do update set holder = excluded.holder, renewed_at = excluded.renewed_at,
      until = excluded.until
    where l.holder = excluded.holder or l.until < now() returning name`;
  return { held: rows.length > 0, silentForMs: before?.silentForMs ?? null };
}

/** Gives a lease up, so that another process need not wait for its end. */
export async function dropLease(sql: Queryable, name: string, holder: string): Promise<void> {
  await sql`update engine_lease set until = now() where name = ${name} and holder = ${holder}`;
}

/** True while the lease is ours; it stays so until the transaction ends. */
export async function stillHeld(sql: Queryable, name: string, holder: string): Promise<boolean> {
  const rows = await sql`
    select from engine_lease where name = ${name} and holder = ${holder} and until > now()
    for update`;
  return rows.length > 0;
}
