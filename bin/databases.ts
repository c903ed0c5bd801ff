import { startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import type { Stoppable } from './stoppables.ts';

/**
 * The databases' URLs: as set, else of a PostgreSQL and a Redis of our own in the data folder,
 * which stop with `parts`.
 */
export async function provideDatabases(
  settings: Settings,
  log: Logger,
  parts: { add<T extends Stoppable>(part: T): T },
  say: (line: string) => void,
): Promise<{ databaseUrl: string; redisUrl: string }> {
  const { dataFolder } = settings;
  const own = async (
    name: string,
    start: (options: { dataFolder: string; log: Logger }) => Promise<Stoppable & { url: string }>,
  ) => {
    say(`starting ${name} in ${dataFolder}`);
    return parts.add(await start({ dataFolder, log })).url;
  };
  const databaseUrl = settings.databaseUrl ?? (await own('PostgreSQL', startEmbeddedPostgres));
  const redisUrl = settings.redisUrl ?? (await own('Redis', startEmbeddedRedis));
  return { databaseUrl, redisUrl };
}
