import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';

/** What a server child writes its life to; pino loggers fit. */
export interface EmbeddedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** User and group that a child runs as; undefined for our own. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

const pollMs = 50;
const setpriv = '/usr/bin/setpriv';

/** State, parent and start of a process, from proc(5) `stat`; undefined when it is gone. */
function readStat(pid: number): { parent: number; startTicks: string } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The second field is the command in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent] = fields;
  const startTicks = fields[19];
  // A zombie has ended; only its parent has not asked how.
  if (startTicks === undefined || state === 'Z') return undefined;
  return { parent: Number(parent), startTicks };
}

/** Ticks since boot at which a running process started; undefined when it has ended. */
export function readStartTicks(pid: number): string | undefined {
  return readStat(pid)?.startTicks;
}

/** A server's processes are known by program name and working directory: it works in its data folder. */
export interface ServerTraces {
  /** Name of the program as proc(5) `comm` has it. */
  readonly command: string;
  /** The server's working directory. */
  readonly folder: string;
  /** File whose first line is the server's process id. */
  readonly pidPath: string;
}

function readCommand(pid: number): string {
  return readText(`/proc/${pid}/comm`).trim();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    // Gone, or another user's and we may not look (root in a container without ptrace rights).
    return false;
  }
}

/** The server's processes that run now, whoever started them. */
export function findServerProcesses(traces: ServerTraces): number[] {
  const written = Number(readText(traces.pidPath).split('\n')[0]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readCommand(pid) === traces.command && readStat(pid) !== undefined)
    .filter((pid) => pid === written || worksIn(pid, traces.folder));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone in the meantime, which is what the signal is for.
  }
}

/** Waits until `isDone`; false when it is not within `timeoutMs`. */
export async function waitUntil(
  isDone: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isDone())) {
    if (performance.now() > endMs) return false;
    await sleep(pollMs);
  }
  return true;
}

/**
 * Ends the processes that an earlier, killed Nigehban left running: first as the server wants to be
 * ended, then by SIGQUIT, then by SIGKILL. Gives how many there were.
 */
export async function stopLingering(traces: ServerTraces, gently: NodeJS.Signals): Promise<number> {
  const found = findServerProcesses(traces);
  if (found.length === 0) return 0;
  const isEmpty = () => findServerProcesses(traces).length === 0;
  // Only the topmost: to PostgreSQL's inner processes the same signal means other things.
  for (const pid of found) {
    if (!found.includes(readStat(pid)?.parent ?? 0)) signal(pid, gently);
  }
  if (await waitUntil(isEmpty, 10_000)) return found.length;
  for (const name of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of findServerProcesses(traces)) signal(pid, name);
    if (await waitUntil(isEmpty, 5_000)) break;
  }
  return found.length;
}

/**
 * Claims a server's folder for this process, so that two Nigehbans never share one; gives the release.
 * A claim of a process that is gone is taken over. Throws `code` when a living one holds it.
 */
export function claimFolder(folder: string, code: FaultCode): () => void {
  const path = join(folder, 'owner');
  const mine = `${process.pid} ${readStartTicks(process.pid)}`;
  for (;;) {
    try {
      const fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      writeFileSync(fd, mine);
      closeSync(fd);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const [pid = '', startTicks] = readText(path).split(' ');
    if (startTicks !== undefined && readStartTicks(Number(pid)) === startTicks) {
      throw new Fault(code, `Another Nigehban (process ${pid}) uses ${folder}: stop it first`, {
        details: { pid: Number(pid) },
      });
    }
    rmSync(path, { force: true });
  }
}

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly runAs: RunAs | undefined;
  /** File that gets the server's output, appended. */
  readonly logPath: string;
  /** Signal that ends the server in order. */
  readonly stopSignal: NodeJS.Signals;
}

/** A running server process. */
export interface ServerProcess {
  readonly pid: number;
  /** Settles once, with how the process ended. */
  readonly exited: Promise<string>;
  hasExited(): boolean;
  /** Ends it in order and waits for its end; kills it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a server as a child in a session of its own, so that Ctrl-C in the terminal reaches only us
 * and we stop it last. Should we be killed, the kernel sends it `stopSignal`.
 */
export function spawnServer(command: ServerCommand): Promise<ServerProcess> {
  const output = openSync(command.logPath, 'a', 0o600);
  if (command.runAs !== undefined) fchownSync(output, command.runAs.uid, command.runAs.gid);
  const wrapper = existsSync(setpriv)
    ? [setpriv, `--pdeathsig=${command.stopSignal.slice(3)}`, '--']
    : [];
  const [program = command.program, ...args] = [...wrapper, command.program, ...command.args];
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: { ...command.env },
    detached: true,
    stdio: ['ignore', output, output],
    ...(command.runAs ?? {}),
  });
  closeSync(output);
  let ended: string | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, name) => {
      ended = name ?? `code ${code}`;
      resolve(ended);
    });
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      resolve({
        pid: child.pid ?? 0,
        exited,
        hasExited: () => ended !== undefined,
        stop: async (graceMs) => {
          child.kill(command.stopSignal);
          if (!(await waitUntil(() => ended !== undefined, graceMs))) child.kill('SIGKILL');
          await exited;
        },
      });
    });
  });
}

/** A server that is kept running: it starts again, with growing pauses, when it ends by itself. */
export interface SupervisedServer {
  /** The process running now, for tests and messages. */
  pid(): number;
  stop(): Promise<void>;
}

const longestPauseMs = 30_000;

/**
 * Starts a server by `start`, which resolves once it serves, and keeps it running. Rejects when the
 * first start fails; later failures are logged and tried again.
 */
export async function superviseServer(
  name: string,
  start: () => Promise<ServerProcess>,
  log: EmbeddedLog,
  stopGraceMs: number,
): Promise<SupervisedServer> {
  const stopping = new AbortController();
  let current = await start();

  const keepRunning = async (): Promise<void> => {
    let pauseMs = 250;
    for (;;) {
      const how = await current.exited;
      if (stopping.signal.aborted) return;
      log.warn({ server: name, how }, 'an embedded server ended by itself and is started again');
      for (;;) {
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        try {
          current = await start();
          pauseMs = 250;
          // Told to stop while it started: the stop below has seen only its predecessor.
          if (stopping.signal.aborted) await current.stop(stopGraceMs);
          break;
        } catch (error) {
          pauseMs = Math.min(pauseMs * 2, longestPauseMs);
          log.warn({ server: name, err: error, pauseMs }, 'an embedded server did not start');
        }
      }
    }
  };
  const running = keepRunning();

  return {
    pid: () => current.pid,
    stop: async () => {
      stopping.abort();
      await current.stop(stopGraceMs);
      await running;
    },
  };
}
