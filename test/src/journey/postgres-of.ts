import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The URL of the PostgreSQL that a product in one process keeps in its data folder. */
export function embeddedDatabaseUrl(dataFolder: string): string {
  const read = (name: string) => readFileSync(join(dataFolder, 'postgres', name), 'utf8').trim();
  return `postgres://nigehban:${read('password')}@127.0.0.1:${read('port')}/nigehban`;
}
