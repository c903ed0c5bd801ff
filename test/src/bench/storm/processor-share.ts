import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Processor seconds so far of a process, and of its children that live or were waited for (proc_pid_stat(5)). */
export function processSeconds(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)));
  const own = stats.find((stat) => stat?.pid === pid);
  const children = stats.filter((stat) => stat?.parent === pid);
  const ticks =
    (own?.ticks ?? 0) +
    (own?.reapedTicks ?? 0) +
    children.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  return ticks / ticksPerSecond;
}

function readStat(pid: number) {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything; field 3 follows the last of them.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    ticks: field(14) + field(15),
    reapedTicks: field(16) + field(17),
  };
}
