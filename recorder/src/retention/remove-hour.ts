import type { KeyObject } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  holdsOn,
  type LegalHold,
  mayGo,
  type RemovalReason,
  type RetentionPolicy,
} from '@nigehban/domain/retention.ts';
import { appendRemoval, readRemovals, removedBy } from '../chain/removal-log.ts';
import { type FootageRoots, hourFolder, segmentPath } from '../footage-layout.ts';
import { type KeptSegment, readKeptSegments, type SurveyedHour } from './survey-footage.ts';

export interface RemovalTerms {
  readonly roots: FootageRoots;
  /** Of them those that can be written now. */
  readonly writable: readonly string[];
  readonly nodeId: string;
  readonly signingKey: KeyObject;
  readonly policy: RetentionPolicy;
  readonly holds: readonly LegalHold[];
  readonly reason: RemovalReason;
  readonly nowUs: number;
}

/**
 * Deletes an hour's segments on its volume: first the signed record, made durable, then the files.
 * Asks once more of each segment whether it may go; what may not stays. Returns the bytes that were
 * freed.
 */
export async function removeHour(hour: SurveyedHour, terms: RemovalTerms): Promise<number> {
  const { roots, policy, holds, nowUs } = terms;
  const { removals } = await readRemovals(roots, hour.cameraId);
  const isRemoved = removedBy(removals.map(({ removal }) => removal));
  const kept = await readKeptSegments(roots, hour.cameraId, hour.hour, isRemoved);
  let freedBytes = 0;
  // A record covers neighbours in the chain: what another volume has between them stays.
  const goes = ({ entry, volume }: KeptSegment) =>
    volume === hour.volume && mayGo(entry, policy, holds, nowUs / 1000);
  for (const run of runsOf(kept, goes)) {
    freedBytes += await removeRun(hour, run, terms);
  }
  return freedBytes;
}

/** Deletes files that a crash left between a record and its deletions: those of the last record. */
export async function finishRemoval(
  roots: FootageRoots,
  cameraId: number,
  hours: readonly string[],
  writable: ReadonlySet<string>,
): Promise<void> {
  const last = (await readRemovals(roots, cameraId)).removals.at(-1)?.removal;
  if (last === undefined) return;
  const ofLast = removedBy([last]);
  const [from, to] = [hourFolder(last.startUs), hourFolder(last.endUs)];
  for (const hour of hours.filter((each) => each >= from && each <= to)) {
    const segments = await readKeptSegments(roots, cameraId, hour, (each) => !ofLast(each));
    for (const { entry, volume } of segments) {
      if (volume === undefined || !writable.has(volume)) continue;
      await removeFile(volume, cameraId, entry.startUs);
    }
  }
}

async function removeRun(
  { cameraId, volume }: SurveyedHour,
  run: readonly KeptSegment[],
  { roots, writable, nodeId, signingKey, policy, holds, reason, nowUs }: RemovalTerms,
): Promise<number> {
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return 0;
  const startUs = Math.min(...run.map(({ entry }) => entry.startUs));
  const endUs = Math.max(...run.map(({ entry }) => entry.endUs));
  const sizeBytes = run.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
  const everywhere = { cameraId, startUs: 0, endUs: Number.MAX_SAFE_INTEGER };
  const record = {
    nodeId,
    atUs: nowUs,
    fromSequence: first.entry.sequence,
    toSequence: last.entry.sequence,
    lastHash: last.lineHash,
    startUs,
    endUs,
    segments: run.length,
    sizeBytes,
    reason,
    policy,
    holds: holdsOn(everywhere, holds).flatMap((hold) => (hold.id > 0 ? hold.id : [])),
  };
  const places = [volume, ...writable.filter((root) => root !== volume)];
  await appendRemoval(roots, cameraId, record, signingKey, places).catch(async (error: unknown) => {
    if (!isFull(error)) throw error;
    // Not a byte left for the record: the oldest file makes room for it.
    await removeFile(volume, cameraId, first.entry.startUs);
    await appendRemoval(roots, cameraId, record, signingKey, places);
  });
  for (const { entry } of run) await removeFile(volume, cameraId, entry.startUs);
  return sizeBytes;
}

/** The path follows from camera and start: an entry cannot lead deletion out of its folder. */
async function removeFile(root: string, cameraId: number, startUs: number): Promise<void> {
  await unlink(join(root, segmentPath(cameraId, startUs))).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

/** Neighbours that may go together. */
function runsOf<T>(items: readonly T[], isIn: (item: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = [[]];
  for (const item of items) {
    if (isIn(item)) runs.at(-1)?.push(item);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
