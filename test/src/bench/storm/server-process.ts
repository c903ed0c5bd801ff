/** The server of the storm benchmark in a process of its own, so that its processor time is its own. */
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
    port: 0,
    databaseUrl: process.env.STORM_DATABASE_URL ?? '',
    redisUrl: process.env.STORM_REDIS_URL ?? '',
    clusterKey: testClusterKey,
    secretKey: testSecretKey,
    webRoot: null,
    cookieSecure: false,
    version: '0.0.0-bench',
    queuePrefix: 'storm',
  },
  { clock: systemClock, log: createLogger('warn', 'storm') },
);
await server.ensureFirstUsers(() => testPassword);
process.send?.({ url: server.url });
process.once('SIGTERM', () => {
  server.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
