import { access, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageRoots, rootsOf, segmentPath } from './footage-layout.ts';

/** Opens a segment for reading; throws FOOTAGE_UNKNOWN when it is on none of the volumes. */
export async function openSegmentFile(
  roots: FootageRoots,
  cameraId: CameraId,
  startUs: number,
): Promise<FileHandle> {
  return await onItsVolume(roots, cameraId, startUs, (path) => open(path, 'r'));
}

/** The path of a segment's file; throws FOOTAGE_UNKNOWN when it is on none of the volumes. */
export async function findSegmentFile(
  roots: FootageRoots,
  cameraId: CameraId,
  startUs: number,
): Promise<string> {
  return await onItsVolume(roots, cameraId, startUs, async (path) => {
    await access(path);
    return path;
  });
}

async function onItsVolume<Result>(
  roots: FootageRoots,
  cameraId: CameraId,
  startUs: number,
  run: (path: string) => Promise<Result>,
): Promise<Result> {
  let cause: unknown;
  for (const root of rootsOf(roots)) {
    try {
      return await run(join(root, segmentPath(cameraId, startUs)));
    } catch (error) {
      cause = error;
    }
  }
  throw new Fault('FOOTAGE_UNKNOWN', `Camera ${cameraId} has no segment ${startUs} here`, {
    cause,
    details: { cameraId, startUs },
  });
}
