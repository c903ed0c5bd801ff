import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that a process used since it began, all threads, in seconds (proc(5) schedstat). */
export function processCpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(
      readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0],
    );
  }
  return nanoseconds / 1e9;
}
