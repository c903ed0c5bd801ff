import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * Processor time in seconds of this process and of a PostgreSQL with all its children, also those
 * that ended meanwhile (utime, stime, cutime and cstime of proc_pid_stat(5)).
 */
export function processorSeconds(postmaster: number): { client: number; database: number } {
  const { user, system } = process.cpuUsage();
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === postmaster);
  const own = readStat(postmaster);
  const ticks =
    (own?.ticks ?? 0) +
    (own?.reapedTicks ?? 0) +
    children.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  return { client: (user + system) / 1e6, database: ticks / ticksPerSecond };
}

function readStat(pid: number): { parent: number; ticks: number; reapedTicks: number } | undefined {
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
    parent: field(4),
    ticks: field(14) + field(15),
    reapedTicks: field(16) + field(17),
  };
}
