import type { SegmenterCounters } from '@nigehban/media/mp4/segmenter-types.ts';
import { expect, test } from 'vitest';
import { addCounters } from './count-segments.ts';

const some: SegmenterCounters = {
  frames: 100,
  keyFrames: 4,
  keyFrameIntervalMs: 1000,
  lostPackets: 1,
  latePackets: 2,
  malformedPackets: 3,
  lostUnits: 5,
  discontinuities: 6,
};

test('sessions add up, and the newest known key-frame interval counts', () => {
  expect(addCounters(undefined, some)).toBe(some);
  expect(addCounters(some, undefined)).toBe(some);
  expect(addCounters(some, { ...some, frames: 1, keyFrameIntervalMs: undefined })).toEqual({
    frames: 101,
    keyFrames: 8,
    keyFrameIntervalMs: 1000,
    lostPackets: 2,
    latePackets: 4,
    malformedPackets: 6,
    lostUnits: 10,
    discontinuities: 12,
  });
});
