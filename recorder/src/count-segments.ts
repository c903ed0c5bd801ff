import type { SegmenterCounters } from '@nigehban/media/mp4/segmenter-types.ts';

/** The sum of a camera's sessions; of the key-frame intervals the newest that is known. */
export function addCounters(
  before: SegmenterCounters | undefined,
  now: SegmenterCounters | undefined,
): SegmenterCounters | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  return {
    frames: before.frames + now.frames,
    keyFrames: before.keyFrames + now.keyFrames,
    keyFrameIntervalMs: now.keyFrameIntervalMs ?? before.keyFrameIntervalMs,
    lostPackets: before.lostPackets + now.lostPackets,
    latePackets: before.latePackets + now.latePackets,
    malformedPackets: before.malformedPackets + now.malformedPackets,
    lostUnits: before.lostUnits + now.lostUnits,
    discontinuities: before.discontinuities + now.discontinuities,
  };
}
