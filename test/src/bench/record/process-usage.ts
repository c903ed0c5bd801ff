import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of processes since they started, all their threads, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
}

/** Memory of processes, shared pages divided by those who share them (PSS), in bytes. */
export function pssBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    return sum + 1024 * Number(/^Pss: +(\d+)/m.exec(rollup)?.[1] ?? 0);
  }, 0);
}

/** A process and all that it started, and they in turn. */
export function withDescendants(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withDescendants)];
}

function processCpuSeconds(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]);
    }
  } catch {
    // It has ended.
  }
  return nanoseconds / 1e9;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
