import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import { type RunningServer, startServer } from '@nigehban/server/start-server.ts';
import { version } from './version.ts';

export interface ServerNodeOptions {
  readonly settings: Settings;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly clusterKey: string;
  readonly secretKey: SecretKey;
  readonly log: Logger;
}

/** Where the first users' passwords are kept for the administrator, readable by the owner alone. */
export function firstPasswordsFile(settings: Settings): string {
  return join(settings.dataFolder, 'secrets', 'first-passwords.txt');
}

/** The server with the built console, its first users made at the first start. */
export async function startServerNode(options: ServerNodeOptions): Promise<RunningServer> {
  const { settings, databaseUrl, redisUrl, clusterKey, secretKey, log } = options;
  const webRoot = fileURLToPath(new URL('../web/dist', import.meta.url));
  const server = await startServer(
    {
      host: settings.host,
      port: settings.port,
      databaseUrl,
      redisUrl,
      clusterKey,
      secretKey,
      webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : null,
      cookieSecure: settings.cookieSecure,
      trustProxy: settings.trustedProxies.length > 0 && settings.trustedProxies.join(','),
      allowedOrigins: settings.allowedOrigins,
      metricsOnLoopback: settings.metricsOnLoopback,
      reportWithinMs: settings.reportWithinMs,
      viewApproval: settings.viewApproval,
      version,
      districtsFile: fileURLToPath(
        import.meta.resolve('@nigehban/config/data/punjab_districts.csv'),
      ),
    },
    { clock: systemClock, log },
  );
  try {
    const { demoPassword } = settings;
    const created = await server.ensureFirstUsers(
      demoPassword === undefined ? undefined : () => demoPassword,
    );
    if (created.length > 0) {
      const lines = created.map(({ username, password }) => `${username}  ${password}\n`);
      writeFileSync(firstPasswordsFile(settings), lines.join(''), { mode: 0o600 });
    }
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
