import { type KeyObject, sign, verify } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import {
  type RemovalReason,
  type RetentionPolicy,
  removalReasons,
} from '@nigehban/domain/retention.ts';
import { type FootageRoots, removalsFileName, rootsOf } from '../footage-layout.ts';
import { appendLine } from './append-line.ts';
import { ofEachRoot, readTextIfThere } from './chain-files.ts';
import { firstPreviousHash, hashChainLine } from './chain-line.ts';
import { mergeLines } from './merge-lines.ts';

/** Says that the segments of a piece of a camera's chain were deleted, by whom and why. */
export interface Removal {
  /** Position in the camera's log of removals, from 1 without holes. */
  readonly sequence: number;
  readonly cameraId: CameraId;
  /** Hash of the log's line before; 64 zeros for the first. */
  readonly previousHash: string;
  readonly nodeId: string;
  /** When it was decided, microseconds since the Unix epoch. */
  readonly atUs: number;
  /** The segments among these chain entries, both ends included. */
  readonly fromSequence: number;
  readonly toSequence: number;
  /** Hash of the chain's line `toSequence`: the removal is of this chain and no other. */
  readonly lastHash: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly segments: number;
  readonly sizeBytes: number;
  readonly reason: RemovalReason;
  /** What was in force when it was decided. */
  readonly policy: RetentionPolicy;
  /** The camera's legal holds at that time: none reached into what was removed. */
  readonly holds: readonly number[];
}

export type NewRemoval = Omit<Removal, 'sequence' | 'cameraId' | 'previousHash'>;

/** A line of the log, as it stands. */
export interface ReadRemoval {
  readonly removal: Removal;
  /** It follows the line before. */
  readonly follows: boolean;
  /** What was signed, and the signature. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

export interface ReadRemovals {
  readonly removals: readonly ReadRemoval[];
  /** Numbers (from 1) of lines that are no removals. */
  readonly unreadable: readonly number[];
}

/**
 * Reads a camera's log of removals from the copies of all volumes; empty when nothing was ever
 * removed. Throws the disk's own errors.
 */
export async function readRemovals(roots: FootageRoots, cameraId: CameraId): Promise<ReadRemovals> {
  const copies = await ofEachRoot(roots, async (root) => {
    const text = (await readTextIfThere(removalsPath(root, cameraId))) ?? '';
    // What follows the last line end is torn: its files are still there.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line, index) => {
        const parsed = parseLine(line);
        const entry = parsed && { ...parsed.removal, parsed };
        return { text: line, entry, root, number: index + 1 };
      });
  });
  const { lines } = mergeLines(copies);
  const removals: ReadRemoval[] = [];
  const unreadable: number[] = [];
  let previousHash = firstPreviousHash;
  let sequence = 0;
  for (const { text, entry, number } of lines) {
    if (entry === undefined) unreadable.push(number);
    else {
      const { removal } = entry.parsed;
      const follows =
        removal.cameraId === cameraId &&
        removal.previousHash === previousHash &&
        removal.sequence === sequence + 1;
      removals.push({ ...entry.parsed, follows });
      sequence = removal.sequence;
    }
    previousHash = hashChainLine(text);
  }
  return { removals, unreadable };
}

/**
 * Appends a signed removal and makes it durable, before its files go. Only one may write a log. It
 * stands on the first of `places` and, if one of the others takes it, on another.
 */
export async function appendRemoval(
  roots: FootageRoots,
  cameraId: CameraId,
  removal: NewRemoval,
  signingKey: KeyObject,
  places: readonly string[] = rootsOf(roots),
): Promise<Removal> {
  const last = (await readRemovals(roots, cameraId)).removals.at(-1);
  const entry: Removal = {
    sequence: (last?.removal.sequence ?? 0) + 1,
    cameraId,
    previousHash: last === undefined ? firstPreviousHash : lineHash(last),
    ...removal,
  };
  const line = formatLine(entry, sign(null, Buffer.from(JSON.stringify(entry)), signingKey));
  const [first, ...others] = places;
  if (first !== undefined) await append(first, cameraId, line);
  for (const root of others) {
    const done = await append(root, cameraId, line).then(
      () => true,
      () => false,
    );
    if (done) break;
  }
  return entry;
}

async function append(root: string, cameraId: CameraId, line: string): Promise<void> {
  await mkdir(join(root, String(cameraId)), { recursive: true });
  await appendLine(removalsPath(root, cameraId), line, { durable: true });
}

/** Whether one of the keys signed a removal. */
export function removalIsSigned(read: ReadRemoval, keys: readonly KeyObject[]): boolean {
  return keys.some((key) => verify(null, read.signed, key, read.signature));
}

/** Tells of a chain's sequence whether its segment was removed. */
export function removedBy(
  removals: readonly Pick<Removal, 'fromSequence' | 'toSequence'>[],
): (sequence: number) => boolean {
  const ranges: { from: number; to: number }[] = [];
  for (const { fromSequence, toSequence } of [...removals].sort(byStart)) {
    const last = ranges.at(-1);
    if (last !== undefined && fromSequence <= last.to + 1) last.to = Math.max(last.to, toSequence);
    else ranges.push({ from: fromSequence, to: toSequence });
  }
  return (sequence) => {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle]?.to ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    return range !== undefined && range.from <= sequence;
  };
}

function byStart(a: { fromSequence: number }, b: { fromSequence: number }): number {
  return a.fromSequence - b.fromSequence;
}

function removalsPath(root: string, cameraId: CameraId): string {
  return join(root, String(cameraId), removalsFileName);
}

function formatLine(removal: Removal, signature: Buffer): string {
  return JSON.stringify({ ...removal, signature: signature.toString('base64') });
}

function lineHash({ removal, signature }: ReadRemoval): string {
  return hashChainLine(formatLine(removal, signature));
}

function parseLine(line: string): Omit<ReadRemoval, 'follows'> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { signature, ...removal } = value as Record<string, unknown>;
  if (typeof signature !== 'string' || !isRemoval(removal)) return undefined;
  return {
    removal,
    signed: Buffer.from(JSON.stringify(removal)),
    signature: Buffer.from(signature, 'base64'),
  };
}

function isRemoval(value: object): value is Removal {
  const of = value as Partial<Record<keyof Removal, unknown>>;
  const counts = [
    of.sequence,
    of.cameraId,
    of.atUs,
    of.fromSequence,
    of.toSequence,
    of.startUs,
    of.endUs,
    of.segments,
    of.sizeBytes,
  ];
  return (
    counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0) &&
    Number(of.fromSequence) <= Number(of.toSequence) &&
    typeof of.previousHash === 'string' &&
    typeof of.lastHash === 'string' &&
    typeof of.nodeId === 'string' &&
    (removalReasons as readonly unknown[]).includes(of.reason) &&
    Array.isArray(of.holds)
  );
}
