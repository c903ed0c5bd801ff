import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import connectPostgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedPostgres } from './postgres.ts';
import { locateRedisServer, startEmbeddedRedis } from './redis.ts';
import { findServerProcesses, readStartTicks, waitUntil } from './server-processes.ts';

const isRoot = process.getuid?.() === 0;
const log = { info: () => {}, warn: () => {} };
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function makeDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nigehban-embedded-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function keep<T extends EmbeddedServer>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  cleanUps.push(() => server.stop());
  return server;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = connectPostgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

/** Sends inline commands after AUTH; gives the answers' lines after its +OK. */
function askRedis(url: string, ...commands: string[]): Promise<string[]> {
  const { port, password } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.once('close', () => resolve(answer.trim().split('\r\n').slice(1)));
    socket.write([`AUTH ${password}`, ...commands, 'QUIT', ''].join('\r\n'));
  });
}

test('PostgreSQL keeps its data and port over a stop and start', async () => {
  const dataFolder = makeDataFolder();
  const first = await startEmbeddedPostgres({ dataFolder, log });
  await query(first.url, `CREATE TABLE t AS SELECT 'نگہبان' AS name`);
  await first.stop();
  expect(readStartTicks(first.pid())).toBeUndefined();

  const second = await keep(startEmbeddedPostgres({ dataFolder, log }));
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT name FROM t')).toEqual([{ name: 'نگہبان' }]);
  expect(await query(second.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
});

test('PostgreSQL refuses a wrong password and listens on loopback alone', async () => {
  const { url } = await keep(startEmbeddedPostgres({ dataFolder: makeDataFolder(), log }));
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
});

test('a killed PostgreSQL is started again by itself with what was committed', async () => {
  const server = await keep(startEmbeddedPostgres({ dataFolder: makeDataFolder(), log }));
  await query(server.url, 'CREATE TABLE t AS SELECT 7 AS n');
  const killed = server.pid();
  process.kill(killed, 'SIGKILL');
  expect(await waitUntil(() => server.pid() !== killed, 20_000)).toBe(true);
  expect(await query(server.url, 'SELECT n FROM t')).toEqual([{ n: 7 }]);
});

test('a killed Redis is started again by itself with its jobs', async () => {
  const server = await keep(startEmbeddedRedis({ dataFolder: makeDataFolder(), log }));
  expect(await askRedis(server.url, 'SET job 7', 'CONFIG GET maxmemory-policy')).toContain(
    'noeviction',
  );
  const { port } = new URL(server.url);
  // appendfsync everysec concerns power cuts: a write that was answered survives the process.
  const killed = server.pid();
  process.kill(killed, 'SIGKILL');
  expect(await waitUntil(() => server.pid() !== killed, 20_000)).toBe(true);
  expect(new URL(server.url).port).toBe(port);
  expect(await askRedis(server.url, 'GET job')).toContain('7');
});

test('Redis keeps its data over a stop and start and refuses a stranger', async () => {
  const dataFolder = makeDataFolder();
  const first = await startEmbeddedRedis({ dataFolder, log });
  await askRedis(first.url, 'SET job kept');
  await first.stop();
  const second = await keep(startEmbeddedRedis({ dataFolder, log }));
  expect(await askRedis(second.url, 'GET job')).toContain('kept');
  const wrong = new URL(second.url);
  wrong.password = 'guessed';
  expect((await askRedis(wrong.href, 'GET job')).join(' ')).toContain('NOAUTH');
});

test('after kill -9 of the parent no server lingers and the next start has the data', async () => {
  const dataFolder = makeDataFolder();
  const script = fileURLToPath(new URL('run-embedded.ts', import.meta.url));
  const parent = spawn(process.execPath, [script, dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => parent.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const before = JSON.parse(line);
  await query(before.postgres.url, 'CREATE TABLE t AS SELECT 1 AS n');
  await askRedis(before.redis.url, 'SET job 1');

  parent.kill('SIGKILL');
  await once(parent, 'exit');
  const postgres = await keep(startEmbeddedPostgres({ dataFolder, log }));
  const redis = await keep(startEmbeddedRedis({ dataFolder, log }));
  expect(postgres.pid()).not.toBe(before.postgres.pid);
  expect(readStartTicks(before.postgres.pid)).toBeUndefined();
  expect(readStartTicks(before.redis.pid)).toBeUndefined();
  expect(await query(postgres.url, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
  expect(await askRedis(redis.url, 'GET job')).toContain('1');
});

test('a PostgreSQL that outlived its parent is stopped before the next one starts', async () => {
  const dataFolder = makeDataFolder();
  const first = await startEmbeddedPostgres({ dataFolder, log });
  const cluster = join(dataFolder, 'postgres', 'cluster');
  const pidPath = join(cluster, 'postmaster.pid');
  const program = readlinkSync(`/proc/${first.pid()}/exe`);
  await first.stop();
  // Without the parent-death signal: as on a system that has no setpriv.
  const { uid, gid } = statSync(cluster);
  const orphan = spawn(
    program,
    ['-D', cluster, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${cluster}`],
    { cwd: cluster, detached: true, stdio: 'ignore', ...(isRoot ? { uid, gid } : {}) },
  );
  cleanUps.push(() => orphan.kill('SIGKILL'));
  const isReady = () => existsSync(pidPath) && readFileSync(pidPath, 'utf8').includes('ready');
  expect(await waitUntil(isReady, 20_000)).toBe(true);

  const second = await keep(startEmbeddedPostgres({ dataFolder, log }));
  expect(orphan.exitCode ?? orphan.signalCode).not.toBeNull();
  expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  const traces = { command: 'postgres', folder: cluster, pidPath };
  expect(findServerProcesses(traces)).toContain(second.pid());
});

test('a pid file of a killed server whose process id is another program now does not stop a start', async () => {
  const dataFolder = makeDataFolder();
  await (await startEmbeddedPostgres({ dataFolder, log })).stop();
  const pidPath = join(dataFolder, 'postgres', 'cluster', 'postmaster.pid');
  writeFileSync(pidPath, `${process.pid}\n`);
  const server = await keep(startEmbeddedPostgres({ dataFolder, log }));
  expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('two at once on one data folder: the second is refused by name', async () => {
  const dataFolder = makeDataFolder();
  await keep(startEmbeddedPostgres({ dataFolder, log }));
  await expect(startEmbeddedPostgres({ dataFolder, log })).rejects.toMatchObject({
    code: 'DATABASE_START_FAILED',
    message: expect.stringContaining(`process ${process.pid}`),
  });
});

test('a port taken since the last run is replaced by another', async () => {
  const dataFolder = makeDataFolder();
  const first = await startEmbeddedRedis({ dataFolder, log });
  await first.stop();
  const { port } = new URL(first.url);
  const squatter = createServer().listen(Number(port), '127.0.0.1');
  cleanUps.push(() => squatter.close());
  await once(squatter, 'listening');
  const second = await keep(startEmbeddedRedis({ dataFolder, log }));
  expect(new URL(second.url).port).not.toBe(port);
  expect(await askRedis(second.url, 'PING')).toContain('+PONG');
});

test('a database of another major version is refused and left alone', async () => {
  const dataFolder = makeDataFolder();
  await (await startEmbeddedPostgres({ dataFolder, log })).stop();
  writeFileSync(join(dataFolder, 'postgres', 'cluster', 'PG_VERSION'), '9\n');
  await expect(startEmbeddedPostgres({ dataFolder, log })).rejects.toMatchObject({
    code: 'DATABASE_START_FAILED',
    message: expect.stringContaining('PostgreSQL 9'),
  });
});

test('without redis-server the fault names the package', () => {
  const hasOne = ['/usr/bin', '/usr/local/bin'].some((at) => existsSync(`${at}/redis-server`));
  if (hasOne) expect(locateRedisServer('/nowhere')).toMatch(/redis-server$/);
  expect(() => locateRedisServer('/nowhere', [])).toThrow(/apt-get install redis-server/);
});

test.runIf(isRoot)('as root the servers run as a user of their own', async () => {
  const dataFolder = makeDataFolder();
  const postgres = await keep(startEmbeddedPostgres({ dataFolder, log }));
  const redis = await keep(startEmbeddedRedis({ dataFolder, log }));
  for (const server of [postgres, redis]) {
    expect(statSync(`/proc/${server.pid()}`).uid).not.toBe(0);
  }
  expect(statSync(join(dataFolder, 'postgres', 'password')).mode & 0o777).toBe(0o600);
});

test.runIf(isRoot)(
  'as root with a data folder nobody else may enter, it says where it went',
  async () => {
    const secret = makeDataFolder();
    const dataFolder = join(secret, 'data');
    mkdirSync(dataFolder);
    const first = await startEmbeddedPostgres({ dataFolder, log });
    const elsewhere = readFileSync(join(dataFolder, 'databases.location'), 'utf8').trim();
    cleanUps.push(() => rmSync(elsewhere, { recursive: true, force: true }));
    await query(first.url, 'CREATE TABLE t AS SELECT 5 AS n');
    await first.stop();
    expect(existsSync(join(elsewhere, 'postgres', 'cluster', 'PG_VERSION'))).toBe(true);
    const second = await keep(startEmbeddedPostgres({ dataFolder, log }));
    expect(await query(second.url, 'SELECT n FROM t')).toEqual([{ n: 5 }]);
  },
);
