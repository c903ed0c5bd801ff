import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type GstreamerRtspServer,
  type GstreamerStream,
  startGstreamerRtspServer,
} from '../peers/gstreamer-rtsp-server.ts';
import { type LiveStage, startLiveStage } from './live-stage.ts';

declare const livePage: {
  show(cameraId: number, quality: 'main' | 'sub'): number;
  facts(): Promise<
    readonly {
      readonly state: string;
      readonly frames: number;
      readonly stats: { readonly packetsLost: number } | null;
    }[]
  >;
  sound(index: number): string | null;
  listen(index: number): Promise<void>;
  unlisten(index: number): void;
  heard(index: number): Promise<{
    readonly end: string | null;
    readonly frequencyHz: number;
    readonly peak: number;
    readonly stats: { readonly totalAudioEnergy: number; readonly packetsLost: number } | null;
  } | null>;
};

const credentials = { username: 'nigehban', password: 'Peer&2024' };
const cameraId = 900;
const mulawCameraId = 901;
const alawCameraId = 902;
let peer: GstreamerRtspServer;
let stage: LiveStage;

beforeAll(async () => {
  peer = await startGstreamerRtspServer({ credential: credentials, width: 640, height: 360 });
  stage = await startLiveStage({ cameras: 1 });
  for (const [id, path] of [
    [cameraId, 'main'],
    [mulawCameraId, 'audio'],
    [alawCameraId, 'alaw'],
  ] as const) {
    stage.orders.set(id, orderOf(id, path));
  }
});

function orderOf(id: number, path: GstreamerStream): StreamOrder {
  return {
    cameraId: id,
    cameraCode: `GE24-NA117-PS042-C${id}`,
    stationCode: 'GE24-NA117-PS042',
    record: false,
    streams: [
      {
        quality: 'main',
        profileToken: 'main',
        url: peer.url(path),
        codec: 'H264',
        widthPx: 640,
        heightPx: 360,
        frameRateFps: 25,
      },
    ],
    credentials,
  };
}

afterAll(async () => {
  await stage?.stop();
  await peer?.kill();
});

/** A tone of 440 Hz, from a camera and an encoder of G.711 that we did not write, out of Chromium's decoder. */
test.each([
  ['PCMU', mulawCameraId],
  ['PCMA', alawCameraId],
])('Chromium plays the sound of a camera in %s, only while somebody listens', async (_, id) => {
  const page = await stage.newPage();
  const index = await page.evaluate((camera) => livePage.show(camera, 'main'), id);
  const sound = () => page.evaluate((at) => livePage.sound(at), index);
  await expect.poll(sound, { timeout: 20_000 }).toBe('available');
  const pull = () => stage.hub.status(`${id}/main`);
  expect([stage.relay.counters().listening, pull()?.sinks]).toEqual([0, 1]);

  await page.evaluate((at) => livePage.listen(at), index);
  const heard = () => page.evaluate((at) => livePage.heard(at), index);
  await expect
    .poll(async () => (await heard())?.stats?.totalAudioEnergy ?? 0, { timeout: 15_000 })
    .toBeGreaterThan(0.1);
  await expect.poll(async () => Math.round(((await heard())?.frequencyHz ?? 0) / 20)).toBe(22);
  expect((await heard())?.peak).toBeGreaterThan(0.3);
  expect(await heard()).toMatchObject({ end: null, stats: { packetsLost: 0 } });
  // The sound comes over the session of the pictures.
  expect([stage.relay.counters().listening, pull()?.sinks]).toEqual([1, 2]);
  expect(pull()?.counters.sessions).toBe(1);

  await page.evaluate((at) => livePage.unlisten(at), index);
  await expect.poll(() => pull()?.sinks).toBe(1);
  expect(stage.relay.counters()).toMatchObject({ listening: 0, views: 1 });
  await page.close();
});

/** No ONVIF stands beside it: the picture begins at the server's own next key frame. */
test('Chromium shows a camera that we did not write: GStreamer’s RTSP server with digest', async () => {
  const page = await stage.newPage();
  const index = await page.evaluate((id) => livePage.show(id, 'main'), cameraId);
  const facts = async () => (await page.evaluate(() => livePage.facts()))[index];
  await expect.poll(async () => (await facts())?.frames, { timeout: 20_000 }).toBeGreaterThan(75);
  expect(await facts()).toMatchObject({ state: 'playing', stats: { packetsLost: 0 } });
  // A camera that loses its power: the relay says so, and the stream is gone from the hub's flow.
  await peer.kill();
  await expect
    .poll(() => stage.hub.status(`${cameraId}/main`)?.state.kind, { timeout: 15_000 })
    .not.toBe('flowing');
});
