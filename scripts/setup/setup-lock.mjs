import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;
const sayEachMs = 15_000;

/** Start of a process in ticks since boot, so that a reused process id is not taken for it. */
function startTicks(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Takes the lock file at `path`, waiting for the process that holds it; the lock of a process that is
 * gone is taken over. Gives the release.
 */
export async function takeLock(path, say) {
  mkdirSync(dirname(path), { recursive: true });
  let saidMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      const file = openSync(path, 'wx');
      writeFileSync(file, `${process.pid} ${startTicks(process.pid)}`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const [pid, ticks] = readText(path).split(' ');
    if (ticks === undefined) {
      // Just made and not yet written, or left empty by a crash: the next look tells.
      await sleep(pollMs);
      if (readText(path) === '') rmSync(path, { force: true });
    } else if (startTicks(pid) !== ticks) {
      rmSync(path, { force: true });
    } else {
      if (performance.now() - saidMs > sayEachMs) {
        saidMs = performance.now();
        say(`another set-up (process ${pid}) is at work here: waiting for it`);
      }
      await sleep(pollMs);
    }
  }
}
