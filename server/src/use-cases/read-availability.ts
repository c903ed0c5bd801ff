import type { CameraAvailability } from '@nigehban/domain/api/health-types.ts';
import {
  planAvailability,
  planAvailabilityDays,
  sumAvailability,
} from '@nigehban/domain/availability.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { readAvailabilityHistory } from '../store/availability-store.ts';
import type { Queryable } from '../store/database.ts';

/** Pakistan's time has no summer time. */
const pakistanOffsetMs = 5 * 3_600_000;
const longestRangeMs = 400 * 86_400_000;

/**
 * How available a camera was in a range, whole and day by day, up to this moment.
 * @throws Fault CAMERA_UNKNOWN, REQUEST_INVALID
 */
export async function readAvailability(
  sql: Queryable,
  cameraId: CameraId,
  range: { readonly fromMs: number; readonly toMs: number },
  nowMs: number,
): Promise<CameraAvailability> {
  const { fromMs } = range;
  const toMs = Math.min(range.toMs, nowMs);
  if (toMs <= fromMs || toMs - fromMs > longestRangeMs) {
    throw new Fault('REQUEST_INVALID', 'fromMs must be before toMs and now, by up to 400 days');
  }
  const history = await readAvailabilityHistory(sql, cameraId, fromMs, toMs);
  if (history === null) throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId} in the plan`);
  const intervals = planAvailability(history, fromMs, toMs);
  const firstOfLastRun = intervals.findLastIndex((interval) => interval.verdict !== 'up') + 1;
  return {
    cameraId,
    ...sumAvailability(intervals, fromMs, toMs),
    upSinceMs: intervals[firstOfLastRun]?.fromMs ?? null,
    days: planAvailabilityDays(fromMs, toMs, pakistanOffsetMs).map((day) =>
      sumAvailability(intervals, day.fromMs, day.toMs),
    ),
    intervals,
  };
}
