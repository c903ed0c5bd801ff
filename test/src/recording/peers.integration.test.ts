import { ScriptedRtspServer } from '@nigehban/media/rtsp/testing/scripted-rtsp-server.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type GstreamerRtspServer,
  startGstreamerRtspServer,
} from '../peers/gstreamer-rtsp-server.ts';
import { startVlcRtspServer, type VlcRtspServer } from '../peers/vlc-rtsp-server.ts';
import { RecordingStage } from './recording-stage.ts';

const anonymous = { username: undefined, password: undefined };
const credential = { username: 'viewer', password: 'Pa ss"wörd' };
let gstreamer: GstreamerRtspServer;
let vlc: VlcRtspServer;
let stage: RecordingStage;

beforeAll(async () => {
  gstreamer = await startGstreamerRtspServer({ credential, framesPerSecond: 15 });
  vlc = await startVlcRtspServer();
}, 60_000);

afterAll(async () => {
  await gstreamer?.kill();
  await vlc?.kill();
});

beforeEach(async () => {
  stage = await RecordingStage.start();
});

afterEach(() => stage.stop());

/** Files whole and decodable, chain intact, all time accounted for. */
async function expectSound(cameraId: number): Promise<void> {
  const { unaccountedUs, ...findings } = await stage.examine(cameraId);
  expect(findings).toEqual({ problems: [], wrongCounts: [], complaints: [], doubleUs: 0 });
  expect(unaccountedUs).toBeLessThan(1_000_000);
}

test('GStreamer over UDP: H.264, H.265, with sound, and motion JPEG are recorded whole', async () => {
  const streams = ['main', 'hevc', 'audio', 'mjpeg', 'mjpeg422'] as const;
  stage.record(
    streams.map((path) => ({ url: gstreamer.url(path), ...credential, transport: 'udp' as const })),
  );
  await Promise.all(streams.map((_, index) => stage.framesFor(index + 1, 120, 60_000)));
  for (const [index, path] of streams.entries()) {
    expect([path, stage.hub.status(`${index + 1}`)?.counters.lost]).toEqual([path, 0]);
  }
  for (const index of streams.keys()) await expectSound(index + 1);
  const codecs = streams.map((_, index) => stage.segmentsOf(index + 1)[0]?.codec);
  expect(codecs).toEqual([
    expect.stringMatching(/^avc1\./),
    expect.stringMatching(/^hvc1\./),
    expect.stringMatching(/^avc1\..*,ulaw$/),
    'mp4v.6C',
    'mp4v.6C',
  ]);
}, 120_000);

test('motion JPEG over TCP as well', async () => {
  stage.record([{ url: gstreamer.url('mjpeg'), ...credential }]);
  await stage.framesFor(1, 60);
  await expectSound(1);
}, 60_000);

test.each([
  { wish: 'without a wish', transport: undefined },
  { wish: 'with one', transport: 'udp' as const },
])(
  'VLC, which knows UDP alone, is recorded $wish',
  async ({ transport }) => {
    stage.record([{ url: vlc.url, ...anonymous, transport }]);
    await stage.framesFor(1, 100);
    expect(stage.hub.status('1')?.counters.lost).toBe(0);
    await expectSound(1);
    expect(stage.segmentsOf(1).length).toBeGreaterThanOrEqual(1);
  },
  60_000,
);

test('VLC pulled over TCP by order is refused by its own answer', async () => {
  stage.record([{ url: vlc.url, ...anonymous, transport: 'tcp' }]);
  await expect
    .poll(() => stage.events[0], { timeout: 10_000 })
    .toMatchObject({
      kind: 'down',
      stop: { cause: 'refused', error: { statusCode: 461 } },
    });
});

test('a camera that comes back with another codec goes on in files of that codec', async () => {
  let camera = await startGstreamerRtspServer({ framesPerSecond: 15 });
  let location = camera.url('main');
  const front = await ScriptedRtspServer.listen({
    respond: ({ method }) =>
      method === 'DESCRIBE'
        ? `RTSP/1.0 302 Moved Temporarily\r\nLocation: ${location}\r\n\r\n`
        : undefined,
  });
  try {
    stage.record([{ url: front.url, ...anonymous }]);
    await stage.framesFor(1, 45);
    await camera.kill();
    camera = await startGstreamerRtspServer({ framesPerSecond: 15 });
    location = camera.url('hevc');
    await stage.framesFor(1, 45, 40_000);
    await expectSound(1);
  } finally {
    await camera.kill();
    await front.close();
  }
  const codecs = stage.segmentsOf(1).map((segment) => segment.codec.slice(0, 4));
  expect(new Set(codecs)).toEqual(new Set(['avc1', 'hvc1']));
  expect(codecs).toEqual([...codecs].sort());
  expect(stage.entriesOf(1).filter((entry) => entry.kind === 'gap').length).toBeGreaterThan(0);
}, 90_000);
