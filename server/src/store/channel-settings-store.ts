import { type Queryable, toJson } from './database.ts';

/** A setting whose content is sealed; null when it was never set or taken away. */
export async function readSealedSetting(sql: Queryable, key: string): Promise<Buffer | null> {
  const [row] = await sql<{ value: unknown }[]>`select value from setting where key = ${key}`;
  const value = row?.value;
  if (typeof value !== 'object' || value === null || !('sealed' in value)) return null;
  return typeof value.sealed === 'string' ? Buffer.from(value.sealed, 'base64') : null;
}

export async function writeSealedSetting(
  sql: Queryable,
  key: string,
  sealed: Buffer | null,
): Promise<void> {
  if (sealed === null) {
    await sql`delete from setting where key = ${key}`;
    return;
  }
  await writeSetting(sql, key, { sealed: sealed.toString('base64') });
}

/** A plain setting; undefined when it was never set. */
export async function readSetting(sql: Queryable, key: string): Promise<unknown> {
  const [row] = await sql<{ value: unknown }[]>`select value from setting where key = ${key}`;
  return row?.value;
}

export async function writeSetting(sql: Queryable, key: string, value: unknown): Promise<void> {
  await sql`
    insert into setting (key, value) values (${key}, ${sql.json(toJson(value))})
    on conflict (key) do update set value = excluded.value, changed_at = now()`;
}
