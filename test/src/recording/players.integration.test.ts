import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SegmentEntry } from '@nigehban/domain/footage.ts';
import { transcodeToH264 } from '@nigehban/recorder/ffmpeg/transcode-h264.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { cameraModelNamed } from '../fleet/camera-models.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { run } from '../fleet/test-tools.ts';
import { type FootageStage, startFootageStage } from './footage-stage.ts';
import { RecordingStage } from './recording-stage.ts';

/** Camera 1 is H.264, 2 has G.711, 3 is H.265, 4 changes its parameter sets on the way. */
const [plain, sounding, h265, changing] = [1, 2, 3, 4] as const;
let fleet: Fleet;
let recording: RecordingStage;
let stage: FootageStage;
let folder: string;

function codecOf(camera: SimulatedCamera): string {
  return cameraModelNamed(camera.plan.modelName).encoder.mainCodec;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-players-'));
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny', multicast: false });
  recording = await RecordingStage.start();
  const silent = fleet.cameras.filter((one) => !one.plan.audio);
  const h264 = silent.filter((one) => codecOf(one) === 'H264');
  const cameras = [
    h264[0],
    fleet.cameras.find((one) => one.plan.audio && codecOf(one) === 'H264'),
    silent.find((one) => codecOf(one) === 'H265'),
    h264[1],
  ].filter((one) => one !== undefined);
  expect(cameras).toHaveLength(4);
  recording.record(
    cameras.map((camera) => ({
      url: camera.streamUri('main'),
      username: camera.plan.username,
      password: camera.plan.password,
    })),
  );
  await recording.framesFor(changing, 75);
  await fleet.setFault(cameras[3]?.plan.id ?? '', { kind: 'parameter-change' });
  for (const id of [plain, sounding, h265, changing]) await recording.framesFor(id, 90);
  await recording.recorder.stop();
  stage = await startFootageStage(recording.root, { transcode: transcodeToH264 });
}, 180_000);

afterAll(async () => {
  await stage?.stop();
  await recording?.stop();
  await fleet?.stop();
  await rm(folder, { recursive: true, force: true });
});

function segmentsOf(cameraId: number): SegmentEntry[] {
  const segments = recording.segmentsOf(cameraId);
  expect(segments.length).toBeGreaterThanOrEqual(2);
  return segments;
}

function framesOf(segments: readonly SegmentEntry[]): number {
  return segments.reduce((sum, segment) => sum + segment.frames, 0);
}

/** The range that holds all of a camera's segments. */
function wholeRange(cameraId: number): string {
  const segments = segmentsOf(cameraId);
  const fromMs = Math.floor((segments[0]?.startUs ?? 0) / 1_000);
  const toMs = Math.ceil((segments.at(-1)?.endUs ?? 0) / 1_000);
  return `fromMs=${fromMs}&toMs=${toMs}`;
}

/** Frames that a decoder makes of an address or file, and what it complains of. */
async function play(input: string): Promise<{ frames: number; complaints: string; codec: string }> {
  const headers = input.startsWith('http') ? ['-headers', `Cookie: ${stage.cookie}\r\n`] : [];
  const probe = await run('ffprobe', [
    ...['-v', 'error', ...headers, '-count_frames', '-select_streams', 'v:0', '-of', 'json'],
    ...['-show_entries', 'stream=nb_read_frames,codec_name', input],
  ]);
  const complaints = await run('bash', [
    '-c',
    'exec ffmpeg -nostdin -v warning "$@" -map 0:v -c copy -f null - 2>&1',
    'ffmpeg',
    ...headers,
    '-i',
    input,
  ]);
  const decoding = await run('bash', [
    '-c',
    'exec ffmpeg -nostdin -v error "$@" -map 0:v -f null - 2>&1',
    'ffmpeg',
    ...headers,
    '-i',
    input,
  ]);
  const [stream] = JSON.parse(probe.toString()).streams;
  return {
    frames: Number(stream.nb_read_frames),
    // MP4 does not say whose ear mono sound is for; ffmpeg tells that it guesses.
    complaints: `${complaints}${decoding}`.replace(/^Guessed Channel Layout.*\n/gm, ''),
    codec: stream.codec_name,
  };
}

