import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import { advisoryLocks } from './advisory-locks.ts';
import type { Sql } from './database.ts';

export interface Migration {
  readonly name: string;
  readonly text: string;
}

/** The migrations that this version knows, in order. */
export function readMigrations(
  folder: string = join(import.meta.dirname, 'migrations'),
): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

/**
 * Applies what is missing, each migration in the one transaction that also records its SHA-256.
 * Returns the names applied. @throws Fault MIGRATION_MISMATCH when an applied migration has changed
 * here or is unknown here (a database of a newer version), before anything is touched.
 */
export async function migrate(
  sql: Sql,
  migrations: readonly Migration[] = readMigrations(),
): Promise<readonly string[]> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${advisoryLocks.migrate})`;
    await tx`create table if not exists schema_migration (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now())`;
    const applied = await tx<{ name: string; sha256: string }[]>`
      select name, sha256 from schema_migration order by name`;
    const known = new Map(migrations.map((migration) => [migration.name, hash(migration.text)]));
    for (const { name, sha256 } of applied) {
      if (known.get(name) === sha256) continue;
      const what = known.has(name) ? 'was changed after it was applied' : 'is unknown here';
      throw new Fault('MIGRATION_MISMATCH', `Migration ${name} ${what}`, { details: { name } });
    }
    const done = new Set(applied.map((row) => row.name));
    const missing = migrations.filter((migration) => !done.has(migration.name));
    const last = applied.at(-1)?.name ?? '';
    for (const { name, text } of missing) {
      if (name < last) {
        throw new Fault('MIGRATION_MISMATCH', `Migration ${name} comes before the applied ${last}`);
      }
      await tx.unsafe(text);
      await tx`insert into schema_migration (name, sha256) values (${name}, ${hash(text)})`;
    }
    return missing.map((migration) => migration.name);
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
