import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A program of ours in a process of its own, which ends with its standard input. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of JSON that it writes. */
  nextEvent(): Promise<Record<string, unknown>>;
  ask(): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export function startChild(script: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let take: ((line: string) => void) | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (take === null) lines.push(line);
    else take(line);
    take = null;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const nextEvent = async (): Promise<Record<string, unknown>> => {
    const line =
      lines.shift() ??
      (await Promise.race([
        new Promise<string>((resolve) => {
          take = resolve;
        }),
        ended.then(() => Promise.reject(new Error(`${script} ended`))),
      ]));
    return JSON.parse(line);
  };
  return {
    process: child,
    nextEvent,
    ask() {
      child.stdin.write('\n');
      return nextEvent();
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

const ticksPerSecond = 100;

/** CPU seconds of a process so far, with those of its children that ended (proc(5), stat). */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / ticksPerSecond;
}

/** CPU seconds of all living processes whose parent, or parent's parent, is this one. */
export function cpuSecondsBelow(pid: number, pids: readonly number[]): number {
  const parentOf = (one: number): number => {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return 0;
    }
  };
  return pids
    .filter((one) => parentOf(one) === pid || parentOf(parentOf(one)) === pid)
    .reduce((sum, one) => sum + cpuSecondsOf(one), 0);
}