async function download(path: string): Promise<{ file: string; response: Response }> {
  const response = await stage.get(path);
  expect(response.status).toBe(200);
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mp4`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return { file, response };
}

test.each([
  ['H.264', plain, 'h264'],
  ['H.264 with G.711', sounding, 'h264'],
  ['H.265', h265, 'hevc'],
])('%s plays as one stream and as HLS, every frame of it', async (_name, cameraId, codec) => {
  const frames = framesOf(segmentsOf(cameraId));
  const { file, response } = await download(
    `/api/cameras/${cameraId}/stream.mp4?${wholeRange(cameraId)}`,
  );
  expect(response.headers.get('x-footage-end')).toBe('complete');
  expect(response.headers.get('x-footage-from-us')).toBe(String(segmentsOf(cameraId)[0]?.startUs));
  expect(await play(file)).toEqual({ frames, complaints: '', codec });
  const playlist = `${stage.server.url}/api/cameras/${cameraId}/playlist.m3u8?${wholeRange(cameraId)}`;
  expect(await play(playlist)).toEqual({ frames, complaints: '', codec });
});

test('a stream begins at the key frame before its time and tells the time of its first picture', async () => {
  const [first, second] = segmentsOf(plain);
  if (first === undefined || second === undefined) throw new Error('two segments');
  const fromMs = Math.floor((first.startUs + 2_700_000) / 1_000);
  const toMs = Math.floor((second.startUs + 1_500_000) / 1_000);
  const { file, response } = await download(
    `/api/cameras/${plain}/stream.mp4?fromMs=${fromMs}&toMs=${toMs}`,
  );
  const fromUs = Number(response.headers.get('x-footage-from-us'));
  expect(fromUs).toBeLessThanOrEqual(fromMs * 1_000);
  expect(fromUs).toBeGreaterThan(first.startUs);
  const { frames, complaints } = await play(file);
  expect(complaints).toBe('');
  const seconds = (toMs * 1_000 - fromUs) / 1e6;
  expect(frames / 15).toBeGreaterThan(seconds - 0.2);
  expect(frames / 15).toBeLessThan(seconds + 1.2);
});

/** A file for each EXT-X-MAP of a playlist: the initialisation and the media segments after it. */
async function sectionsOf(playlist: string, base: string): Promise<string[]> {
  const sections: Buffer[][] = [];
  for (const line of playlist.split('\n')) {
    const map = /^#EXT-X-MAP:URI="(.*)"$/.exec(line)?.[1];
    const path = map ?? (line.startsWith('hls/') ? line : undefined);
    if (path === undefined) continue;
    const bytes = Buffer.from(await (await stage.get(`${base}${path}`)).arrayBuffer());
    if (map !== undefined) sections.push([bytes]);
    else sections.at(-1)?.push(bytes);
  }
  return await Promise.all(
    sections.map(async (parts, index) => {
      const file = join(folder, `section-${index}.mp4`);
      await writeFile(file, Buffer.concat(parts));
      return file;
    }),
  );
}

test('new parameter sets end the stream; following its word plays the rest', async () => {
  const segments = segmentsOf(changing);
  expect(new Set(segments.map((segment) => segment.widthPx)).size).toBe(2);
  let query = wholeRange(changing);
  let frames = 0;
  const ends: (string | null)[] = [];
  for (let streams = 0; streams < 4; streams++) {
    const { file, response } = await download(`/api/cameras/${changing}/stream.mp4?${query}`);
    const played = await play(file);
    expect(played.complaints).toBe('');
    frames += played.frames;
    ends.push(response.headers.get('x-footage-end'));
    const next = response.headers.get('x-footage-next-ms');
    if (next === null) break;
    query = query.replace(/fromMs=\d+/, `fromMs=${next}`);
  }
  expect(ends).toEqual(['initialisation', 'complete']);
  expect(frames).toBe(framesOf(segments));
  const url = `/api/cameras/${changing}/playlist.m3u8?${wholeRange(changing)}`;
  const playlist = await (await stage.get(url)).text();
  expect(playlist.match(/EXT-X-MAP/g)).toHaveLength(2);
  expect(playlist).toContain('EXT-X-DISCONTINUITY\n#EXT-X-MAP');
  // What follows each EXT-X-MAP decodes behind it, as players that know several of them do. ffmpeg's own
  // HLS reader takes the first one for all.
  const sections = await sectionsOf(playlist, `/api/cameras/${changing}/`);
  expect(sections).toHaveLength(2);
  const played = await Promise.all(sections.map((file) => play(file)));
  expect(played.map((one) => one.complaints)).toEqual(['', '']);
  expect(played.reduce((sum, one) => sum + one.frames, 0)).toBe(framesOf(segments));
});

test("a playlist's media segments are served in ranges", async () => {
  const url = `/api/cameras/${plain}/playlist.m3u8?${wholeRange(plain)}`;
  const response = await stage.get(url);
  expect(response.headers.get('content-type')).toContain('mpegurl');
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('hls/'));
  const path = `/api/cameras/${plain}/${lines[1]}`;
  const whole = Buffer.from(await (await stage.get(path)).arrayBuffer());
  const part = await stage.get(path, { range: 'bytes=1000-20999' });
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(1_000, 21_000))).toBe(true);
});

test('H.265 becomes H.264 on demand, two at a time, and the third is told so', async () => {
  const path = `/api/cameras/${h265}/stream.mp4?${wholeRange(h265)}&codec=h264`;
  const { file } = await download(path);
  const played = await play(file);
  expect(played).toMatchObject({ codec: 'h264', complaints: '' });
  expect(played.frames).toBe(framesOf(segmentsOf(h265)));
  const same = await download(`/api/cameras/${plain}/stream.mp4?${wholeRange(plain)}&codec=h264`);
  expect((await play(same.file)).frames).toBe(framesOf(segmentsOf(plain)));

  const answers = await Promise.all([stage.get(path), stage.get(path), stage.get(path)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 503]);
  for (const answer of answers) {
    if (answer.status === 200) await answer.arrayBuffer();
    else {
      expect(await answer.json()).toMatchObject({ error: { code: 'TRANSCODING_LIMIT_REACHED' } });
    }
  }
  const again = await stage.get(path);
  expect(again.status).toBe(200);
  await again.body?.cancel();
});

test('a still of any time, and a fault where nothing is recorded', async () => {
  const [first] = segmentsOf(h265);
  const atMs = Math.floor((first?.startUs ?? 0) / 1_000) + 1_200;
  const response = await stage.get(`/api/cameras/${h265}/still.jpg?atMs=${atMs}`);
  expect(response.headers.get('content-type')).toBe('image/jpeg');
  expect(Number(response.headers.get('x-picture-time-us'))).toBeLessThanOrEqual(atMs * 1_000);
  const before = await stage.get(`/api/cameras/${h265}/still.jpg?atMs=${atMs - 3_600_000}`);
  expect(before.status).toBe(404);
  expect(await before.json()).toMatchObject({ error: { code: 'FOOTAGE_UNKNOWN' } });
  const none = await stage.get(
    `/api/cameras/${h265}/stream.mp4?fromMs=${atMs - 9_000_000}&toMs=${atMs - 8_000_000}`,
  );
  expect(none.status).toBe(404);
});
