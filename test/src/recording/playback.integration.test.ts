import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BlockPool } from '@nigehban/media/mp4/block-pool.ts';
import { recordableTrack, Segmenter } from '@nigehban/media/mp4/segmenter.ts';
import {
  groupAccessUnits,
  Packetizer,
  rtpPacket,
  splitAnnexB,
} from '@nigehban/media/testing/rtp-packets.ts';
import { SegmentCollector } from '@nigehban/media/testing/segment-collector.ts';
import { renderStill } from '@nigehban/recorder/ffmpeg/render-still.ts';
import { createFootageHandler } from '@nigehban/recorder/footage-http.ts';
import { segmentPath } from '@nigehban/recorder/footage-layout.ts';
import { StillMaker } from '@nigehban/recorder/still-maker.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../fleet/test-tools.ts';
import { launchChromium } from '../journey/browser.ts';

const startUs = 1_790_000_000_000_000;
const clusterKey = 'a-cluster-key-of-tests';
const pictures = 150;
const authorization = `Bearer ${clusterKey}`;
const playerPage = `<!doctype html><title>playback</title><video muted></video><script>
const video = document.querySelector('video');
const event = (target, name) => new Promise((resolve, reject) => {
  target.addEventListener(name, resolve, { once: true });
  target.addEventListener('error', () => reject(new Error(video.error?.message ?? name)), { once: true });
});
async function playToEnd(url) {
  video.src = url;
  await event(video, 'loadedmetadata');
  video.currentTime = 3.1;
  await event(video, 'seeked');
  const soughtTo = video.currentTime;
  video.currentTime = 0;
  video.playbackRate = 4;
  await video.play();
  await event(video, 'ended');
  return { soughtTo, duration: video.duration, width: video.videoWidth, error: video.error };
}
async function showFirst(url) {
  video.src = url;
  await event(video, 'loadeddata');
  return video.videoWidth;
}
async function appendAll(url, mime) {
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await event(source, 'sourceopen');
  const buffer = source.addSourceBuffer(mime);
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  for (let at = 0; at < bytes.length; at += 7777) {
    buffer.appendBuffer(bytes.subarray(at, at + 7777));
    await event(buffer, 'updateend');
  }
  source.endOfStream();
  video.currentTime = 5.5;
  await event(video, 'seeked');
  const { buffered } = video;
  return { ranges: buffered.length, start: buffered.start(0), end: buffered.end(0) };
}
</script>`;
let root = '';
let server: Server;
let base = '';
let browser: Browser;
let page: Page;
let codec = '';

/** Six seconds of 25 pictures each, with G.711, as the recorder writes them. */
async function makeRecording(): Promise<Buffer> {
  const stream = join(root, 'in.h264');
  await run('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=6'],
    ...['-threads', '1', '-c:v', 'libx264', '-bf', '0', '-g', '50', stream],
  ]);
  const units = groupAccessUnits('H264', splitAnnexB(await readFile(stream)));
  const pool = new BlockPool();
  const output = new SegmentCollector(pool);
  const base = { payloadType: 96, formatParameters: {}, parameterSets: [] };
  const tracks = [
    { ...base, index: 0, kind: 'video', codec: 'H264', clockRateHz: 90_000, channels: 0 },
    { ...base, index: 1, kind: 'audio', codec: 'PCMU', clockRateHz: 8000, channels: 1 },
  ] as const;
  const video = recordableTrack(tracks);
  if (video === undefined) throw new Error('no video');
  const settings = { segmentMs: 60_000, fragmentMs: 1000, maxAccessUnitBytes: 4 << 20, pool };
  const segmenter = new Segmenter(video, tracks, settings, output, 0);
  const packetizer = new Packetizer('H264');
  for (const [index, unit] of units.entries()) {
    const arrivalUs = startUs + index * 40_000;
    for (const packet of packetizer.accessUnit(unit, index * 3600)) {
      segmenter.push(0, packet, 0, packet.length, arrivalUs);
    }
    const fields = { sequence: index, timestamp: index * 320, marker: false };
    const sound = rtpPacket(Buffer.alloc(320, 0xff), fields);
    segmenter.push(1, sound, 0, sound.length, arrivalUs);
  }
  segmenter.stop();
  codec = output.segments[0]?.start.codec ?? '';
  return output.file(0);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-playback-'));
  const path = join(root, segmentPath(7, startUs));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await makeRecording());
  const recorder = { openSegment: () => undefined };
  const stills = new StillMaker({
    root,
    recorder,
    render: renderStill,
    atATime: 1,
    maxWaiting: 4,
  });
  const footage = createFootageHandler({ root, clusterKey, recorder, stills });
  server = createServer((request, response) => {
    if (request.url !== '/') return footage(request, response);
    response.setHeader('Content-Type', 'text/html');
    response.end(playerPage);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
  const context = await browser.newContext({ extraHTTPHeaders: { authorization } });
  page = await context.newPage();
  await page.goto(base);
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await rm(root, { recursive: true, force: true });
});

/** Calls a function of the page below. */
function inPage<T>(call: string, ...values: readonly string[]): Promise<T> {
  return page.evaluate<T>(`${call}(${values.map((value) => JSON.stringify(value)).join(', ')})`);
}

test('a segment plays alone in a video element, to its end, and can be sought', async () => {
  const played = await inPage<{ duration: number }>(
    'playToEnd',
    `/footage/7/${startUs}.mp4?media=video`,
  );
  expect(played).toMatchObject({ soughtTo: 3.1, width: 320, error: null });
  expect(Math.abs(played.duration - pictures / 25)).toBeLessThan(0.05);
});

test('the file with G.711 is shown too', async () => {
  expect(await inPage('showFirst', `/footage/7/${startUs}.mp4`)).toBe(320);
});

test('Media Source Extensions take it in pieces of any size', async () => {
  const [videoCodec] = codec.split(',');
  const buffered = await inPage<{ end: number }>(
    'appendAll',
    `/footage/7/${startUs}.mp4?media=video`,
    `video/mp4; codecs="${videoCodec}"`,
  );
  expect(buffered).toMatchObject({ ranges: 1, start: 0 });
  expect(Math.abs(buffered.end - pictures / 25)).toBeLessThan(0.05);
});

test('a stream from any time plays by Media Source Extensions, from the key frame before it', async () => {
  const [videoCodec] = codec.split(',');
  const range = `fromUs=${startUs + 2_700_000}&toUs=${startUs + 60_000_000}`;
  const buffered = await inPage<{ end: number }>(
    'appendAll',
    `/footage/7/stream.mp4?${range}&media=video`,
    `video/mp4; codecs="${videoCodec}"`,
  );
  expect(buffered).toMatchObject({ ranges: 1, start: 0 });
  expect(Math.abs(buffered.end - 4)).toBeLessThan(0.05);
});

test('a still is a JPEG of the key frame before the time', async () => {
  const url = `${base}/footage/7/stills?atUs=${startUs + 5_000_000}`;
  const response = await fetch(url, { headers: { authorization } });
  expect(response.status).toBe(200);
  expect(Number(response.headers.get('x-picture-time-us'))).toBe(startUs + 4_000_000);
  const jpeg = Buffer.from(await response.arrayBuffer());
  expect(jpeg.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  const path = join(root, 'still.jpg');
  await writeFile(path, jpeg);
  const shown = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', path],
  ]);
  expect(shown.toString().trim()).toBe('320,240');
});
