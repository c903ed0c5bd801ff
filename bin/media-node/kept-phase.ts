import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ElectionPhase } from '@nigehban/domain/retention.ts';

/**
 * The election phase on a media node's own disk: with the control plane down, and after a restart,
 * retention spares what the poll or the count under way recorded.
 */
export function createKeptPhase(file: string) {
  let known: ElectionPhase | null = null;
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isPhase(value)) known = value;
  } catch {}
  return {
    /** Null: none is under way, or none was ever told; the minimum of days protects then. */
    current: (): ElectionPhase | null => known,
    save(phase: ElectionPhase | null): void {
      // A phase counts at once, its end only when the disk knows too.
      known = stricter(known, phase);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${JSON.stringify(phase)}\n`, { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      known = phase;
    },
  };
}

/** The one that spares more footage. */
function stricter(a: ElectionPhase | null, b: ElectionPhase | null): ElectionPhase | null {
  if (a === null || b === null) return a ?? b;
  return a.sinceUs < b.sinceUs ? a : b;
}

function isPhase(value: unknown): value is ElectionPhase {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, sinceUs } = value as Partial<Record<keyof ElectionPhase, unknown>>;
  return (kind === 'poll' || kind === 'count') && Number.isSafeInteger(sinceUs);
}
