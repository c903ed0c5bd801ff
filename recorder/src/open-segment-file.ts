import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { segmentPath } from './footage-layout.ts';

/** Opens a segment for reading; throws FOOTAGE_UNKNOWN when it is not there. */
export async function openSegmentFile(
  root: string,
  cameraId: CameraId,
  startUs: number,
): Promise<FileHandle> {
  try {
    return await open(join(root, segmentPath(cameraId, startUs)), 'r');
  } catch (error) {
    throw new Fault('FOOTAGE_UNKNOWN', `Camera ${cameraId} has no segment ${startUs} here`, {
      cause: error,
      details: { cameraId, startUs },
    });
  }
}
