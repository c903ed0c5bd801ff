import type { Timeline, TimelineSegment } from '@nigehban/domain/footage.ts';
import { expect, test } from 'vitest';
import { codecName, following, locate, nearestRecorded, videoCodecOf } from './playback-plan.ts';

function piece(startMs: number, endMs: number, open = false): TimelineSegment {
  return { startMs, endMs, startUs: startMs * 1_000, codec: 'avc1.4D401E', sizeBytes: 1, open };
}

const timeline: Timeline = {
  cameraId: 1,
  fromMs: 0,
  toMs: 1_000_000,
  segments: [
    piece(100_000, 160_000),
    piece(160_300, 220_000),
    piece(300_000, 360_000),
    piece(360_000, 380_000, true),
  ],
  gaps: [{ startMs: 220_000, endMs: 300_000, cause: 'unreachable' }],
};

test('inside a piece, and in a hole too short to see, there is a recording', () => {
  expect(locate(timeline, 100_000)).toMatchObject({ kind: 'recorded' });
  expect(locate(timeline, 160_100)).toMatchObject({
    kind: 'recorded',
    segment: { startMs: 160_300 },
  });
});

test('a gap is named with its bounds and its cause', () => {
  expect(locate(timeline, 250_000)).toMatchObject({
    kind: 'gap',
    fromMs: 220_000,
    cause: 'unreachable',
    next: { startMs: 300_000 },
  });
});

test('before the first piece there is a gap without beginning, after the last one nothing', () => {
  expect(locate(timeline, 5)).toMatchObject({ kind: 'gap', fromMs: null, cause: null });
  expect(locate(timeline, 380_000)).toMatchObject({ kind: 'nothing', last: { open: true } });
  expect(locate({ ...timeline, segments: [] }, 5)).toEqual({ kind: 'nothing', last: null });
});

test('a piece is followed only by what joins it', () => {
  const [first, second, third] = timeline.segments;
  expect(first && following(timeline, first)?.startMs).toBe(160_300);
  expect(second && following(timeline, second)).toBeNull();
  expect(third && following(timeline, third)?.open).toBe(true);
});

test('the nearest recording is found on either side', () => {
  expect(nearestRecorded(timeline, 225_000)).toBe(219_000);
  expect(nearestRecorded(timeline, 290_000)).toBe(300_000);
  expect(nearestRecorded(timeline, 999_999)).toBe(379_000);
  expect(nearestRecorded({ ...timeline, segments: [] }, 5)).toBeNull();
});

test('only the video of a codec list is played and named', () => {
  expect(videoCodecOf('avc1.4D401E,ulaw')).toBe('avc1.4D401E');
  expect(codecName('hvc1.1.6.L93.B0')).toBe('H.265');
  expect(codecName('avc1.4D401E,mp4a.40.2')).toBe('H.264');
});
