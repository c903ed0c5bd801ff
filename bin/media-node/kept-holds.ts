import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LegalHold } from '@nigehban/domain/retention.ts';

/**
 * The legal holds on a media node's own disk: with the control plane down it honours those that it was
 * last told.
 */
export function createKeptHolds(file: string) {
  let known: readonly LegalHold[] | undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    // Whatever is not a list of holds counts as never told: nothing is deleted then.
    if (Array.isArray(value) && value.every(isHold)) known = value;
  } catch {}
  return {
    /** Undefined while this node was never told. */
    current: (): readonly LegalHold[] | undefined => known,
    save(holds: readonly LegalHold[]): void {
      // New holds count at once, released ones only when the disk knows too.
      known = [...(known ?? []), ...holds];
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${JSON.stringify(holds)}\n`, { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      known = holds;
    },
  };
}

function isHold(value: unknown): value is LegalHold {
  if (typeof value !== 'object' || value === null) return false;
  const { id, cameraId, fromUs, toUs } = value as Partial<Record<keyof LegalHold, unknown>>;
  return [id, cameraId, fromUs, toUs].every((number) => Number.isSafeInteger(number));
}
