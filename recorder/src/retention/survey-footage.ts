import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { SegmentEntry } from '@nigehban/domain/footage.ts';
import type { FootagePiece } from '@nigehban/domain/retention.ts';
import { listCameras, listHours, names, ofEachRoot, readChainHour } from '../chain/chain-files.ts';
import { hashChainLine } from '../chain/chain-line.ts';
import { readRemovals, removedBy } from '../chain/removal-log.ts';
import { type FootageRoots, rootsOf, segmentStartOf } from '../footage-layout.ts';

/** A segment that the chain names and no removal covers, with the hash of its line. */
export interface KeptSegment {
  readonly entry: SegmentEntry;
  readonly lineHash: string;
  /** The volume that has its file; undefined while that is away. */
  readonly volume: string | undefined;
}

/** An hour of a camera's chain that still has footage on one volume. */
export interface SurveyedHour extends FootagePiece {
  /** `YYYY-MM-DD/HH` */
  readonly hour: string;
}

/** Hours by day (`YYYY-MM-DD`), oldest first, each with the cameras that have a folder for it. */
export type FootageDays = ReadonlyMap<string, ReadonlyMap<CameraId, readonly string[]>>;

/** Lists folders only. Throws the disk's own errors. */
export async function listFootageDays(roots: FootageRoots): Promise<FootageDays> {
  const days = new Map<string, Map<CameraId, string[]>>();
  for (const cameraId of await listCameras(roots)) {
    for (const hour of await listHours(roots, cameraId)) {
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
  roots: FootageRoots,
  cameraId: CameraId,
  hour: string,
  isRemoved: (sequence: number) => boolean,
): Promise<readonly KeptSegment[]> {
  const chain = await readChainHour(roots, cameraId, hour);
  const volumeOf = await placeSegments(roots, cameraId, hour);
  return (chain?.lines ?? []).flatMap(({ entry, text }) => {
    if (entry?.kind !== 'segment' || entry.cameraId !== cameraId) return [];
    if (isRemoved(entry.sequence)) return [];
    return [{ entry, lineHash: hashChainLine(text), volume: volumeOf(entry.startUs) }];
  });
}

/** Tells which volume has a segment's file. With one volume there is nothing to look up. */
async function placeSegments(
  roots: FootageRoots,
  cameraId: CameraId,
  hour: string,
): Promise<(startUs: number) => string | undefined> {
  const [only, ...others] = rootsOf(roots);
  if (others.length === 0) return () => only;
  const places = new Map<number, string>();
  await ofEachRoot(roots, async (root) => {
    for (const name of await names(join(root, String(cameraId), hour))) {
      const startUs = segmentStartOf(name);
      if (startUs !== undefined) places.set(startUs, root);
    }
  });
  return (startUs) => places.get(startUs);
}

/** The hours of a day that still have footage, for each volume that has some of it. */
export async function surveyDay(
  roots: FootageRoots,
  cameras: ReadonlyMap<CameraId, readonly string[]>,
): Promise<readonly SurveyedHour[]> {
  const found: SurveyedHour[] = [];
  for (const [cameraId, hours] of cameras) {
    const { removals } = await readRemovals(roots, cameraId);
    const isRemoved = removedBy(removals.map(({ removal }) => removal));
    for (const hour of hours) {
      const kept = await readKeptSegments(roots, cameraId, hour, isRemoved);
      for (const [volume, ofVolume] of Map.groupBy(kept, (each) => each.volume)) {
        if (volume === undefined) continue;
        found.push({
          cameraId,
          hour,
          volume,
          startUs: Math.min(...ofVolume.map(({ entry }) => entry.startUs)),
          endUs: Math.max(...ofVolume.map(({ entry }) => entry.endUs)),
          sizeBytes: ofVolume.reduce((sum, { entry }) => sum + entry.sizeBytes, 0),
        });
      }
    }
  }
  return found;
}
