import type { CameraId } from './camera.ts';

/**
 * Whether a camera's own moment of the period lies in `(fromMs, toMs]`: looks at the cameras of a
 * province are spread over the period, and a camera keeps its moment whoever looks.
 */
export function isViewDue(
  cameraId: CameraId,
  everyMs: number,
  fromMs: number,
  toMs: number,
): boolean {
  const momentMs = (Math.imul(cameraId, 0x9e3779b1) >>> 0) % everyMs;
  const before = Math.floor((fromMs - momentMs) / everyMs);
  return Math.floor((toMs - momentMs) / everyMs) > before;
}
