import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { expect, test } from 'vitest';
import { startStillWatch } from './judge-stills.ts';

const jpeg = Buffer.from('a picture');

function stage(cameras: readonly CameraId[], pictureMs: (nowMs: number) => number) {
  const clock = createManualClock(1_000_000_000);
  const judged: { cameraId: CameraId; likely: string | null }[] = [];
  const state = { everyMs: 60_000 as number | null, inFlight: 0, most: 0, hold: false };
  const released: (() => void)[] = [];
  const watch = startStillWatch({
    clock,
    log: createLogger('silent', 'test'),
    cameras: { all: () => cameras, isRecorded: () => true },
    viewEveryMs: () => state.everyMs,
    async takeStill() {
      state.inFlight += 1;
      state.most = Math.max(state.most, state.inFlight);
      if (state.hold) await new Promise<void>((resolve) => released.push(resolve));
      state.inFlight -= 1;
      return { jpeg, atMs: pictureMs(clock.nowMs()) };
    },
    async judge(cameraId, _jpeg, likely) {
      judged.push({ cameraId, likely });
      return 'gateway-2';
    },
  });
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second += 1) {
      clock.advance(1_000);
      for (let turn = 0; turn < 4; turn += 1) await new Promise((done) => setImmediate(done));
    }
  };
  return { clock, judged, state, released, watch, seconds };
}

test('each camera once a period, the gateway that answered last is likely', async () => {
  const cameras = Array.from({ length: 20 }, (_, index) => index + 1);
  const { judged, watch, seconds } = stage(cameras, (nowMs) => nowMs - 500);
  await seconds(60);
  expect(judged.map(({ cameraId }) => cameraId).sort((a, b) => a - b)).toEqual(cameras);
  expect(new Set(judged.map(({ likely }) => likely))).toEqual(new Set([null]));
  await seconds(60);
  expect(judged).toHaveLength(40);
  expect(judged.at(-1)?.likely).toBe('gateway-2');
  await watch.stop();
  await seconds(60);
  expect(judged).toHaveLength(40);
});

test('a picture that is old, or was judged already, is not sent', async () => {
  const old = stage([7], (nowMs) => nowMs - 121_000);
  await old.seconds(180);
  expect(old.judged).toEqual([]);
  await old.watch.stop();
  const same = stage([7], () => 1_000_000_000);
  await same.seconds(110);
  expect(same.judged).toHaveLength(1);
  await same.watch.stop();
});

test('no more than four at a time; what cannot wait is left out and counted', async () => {
  const cameras = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const { state, released, watch, seconds } = stage(cameras, (nowMs) => nowMs);
  state.hold = true;
  await seconds(60);
  expect(state.most).toBe(4);
  expect(watch.counts.skipped).toBe(1_000 - 4 - 128);
  state.hold = false;
  for (const release of released) release();
  await seconds(1);
  expect(watch.counts.judged).toBe(132);
  await watch.stop();
});

test('nothing is asked while views are not judged', async () => {
  const { state, judged, watch, seconds } = stage([1, 2, 3], (nowMs) => nowMs);
  state.everyMs = 0;
  await seconds(120);
  state.everyMs = null;
  await seconds(120);
  expect(judged).toEqual([]);
  await watch.stop();
});
