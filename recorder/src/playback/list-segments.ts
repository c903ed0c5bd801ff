import type { CameraId } from '@nigehban/domain/camera.ts';
import { type FootageSpan, isDoubted } from '@nigehban/domain/identity-doubt.ts';
import { listHours, namesIn } from '../chain/chain-files.ts';
import { type FootageRoots, hourFolder, segmentStartOf } from '../footage-layout.ts';

/** Segments are 300 s at most (`NIGEHBAN_SEGMENT_SECONDS`), with room for a late key frame. */
const longestSegmentUs = 600_000_000;

/**
 * The starts of the segments that may hold something of `[fromUs, toUs)`, ascending, by file names
 * alone: those that begin in the range and the last one before it. Those `without` are left out.
 */
export async function listSegments(
  roots: FootageRoots,
  cameraId: CameraId,
  fromUs: number,
  toUs: number,
  without: readonly FootageSpan[] = [],
): Promise<number[]> {
  const firstHour = hourFolder(fromUs - longestSegmentUs);
  const lastHour = hourFolder(toUs);
  const starts: number[] = [];
  for (const hour of await listHours(roots, cameraId)) {
    if (hour < firstHour || hour > lastHour) continue;
    for (const name of await namesIn(roots, `${cameraId}/${hour}`)) {
      const startUs = segmentStartOf(name);
      if (startUs !== undefined && startUs < toUs) starts.push(startUs);
    }
  }
  starts.sort((a, b) => a - b);
  const before = starts.findLast((startUs) => startUs <= fromUs) ?? fromUs;
  return starts.filter(
    (startUs) =>
      startUs >= before && startUs > fromUs - longestSegmentUs && !isDoubted(startUs, without),
  );
}
