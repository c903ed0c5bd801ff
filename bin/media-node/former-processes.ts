import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readStartTicks, waitUntil } from '@nigehban/config/embedded/server-processes.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';

/** A number alone could by now be somebody else's process. */
interface KnownProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/**
 * The engine processes of a node, noted in a file: should the node be killed, they end by themselves
 * within seconds, and the next start must not write their chains before they are gone.
 */
export function createProcessNotes(file: string) {
  const running = new Map<number, KnownProcess>();
  const write = (): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify([...running.values()]));
    renameSync(`${file}.new`, file);
  };
  return {
    started(pid: number): void {
      const startTicks = readStartTicks(pid);
      if (startTicks === undefined) return;
      running.set(pid, { pid, startTicks });
      write();
    },
    ended(pid: number): void {
      if (running.delete(pid)) write();
    },
  };
}

const endsByItselfMs = 16_000;
const diesWithinMs = 5_000;

/** Waits until the processes of a former, killed node are gone; ends those that do not end. */
export async function awaitFormerProcesses(
  file: string,
  log: Logger,
  patienceMs = endsByItselfMs,
): Promise<void> {
  const isAlive = ({ pid, startTicks }: KnownProcess) => readStartTicks(pid) === startTicks;
  const left = () => readNotes(file).filter(isAlive);
  if (left().length > 0) {
    log.warn({ pids: left().map(({ pid }) => pid) }, 'waiting for processes of a killed node');
    await waitUntil(() => left().length === 0, patienceMs);
    for (const { pid } of left()) killIfRunning(pid);
    await waitUntil(() => left().length === 0, diesWithinMs);
  }
  rmSync(file, { force: true });
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

function readNotes(file: string): KnownProcess[] {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(value) ? value.filter(isKnownProcess) : [];
  } catch {
    // None, or torn by a crash of the machine, after which no process is left either.
    return [];
  }
}

function isKnownProcess(value: unknown): value is KnownProcess {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTicks } = value as Partial<KnownProcess>;
  return Number.isSafeInteger(pid) && typeof startTicks === 'string';
}
