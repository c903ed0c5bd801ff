import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import { startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import type { ServerSettings } from '../server-settings.ts';
import { type RunningServer, startServer } from '../start-server.ts';
import { openDatabase, type Sql } from '../store/database.ts';

export const testLog = createLogger((process.env.TEST_LOG ?? 'silent') as 'silent', 'test');
export const testClusterKey = 'test-cluster-key-0123456789';
export const testPassword = 'correct horse battery staple';

/** Real servers for one test file. */
export interface TestServices {
  readonly redisUrl: string;
  /** A new empty database and its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and Redis of this file's own; `TEST_DATABASE_URL` and `TEST_REDIS_URL` name
 * running ones instead (databases are created in them).
 */
export async function startTestServices(
  needs: { readonly redis?: boolean } = {},
): Promise<TestServices> {
  const folder = await mkdtemp(join(tmpdir(), 'nigehban-server-test-'));
  const options = { dataFolder: folder, log: testLog };
  const givenPostgres = process.env.TEST_DATABASE_URL;
  const givenRedis = process.env.TEST_REDIS_URL;
  const postgres = givenPostgres === undefined ? await startEmbeddedPostgres(options) : null;
  const redis =
    givenRedis === undefined && needs.redis === true ? await startEmbeddedRedis(options) : null;
  const adminUrl = givenPostgres ?? postgres?.url ?? '';
  const created: string[] = [];
  return {
    redisUrl: givenRedis ?? redis?.url ?? '',
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      const admin = openDatabase(adminUrl, { maxConnections: 1 });
      await admin.unsafe(`create database ${name}`);
      await admin.end();
      created.push(name);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      if (givenPostgres !== undefined && created.length > 0) {
        const admin = openDatabase(adminUrl, { maxConnections: 1 });
        for (const name of created) await admin.unsafe(`drop database ${name} with (force)`);
        await admin.end();
      }
      await redis?.stop();
      await postgres?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const testSecretKey = Buffer.alloc(32, 7);

export interface TestServer extends RunningServer {
  readonly databaseUrl: string;
  /** A pool of the test's own on the server's database. */
  readonly sql: Sql;
  /** The session cookie of the user of that role. */
  signIn(role: Role): Promise<string>;
}

/** Starts a server on a database of its own with the districts loaded and a user for each role. */
export async function startTestServer(
  services: TestServices,
  overrides: Partial<ServerSettings> = {},
): Promise<TestServer> {
  const databaseUrl = overrides.databaseUrl ?? (await services.createDatabase());
  const server = await startServer(
    {
      host: '127.0.0.1',
      port: 0,
      databaseUrl,
      redisUrl: services.redisUrl,
      clusterKey: testClusterKey,
      secretKey: testSecretKey,
      webRoot: null,
      cookieSecure: false,
      version: '0.0.0-test',
      queuePrefix: `test-${randomBytes(6).toString('hex')}`,
      districtsFile: new URL(import.meta.resolve('@nigehban/config/data/punjab_districts.csv'))
        .pathname,
      registrationRetryMs: 300,
      ...overrides,
    },
    { clock: systemClock, log: testLog },
  );
  await server.ensureFirstUsers(() => testPassword);
  const sql = openDatabase(databaseUrl, { maxConnections: 4 });
  const cookies = new Map<Role, string>();
  return {
    ...server,
    databaseUrl,
    sql,
    async signIn(role) {
      const known = cookies.get(role);
      if (known !== undefined) return known;
      const answer = await fetch(`${server.url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: role, password: testPassword }),
      });
      if (answer.status !== 200) throw new Error(`sign-in as ${role}: ${answer.status}`);
      const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
      cookies.set(role, cookie);
      return cookie;
    },
    async stop() {
      await sql.end({ timeout: 2 });
      await server.stop();
    },
  };
}

/** A plan of `stations` stations with `perStation` cameras each, on addresses that nobody uses. */
export function planOf(stations: number, perStation: number): string {
  const header =
    'district_code,constituency,station_no,station_name,station_name_ur,category,station_type,lat,lon,placement,booth,camera_no,serial,mac,address,onvif_port,username,password';
  const placements = ['ENTRANCE', 'BOOTH', 'COUNT_TABLE', 'REAR'];
  const rows = [header];
  for (let station = 1; station <= stations; station++) {
    for (let camera = 1; camera <= perStation; camera++) {
      const placement = placements[(camera - 1) % placements.length] ?? 'REAR';
      const booth = placement === 'BOOTH' ? '1' : '';
      const serial = `SN${String(station).padStart(4, '0')}${camera}`;
      rows.push(
        `LHR,NA-117,${station},"Govt School, No ${station}",سکول ${station},HIGHLY_SENSITIVE,COMBINED,31.5,74.3,${placement},${booth},${camera},${serial},,127.9.${station % 250}.${camera},8000,admin,"p,""w"`,
      );
    }
  }
  return `${rows.join('\r\n')}\r\n`;
}
