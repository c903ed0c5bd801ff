import type { CameraId } from '@nigehban/domain/camera.ts';
import type { SegmentEntry } from '@nigehban/domain/footage.ts';
import type { FootagePiece } from '@nigehban/domain/retention.ts';
import { listCameras, listHours, readChainFile } from '../chain/chain-files.ts';
import { hashChainLine, parseChainLine } from '../chain/chain-line.ts';
import { readRemovals, removedBy } from '../chain/removal-log.ts';

/** A segment that the chain names and no removal covers, with the hash of its line. */
export interface KeptSegment {
  readonly entry: SegmentEntry;
  readonly lineHash: string;
}

/** An hour of a camera's chain that still has footage. */
export interface SurveyedHour extends FootagePiece {
  /** `YYYY-MM-DD/HH` */
  readonly hour: string;
}

/** Hours by day (`YYYY-MM-DD`), oldest first, each with the cameras that have a folder for it. */
export type FootageDays = ReadonlyMap<string, ReadonlyMap<CameraId, readonly string[]>>;

/** Lists folders only. Throws the disk's own errors. */
export async function listFootageDays(root: string): Promise<FootageDays> {
  const days = new Map<string, Map<CameraId, string[]>>();
  for (const cameraId of await listCameras(root)) {
    for (const hour of await listHours(root, cameraId)) {
      const day = hour.slice(0, 10);
      const cameras = days.get(day) ?? new Map<CameraId, string[]>();
      cameras.set(cameraId, [...(cameras.get(cameraId) ?? []), hour]);
      days.set(day, cameras);
    }
  }
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The segments of an hour's chain that are still to be there, in its order. */
export async function readKeptSegments(
  root: string,
  cameraId: CameraId,
  hour: string,
  isRemoved: (sequence: number) => boolean,
): Promise<readonly KeptSegment[]> {
  const file = await readChainFile(root, cameraId, hour);
  return (file?.lines ?? []).flatMap((line) => {
    const entry = parseChainLine(line);
    if (entry?.kind !== 'segment' || entry.cameraId !== cameraId) return [];
    return isRemoved(entry.sequence) ? [] : [{ entry, lineHash: hashChainLine(line) }];
  });
}

/** The hours of a day that still have footage. */
export async function surveyDay(
  root: string,
  cameras: ReadonlyMap<CameraId, readonly string[]>,
): Promise<readonly SurveyedHour[]> {
  const found: SurveyedHour[] = [];
  for (const [cameraId, hours] of cameras) {
    const { removals } = await readRemovals(root, cameraId);
    const isRemoved = removedBy(removals.map(({ removal }) => removal));
    for (const hour of hours) {
      const kept = await readKeptSegments(root, cameraId, hour, isRemoved);
      if (kept.length === 0) continue;
      found.push({
        cameraId,
        hour,
        volume: root,
        startUs: Math.min(...kept.map(({ entry }) => entry.startUs)),
        endUs: Math.max(...kept.map(({ entry }) => entry.endUs)),
        sizeBytes: kept.reduce((sum, { entry }) => sum + entry.sizeBytes, 0),
      });
    }
  }
  return found;
}
