/** Runs both embedded servers until it is killed, for the tests that kill it. */
import { startEmbeddedPostgres } from './postgres.ts';
import { startEmbeddedRedis } from './redis.ts';

const dataFolder = process.argv[2] ?? '';
const log = { info: () => {}, warn: () => {} };
const postgres = await startEmbeddedPostgres({ dataFolder, log });
const redis = await startEmbeddedRedis({ dataFolder, log });
process.stdout.write(
  `${JSON.stringify({
    postgres: { url: postgres.url, pid: postgres.pid() },
    redis: { url: redis.url, pid: redis.pid() },
  })}\n`,
);
setInterval(() => {}, 60_000);
