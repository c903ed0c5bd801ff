import { readFileSync } from 'node:fs';

/** How long a check may hold its socket, and how much more than that a total outage needs. */
const checkMs = 5_000;
const outageFactor = 2;
/** Files that the rest of the process may need beside the sweep. */
const reservedFiles = 1_000;
const fewestSockets = 64;

export interface SocketBudget {
  /** Checks under way at once, at most. */
  readonly sockets: number;
  /** Open files that the process should be allowed. */
  readonly neededFiles: number;
  /** False: a total outage would make the sweep slower than its period. */
  readonly suffices: boolean;
}

/**
 * Sockets for a total outage: every check holds its socket to the end, and each first failure is
 * repeated. `fileLimit` null: not known, taken as enough.
 */
export function planSockets(
  cameras: number,
  periodMs: number,
  fileLimit: number | null,
): SocketBudget {
  const outage = Math.ceil((cameras / periodMs) * checkMs * outageFactor);
  const wanted = Math.max(fewestSockets, outage);
  const neededFiles = wanted + reservedFiles;
  if (fileLimit === null || fileLimit >= neededFiles) {
    return { sockets: wanted, neededFiles, suffices: true };
  }
  // Below twice the reserve both sides get half: a sweep of nothing would be of no use.
  const left = Math.max(fileLimit - reservedFiles, Math.floor(fileLimit / 2));
  return { sockets: Math.min(wanted, left), neededFiles, suffices: left >= wanted };
}

/** The soft limit of open files of this process; null where the system does not tell or has none. */
export function readFileLimit(path = '/proc/self/limits'): number | null {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(path, 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
}
