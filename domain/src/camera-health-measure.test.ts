import { expect, test } from 'vitest';
import type { CameraStream } from './camera.ts';
import { measureStream, type TimedCounters } from './camera-health-measure.ts';
import type { CameraCounters } from './link-messages.ts';

const registered: CameraStream = {
  quality: 'main',
  profileToken: 'main',
  url: 'rtsp://127.1.1.1/main',
  codec: 'H264',
  widthPx: 1280,
  heightPx: 720,
  frameRateFps: 15,
};

function counters(
  atMs: number,
  more: Partial<CameraCounters> & { frames?: number } = {},
): TimedCounters {
  const { frames = 0, ...rest } = more;
  return {
    atMs,
    counters: {
      cameraId: 1,
      quality: 'main',
      packets: 1_000,
      lost: 10,
      bytes: 100_000,
      jitterMs: 1,
      sessions: 1,
      viewers: 0,
      lastPacketMs: atMs,
      clockOffsetMs: 40,
      recording: true,
      recorder: {
        frames,
        keyFrames: 1,
        keyFrameIntervalMs: 2_000,
        damagedFrames: 0,
        segments: 1,
        restarts: 0,
        queuedBytes: 0,
        queuedForMs: 7,
      },
      ...rest,
    },
  };
}

test('rates are of the span between, against what was registered', () => {
  const measure = measureStream(
    counters(0),
    counters(10_000, { packets: 1_990, lost: 20, bytes: 740_000, frames: 150 }),
    registered,
  );
  expect(measure).toEqual({
    frameRateFps: 15,
    expectedFrameRateFps: 15,
    keyFrameIntervalMs: 2_000,
    lossShare: 0.01,
    bitrateKbps: 512,
    clockOffsetMs: 40,
    recorded: true,
    queuedForMs: 7,
    codecDiffers: null,
    resolutionDiffers: null,
    policyDiffers: null,
  });
});

test('what the policy found otherwise than wanted stands beside the rates', () => {
  const differences = { codec: null, resolution: '640x360 instead of 1280x720' };
  const measure = measureStream(counters(0), counters(10_000), registered, differences);
  expect(measure).toMatchObject({
    codecDiffers: null,
    resolutionDiffers: '640x360 instead of 1280x720',
  });
});

test.each([
  ['another session', { sessions: 2, packets: 2_000 }],
  ['counters that began anew', { packets: 10 }],
  ['the same moment', { atMs: 0 }],
])(
  '%s is not measured',
  (_name, { atMs = 10_000, ...more }: { atMs?: number } & Partial<CameraCounters>) => {
    expect(measureStream(counters(0), counters(atMs, more), registered)).toBeNull();
  },
);

test('without packets there is no rate to judge, only the outage that others tell', () => {
  const measure = measureStream(counters(0), counters(10_000), registered);
  expect(measure).toMatchObject({ frameRateFps: null, lossShare: null, recorded: null });
});
