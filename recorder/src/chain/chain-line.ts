import { createHash } from 'node:crypto';
import { type ChainEntry, gapCauses } from '@nigehban/domain/footage.ts';

/** What the first entry of a chain names as its predecessor. */
export const firstPreviousHash = '0'.repeat(64);

/** An entry as its line, without line end. The hash of these bytes is what the next entry names. */
export function formatChainLine(entry: ChainEntry): string {
  return JSON.stringify(entry);
}

/** SHA-256 of a line without its end, lower-case hex. */
export function hashChainLine(line: string): string {
  return createHash('sha256').update(line, 'utf8').digest('hex');
}

/** The entry of a line; undefined when it is not one, whatever it holds. */
export function parseChainLine(line: string): ChainEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isChainEntry(value) ? value : undefined;
}

function isChainEntry(value: unknown): value is ChainEntry {
  if (!isRecord(value)) return false;
  const base =
    isCount(value.sequence) &&
    value.sequence >= 1 &&
    isCount(value.cameraId) &&
    isCount(value.startUs) &&
    isCount(value.endUs) &&
    value.endUs >= value.startUs &&
    isHash(value.previousHash);
  if (!base) return false;
  if (value.kind === 'gap') return (gapCauses as readonly unknown[]).includes(value.cause);
  return (
    value.kind === 'segment' &&
    typeof value.path === 'string' &&
    typeof value.codec === 'string' &&
    isCount(value.widthPx) &&
    isCount(value.heightPx) &&
    isCount(value.frames) &&
    isCount(value.sizeBytes) &&
    isHash(value.sha256) &&
    Array.isArray(value.fragments) &&
    value.fragments.every(isFragment) &&
    (value.clockOffsetMs === null || typeof value.clockOffsetMs === 'number') &&
    isFlags(value.flags)
  );
}

function isFragment(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isCount(value[0]) && isHash(value[1]);
}

function isFlags(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.repaired === 'boolean' &&
    typeof value.lossy === 'boolean' &&
    typeof value.adopted === 'boolean'
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
