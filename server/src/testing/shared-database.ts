import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { testLog } from './test-services.ts';

/*
 * Vitest's global set-up of the integration suite: one PostgreSQL for all its files, which otherwise
 * spend more time making theirs than using them. Each file makes databases of its own there
 * (`startTestServices`) and drops them. What is written need not outlive a power cut.
 */
let stop = async () => {};

export async function setup(): Promise<void> {
  if (process.env.TEST_DATABASE_URL !== undefined) return;
  const dataFolder = await mkdtemp(join(tmpdir(), 'nigehban-shared-database-'));
  const settings = ['max_connections=400', 'fsync=off', 'full_page_writes=off'];
  const postgres = await startEmbeddedPostgres({ dataFolder, log: testLog, settings });
  process.env.TEST_DATABASE_URL = postgres.url;
  stop = async () => {
    await postgres.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
}

export async function teardown(): Promise<void> {
  await stop();
}
