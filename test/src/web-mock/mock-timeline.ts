import type { Timeline, TimelineGap, TimelineSegment } from '@nigehban/domain/footage.ts';

const segmentMs = 60_000;
const hourMs = 3_600_000;

/** Gaps of the mock's day, relative to now. */
export const mockGaps = [
  { startAgoMs: 3 * hourMs, lengthMs: 11 * 60_000, cause: 'unreachable' },
  { startAgoMs: 26 * 60_000, lengthMs: 2 * 60_000, cause: 'silent' },
  { startAgoMs: 8 * 60_000, lengthMs: 40_000, cause: 'restart' },
] as const;

/** Recorded since eight hours ago in pieces of a minute, with three gaps; the last piece is open. */
export function mockTimeline(
  cameraId: number,
  fromMs: number,
  toMs: number,
  bootMs: number,
  nowMs: number,
  codec: string,
): Timeline {
  const gaps: TimelineGap[] = mockGaps.map((gap) => ({
    startMs: bootMs - gap.startAgoMs,
    endMs: bootMs - gap.startAgoMs + gap.lengthMs,
    cause: gap.cause,
  }));
  const segments: TimelineSegment[] = [];
  let at = bootMs - 8 * hourMs;
  while (at < nowMs) {
    const start = at;
    const next = gaps.find((gap) => gap.endMs > start);
    const end = Math.min(start + segmentMs, nowMs, next?.startMs ?? Number.POSITIVE_INFINITY);
    if (next !== undefined && next.startMs <= start) {
      at = next.endMs;
      continue;
    }
    segments.push({
      startMs: start,
      endMs: end,
      startUs: start * 1000,
      codec,
      sizeBytes: Math.round((end - start) * 62.5),
      open: end === nowMs,
    });
    at = end;
  }
  const meets = (piece: { startMs: number; endMs: number }): boolean =>
    piece.endMs > fromMs && piece.startMs < toMs;
  return { cameraId, fromMs, toMs, segments: segments.filter(meets), gaps: gaps.filter(meets) };
}
