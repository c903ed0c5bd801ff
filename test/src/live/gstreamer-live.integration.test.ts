import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type GstreamerRtspServer,
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
};

const credentials = { username: 'nigehban', password: 'Peer&2024' };
const cameraId = 900;
let peer: GstreamerRtspServer;
let stage: LiveStage;

beforeAll(async () => {
  peer = await startGstreamerRtspServer({ credential: credentials, width: 640, height: 360 });
  stage = await startLiveStage({ cameras: 1 });
  const order: StreamOrder = {
    cameraId,
    cameraCode: 'GE24-NA117-PS042-C9',
    stationCode: 'GE24-NA117-PS042',
    record: false,
    streams: [
      {
        quality: 'main',
        profileToken: 'main',
        url: peer.url('main'),
        codec: 'H264',
        widthPx: 640,
        heightPx: 360,
        frameRateFps: 25,
      },
    ],
    credentials,
  };
  stage.orders.set(cameraId, order);
});

afterAll(async () => {
  await stage?.stop();
  await peer?.kill();
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
