import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { memorySource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFootageHandler } from './footage-http.ts';
import { segmentPath } from './footage-layout.ts';
import type { OpenSegment } from './recorder-types.ts';
import { StillMaker } from './still-maker.ts';
import { makeSegment } from './testing/make-segment.ts';

const clusterKey = 'a-cluster-key-of-tests';
const startUs = 1_790_000_000_000_000;
let root = '';
let server: Server;
let base = '';
let open: OpenSegment | undefined;
let rendered: Buffer[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-footage-'));
  open = undefined;
  rendered = [];
  const recorder = { openSegment: () => open };
  const stills = new StillMaker({
    root,
    recorder,
    render: async (mp4) => {
      rendered.push(mp4);
      return Buffer.from('a picture');
    },
    atATime: 1,
    maxWaiting: 4,
  });
  server = createServer(createFootageHandler({ root, clusterKey, recorder, stills }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true, force: true });
});

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}${path}`, {
    headers: { authorization: `Bearer ${clusterKey}`, ...headers },
  });
}

async function store(bytes: Buffer): Promise<void> {
  const path = join(root, segmentPath(7, startUs));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

test('a segment is served whole and in ranges', async () => {
  const bytes = makeSegment({ startUs, pictures: 75 });
  await store(bytes);
  const whole = await get(`/footage/7/${startUs}.mp4`);
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  const part = await get(`/footage/7/${startUs}.mp4`, { range: 'bytes=100-1099' });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 100-1099/${bytes.length}`);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 1100))).toBe(true);
  const beyond = await get(`/footage/7/${startUs}.mp4`, { range: `bytes=${bytes.length}-` });
  expect(beyond.status).toBe(416);
});

test('the open segment ends at its last whole fragment', async () => {
  const bytes = makeSegment({ startUs, pictures: 75 });
  await store(bytes);
  open = {
    cameraId: 7,
    path: segmentPath(7, startUs),
    startUs,
    endUs: startUs + 1_000_000,
    sizeBytes: 2000,
    frames: 25,
    codec: 'avc1.4d400d',
    widthPx: 320,
    heightPx: 240,
  };
  const response = await get(`/footage/7/${startUs}.mp4`);
  expect(response.headers.get('x-footage-open')).toBe('1');
  expect((await response.arrayBuffer()).byteLength).toBe(2000);
  expect(await (await get('/footage/7/open')).json()).toEqual({ segment: open });
  open = undefined;
  expect(await (await get('/footage/7/open')).json()).toEqual({ segment: null });
});

test('the audio can be left out, with ranges over what is left', async () => {
  const bytes = makeSegment({ startUs, pictures: 75, audio: true });
  await store(bytes);
  const response = await get(`/footage/7/${startUs}.mp4?media=video`);
  const video = Buffer.from(await response.arrayBuffer());
  const scan = await scanRecording(memorySource(video));
  expect(scan.tracks.map((track) => track.kind)).toEqual(['video']);
  expect(scan.wholeBytes).toBe(video.length);
  expect(scan.fragments.reduce((sum, fragment) => sum + fragment.samples, 0)).toBe(75);
  const part = await get(`/footage/7/${startUs}.mp4?media=video`, { range: 'bytes=500-30000' });
  expect(Buffer.from(await part.arrayBuffer()).equals(video.subarray(500, 30001))).toBe(true);
});

test('a still is cut from the key frame before the time', async () => {
  await store(makeSegment({ startUs, pictures: 75 }));
  const response = await get(`/footage/7/stills?atUs=${startUs + 1_700_000}`);
  expect(response.headers.get('content-type')).toBe('image/jpeg');
  expect(Number(response.headers.get('x-picture-time-us'))).toBe(startUs + 1_000_000);
  const [mp4] = rendered;
  if (mp4 === undefined) throw new Error('nothing was rendered');
  const scan = await scanRecording(memorySource(mp4));
  expect(scan.fragments).toMatchObject([{ samples: 25, startsWithKey: true }]);
  expect((await get(`/footage/8/stills?atUs=${startUs}`)).status).toBe(404);
});

test.each([
  ['/footage/7/../../etc/passwd', 404],
  ['/footage/7/%2e%2e%2f%2e%2e%2fpasswd.mp4', 404],
  [`/footage/7/${startUs}.mp4.torn`, 404],
  ['/footage/7/1790000000000001.mp4', 404],
  ['/footage/0x7/open', 404],
  ['/footage/7/stills?atUs=abc', 400],
  ['//', 404],
])('%s is answered %i', async (path, status) => {
  const response = await get(path);
  expect(response.status).toBe(status);
  expect(await response.json()).toHaveProperty('fault.code');
});

test('nothing is served without the cluster key', async () => {
  await store(makeSegment({ startUs, pictures: 25 }));
  for (const authorization of ['', 'Bearer', 'Bearer a-cluster-key-of-test', clusterKey]) {
    const response = await get(`/footage/7/${startUs}.mp4`, { authorization });
    expect(response.status).toBe(401);
  }
});
