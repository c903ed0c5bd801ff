/** One server process of the chaos journey, on a port that it is told. */
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import { startServer } from '@nigehban/server/start-server.ts';
import {
  testClusterKey,
  testPassword,
  testSecretKey,
} from '@nigehban/server/testing/test-services.ts';

const server = await startServer(
  {
    host: '127.0.0.1',
    port: Number(process.env.CHAOS_PORT),
    databaseUrl: process.env.CHAOS_DATABASE_URL ?? '',
    redisUrl: process.env.CHAOS_REDIS_URL ?? '',
    clusterKey: testClusterKey,
    secretKey: testSecretKey,
    webRoot: null,
    cookieSecure: false,
    version: '0.0.0-chaos',
    queuePrefix: 'chaos',
  },
  { clock: systemClock, log: createLogger('info', 'chaos') },
);
await server.ensureFirstUsers(() => testPassword);
process.stdout.write('READY\n');
process.once('SIGTERM', () => {
  server.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
