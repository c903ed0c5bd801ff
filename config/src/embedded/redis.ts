import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import type { EmbeddedServer, EmbeddedServerOptions } from './postgres.ts';
import {
  checkFreeSpace,
  logSize,
  providePort,
  provideSecret,
  provideServerHome,
  readLogTail,
  type ServerHome,
  trimLog,
  writeOwnFile,
} from './server-home.ts';
import {
  claimFolder,
  type ServerProcess,
  spawnServer,
  stopLingering,
  superviseServer,
  waitUntil,
} from './server-processes.ts';

const startTimeoutMs = 60_000;
const stopGraceMs = 20_000;
const neededBytes = 100_000_000;

/** Path of redis-server; throws REDIS_BINARY_MISSING, naming the package, when there is none. */
export function locateRedisServer(
  path: string = process.env.PATH ?? '',
  usualFolders: readonly string[] = ['/usr/bin', '/usr/local/bin'],
): string {
  for (const folder of [...path.split(':'), ...usualFolders]) {
    const candidate = join(folder, 'redis-server');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  throw new Fault(
    'REDIS_BINARY_MISSING',
    'redis-server is not installed: apt-get install redis-server, or set REDIS_URL',
  );
}

function writeConfiguration(home: ServerHome, port: number, password: string): string {
  // In a file of the server's user alone: a command line is read by everybody.
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    'supervised no',
    `pidfile ${JSON.stringify(join(home.folder, 'redis.pid'))}`,
    `dir ${JSON.stringify(home.folder)}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
  ];
  return writeOwnFile(home, 'redis.conf', `${lines.join('\n')}\n`);
}

/** True once the server answers a PING; while it loads its data it answers LOADING. */
function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    const finish = (serves: boolean) => {
      socket.destroy();
      resolve(serves);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.split('\r\n').length > 2) finish(answer === '+OK\r\n+PONG\r\n');
    });
  });
}

async function startServer(
  home: ServerHome,
  program: string,
  configuration: string,
  port: number,
  password: string,
): Promise<ServerProcess> {
  const logPath = join(home.folder, 'server.log');
  trimLog(logPath);
  const fromBytes = logSize(logPath);
  const server = await spawnServer({
    program,
    args: [configuration],
    cwd: home.folder,
    env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC' },
    runAs: home.runAs,
    logPath,
    stopSignal: 'SIGTERM',
  });
  const settled = async () => server.hasExited() || (await answersPing(port, password));
  const inTime = await waitUntil(settled, startTimeoutMs);
  if (inTime && !server.hasExited()) return server;
  if (!server.hasExited()) await server.stop(stopGraceMs);
  const why = readLogTail(logPath, fromBytes);
  throw why.includes('No space left on device')
    ? new Fault('DISK_FULL', `Redis found no space left in ${home.folder}`)
    : new Fault('QUEUE_UNAVAILABLE', `Redis did not start in ${home.folder}: ${why}`);
}

/**
 * Runs a real redis-server as a child in `<dataFolder>/redis` on a private loopback port with a
 * password, append-only with a sync each second and without eviction, as BullMQ needs it. Otherwise as
 * startEmbeddedPostgres. Throws REDIS_BINARY_MISSING, QUEUE_UNAVAILABLE or DISK_FULL.
 */
export async function startEmbeddedRedis(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { log } = options;
  const program = locateRedisServer();
  const home = provideServerHome(options.dataFolder, 'redis', 'QUEUE_UNAVAILABLE', log);
  const release = claimFolder(home.folder, 'QUEUE_UNAVAILABLE');
  try {
    const traces = {
      command: 'redis-server',
      folder: home.folder,
      pidPath: join(home.folder, 'redis.pid'),
    };
    if ((await stopLingering(traces, 'SIGTERM')) > 0) {
      log.warn({ folder: home.folder }, 'a Redis left running was stopped');
    }
    checkFreeSpace(home.folder, neededBytes, 'Redis');
    const password = provideSecret(home, 'password');
    const port = await providePort(home);
    const configuration = writeConfiguration(home, port, password);
    const server = await superviseServer(
      'redis',
      () => startServer(home, program, configuration, port, password),
      log,
      stopGraceMs,
    );
    log.info({ folder: home.folder, port, pid: server.pid() }, 'Redis serves');
    return {
      url: `redis://:${password}@127.0.0.1:${port}/0`,
      pid: server.pid,
      stop: async () => {
        await server.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
