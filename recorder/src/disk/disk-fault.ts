import { Fault } from '@nigehban/domain/faults.ts';

/** A fault of the file system as DISK_FULL (ENOSPC, EDQUOT) or DISK_FAILED, naming the folder. */
export function diskFault(error: unknown, folder: string): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new Fault(
    full ? 'DISK_FULL' : 'DISK_FAILED',
    full ? `No space left in ${folder}` : `The disk of ${folder} fails: ${code}`,
    { cause: error, details: { folder, error: code } },
  );
}

/** The system's name of an error, such as ENOENT; undefined when it has none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
