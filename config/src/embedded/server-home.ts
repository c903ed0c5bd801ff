import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';
import type { EmbeddedLog, RunAs } from './server-processes.ts';

const userName = 'nigehban';
const systemFolder = '/var/lib/nigehban';
const longestLogBytes = 20_000_000;

/** Where an embedded server keeps its files, and as whom it runs. */
export interface ServerHome {
  readonly folder: string;
  readonly runAs: RunAs | undefined;
}

function lookUpUser(): RunAs | undefined {
  const result = spawnSync('getent', ['passwd', userName], { encoding: 'utf8' });
  const [, , uid, gid] = result.stdout?.split(':') ?? [];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid) };
}

/** The system user that servers run as when we are root; made when missing. */
function provideUser(code: FaultCode): RunAs {
  const existing = lookUpUser();
  if (existing !== undefined) return existing;
  const args = ['--system', '--user-group', '--no-create-home'];
  const result = spawnSync(
    'useradd',
    [...args, '--home-dir', systemFolder, '--shell', '/usr/sbin/nologin', userName],
    { encoding: 'utf8' },
  );
  // Another start may have made it at the same moment.
  const made = lookUpUser();
  if (made === undefined) {
    throw new Fault(
      code,
      `The system user ${userName} could not be made: ${result.stderr?.trim()}`,
    );
  }
  return made;
}

/** True when `runAs` may enter `folder`, which takes search permission on each folder above it. */
export function canEnter(folder: string, runAs: RunAs): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', ...runAs }).status === 0;
}

/** Makes a folder of the server's own user that nobody else reads. */
function provideFolder(folder: string, runAs: RunAs | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (runAs !== undefined) chownSync(folder, runAs.uid, runAs.gid);
}

/**
 * Decides where the embedded server `name` lives: `<dataFolder>/<name>`. As root it runs as a user of
 * its own; when that user can't enter the data folder, it lives below /var/lib/nigehban, and
 * `<dataFolder>/databases.location` says where. Throws `code` when neither can be had.
 */
export function provideServerHome(
  dataFolder: string,
  name: string,
  code: FaultCode,
  log: EmbeddedLog,
): ServerHome {
  mkdirSync(dataFolder, { recursive: true });
  const inData = join(realpathSync(dataFolder), name);
  const location = join(dataFolder, 'databases.location');
  if (process.getuid?.() !== 0) {
    provideOrExplain(inData, undefined, code);
    return { folder: inData, runAs: undefined };
  }
  const runAs = ownerOf(inData) ?? provideUser(code);
  if (existsSync(location)) {
    const folder = join(readFileSync(location, 'utf8').trim(), name);
    provideFolder(folder, runAs);
    return { folder, runAs };
  }
  const isNew = !existsSync(inData);
  letGroupThrough(dataFolder, runAs);
  if (canEnter(realpathSync(dataFolder), runAs)) {
    provideFolder(inData, runAs);
    return { folder: inData, runAs };
  }
  if (!isNew) {
    throw new Fault(
      code,
      `User ${runAs.uid}, who owns ${inData}, may not enter ${dataFolder}: give search permission (chmod a+x) on it and the folders above it`,
    );
  }
  const id = randomBytes(6).toString('hex');
  const base = join(systemFolder, `${basename(realpathSync(dataFolder))}-${id}`);
  const folder = join(base, name);
  mkdirSync(base, { recursive: true, mode: 0o755 });
  provideFolder(folder, runAs);
  writeFileSync(location, `${base}\n`);
  log.warn({ folder, dataFolder, user: userName }, 'the server user may not enter the data folder');
  return { folder, runAs };
}

/**
 * Lets the server's group, and nobody else, pass through a data folder that is root's alone. Folders
 * above it are not ours to change.
 */
function letGroupThrough(dataFolder: string, runAs: RunAs): void {
  const { uid, gid, mode } = statSync(dataFolder);
  if (uid !== 0 || gid !== 0 || (mode & 0o011) !== 0) return;
  chownSync(dataFolder, 0, runAs.gid);
  chmodSync(dataFolder, (mode & 0o7777) | 0o010);
}

/** Who owns an existing home, when that is not root: data made by an ordinary user stays that user's. */
function ownerOf(folder: string): RunAs | undefined {
  if (!existsSync(folder)) return undefined;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}

function provideOrExplain(folder: string, runAs: RunAs | undefined, code: FaultCode): void {
  try {
    provideFolder(folder, runAs);
  } catch (error) {
    throw new Fault(code, `${folder} can't be used: it belongs to another user or is read-only`, {
      cause: error,
    });
  }
}

/** The secret in `<home>/<name>`, readable by the server's user alone; made at random when missing. */
export function provideSecret(home: ServerHome, name: string): string {
  const path = join(home.folder, name);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const secret = randomBytes(24).toString('base64url');
  writeOwnFile(home, name, `${secret}\n`);
  return secret;
}

/** Writes `<home>/<name>` whole or not at all, readable by the server's user alone. */
export function writeOwnFile(home: ServerHome, name: string, content: string): string {
  const path = join(home.folder, name);
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  if (home.runAs !== undefined) chownSync(`${path}.new`, home.runAs.uid, home.runAs.gid);
  renameSync(`${path}.new`, path);
  return path;
}

/** A loopback port that is free now: the one used last (kept in `<home>/port`) when possible. */
export async function providePort(home: ServerHome): Promise<number> {
  const path = join(home.folder, 'port');
  const last = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  const port = (await freePort(last)) ?? (await freePort(0));
  if (port === undefined) throw new Fault('PORT_TAKEN', 'No free port on 127.0.0.1');
  if (port !== last) writeOwnFile(home, 'port', `${port}\n`);
  return port;
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(port));
    });
  });
}

/** Throws DISK_FULL when fewer than `neededBytes` are free where `folder` is. */
export function checkFreeSpace(folder: string, neededBytes: number, purpose: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) {
    throw new Fault(
      'DISK_FULL',
      `${purpose} needs ${toMegabytes(neededBytes)} MB free in ${folder}; there are ${toMegabytes(freeBytes)} MB`,
      { details: { neededBytes, freeBytes } },
    );
  }
}

function toMegabytes(bytes: number): number {
  return Math.floor(bytes / 1e6);
}

/** Empties a server's log when it has grown too long, so that it can't fill the disk over years. */
export function trimLog(path: string): void {
  if (existsSync(path) && statSync(path).size > longestLogBytes) truncateSync(path);
}

/** The last lines of a server's log that were written after `fromBytes`: why a start failed. */
export function readLogTail(path: string, fromBytes: number): string {
  if (!existsSync(path)) return '';
  const text = readFileSync(path).subarray(fromBytes).toString('utf8');
  return text.trim().split('\n').slice(-8).join('\n');
}

export function logSize(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
