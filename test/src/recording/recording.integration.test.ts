import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry, SegmentEntry } from '@nigehban/domain/footage.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { createStreamHub } from '@nigehban/media/hub/stream-hub.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { startRecorder } from '@nigehban/recorder/recorder.ts';
import type { Recorder } from '@nigehban/recorder/recorder-types.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { cameraModelNamed } from '../fleet/camera-models.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { run, until } from '../fleet/test-tools.ts';
import { startGstreamerRtspServer } from '../peers/gstreamer-rtsp-server.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let fleet: Fleet;
let root = '';
let hub: StreamHub;
let recorder: Recorder;
let entries: ChainEntry[];

beforeAll(async () => {
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny', multicast: false });
});

afterAll(async () => {
  await fleet?.stop();
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-recording-'));
  entries = [];
  hub = createStreamHub({
    clock: systemClock,
    random: Math.random,
    settings: { silentForMs: 1500 },
  });
  recorder = await startRecorder(
    { nodeId: 'node-1', footageFolder: root, segmentMs: 4000 },
    { hub, clock: systemClock, log, onEntry: (entry) => entries.push(entry) },
  );
});

afterEach(async () => {
  for (const camera of fleet.cameras) await fleet.setFault(camera.plan.id, null);
  await recorder.stop();
  await hub.stop();
  await rm(root, { recursive: true, force: true });
});

function record(cameras: readonly SimulatedCamera[]): void {
  recorder.apply(
    cameras.map((camera, index) => ({
      cameraId: index + 1,
      cameraCode: camera.plan.id,
      stationCode: camera.plan.stationId,
      source: {
        key: `${index + 1}/main`,
        url: camera.streamUri('main'),
        username: camera.plan.username,
        password: camera.plan.password,
      },
    })),
  );
}

function entriesOf(cameraId: number): ChainEntry[] {
  return entries.filter((entry) => entry.cameraId === cameraId);
}

function segmentsOf(cameraId: number): SegmentEntry[] {
  return entriesOf(cameraId).filter((entry) => entry.kind === 'segment');
}

async function framesFor(cameraId: number, frames: number): Promise<void> {
  const seen = () =>
    segmentsOf(cameraId).reduce((sum, segment) => sum + segment.frames, 0) +
    (recorder.openSegment(cameraId)?.frames ?? 0);
  const before = seen();
  await until(`camera ${cameraId} records`, 20_000, () => seen() - before >= frames);
}

/** Decodes a file from start to end; gives its frames and what the decoder complained of. */
async function decode(path: string): Promise<{ frames: number; complaints: string }> {
  const output = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-of', 'json'],
    ...['-show_entries', 'stream=nb_read_frames', path],
  ]);
  const complaints = await run('bash', [
    '-c',
    'exec ffmpeg -nostdin -v error -xerror -i "$0" -map 0:v -f null - 2>&1',
    path,
  ]);
  const [stream] = JSON.parse(output.toString()).streams;
  return { frames: Number(stream.nb_read_frames), complaints: complaints.toString() };
}

/** The whole time from first to last entry is accounted for, without overlap. */
function expectNoHoles(cameraId: number): void {
  const [first, ...rest] = entriesOf(cameraId);
  let coveredUs = first?.endUs ?? 0;
  for (const entry of rest) {
    expect(entry.startUs).toBeGreaterThanOrEqual(coveredUs);
    expect(entry.startUs - coveredUs).toBeLessThan(100_000);
    coveredUs = entry.endUs;
  }
}

test('every model is recorded: each file plays alone, no frame is missing, chains verify', async () => {
  const cameras = fleet.cameras.filter(
    (camera, index, all) =>
      camera.plan.audio ||
      all.findIndex((other) => other.plan.modelName === camera.plan.modelName) === index,
  );
  record(cameras);
  for (let id = 1; id <= cameras.length; id++) await framesFor(id, id === 1 ? 150 : 90);
  await recorder.stop();

  for (const [index, camera] of cameras.entries()) {
    const segments = segmentsOf(index + 1);
    expect(segments.length).toBeGreaterThanOrEqual(2);
    const { mainCodec } = cameraModelNamed(camera.plan.modelName).encoder;
    for (const segment of segments.slice(0, 2)) {
      expect(segment.codec).toMatch(mainCodec === 'H265' ? /^hvc1\./ : /^avc1\./);
      expect(segment.codec.endsWith(',ulaw')).toBe(camera.plan.audio);
      expect(segment.flags).toEqual({ repaired: false, lossy: false, adopted: false });
      const { frames, complaints } = await decode(join(root, segment.path));
      expect(complaints).toBe('');
      expect(frames).toBe(segment.frames);
      const fps = segment.frames / ((segment.endUs - segment.startUs) / 1e6);
      expect(Math.abs(fps - 15)).toBeLessThan(0.5);
    }
    expectNoHoles(index + 1);
  }
  expect((await verifyFootage(root)).cameras.flatMap((camera) => camera.problems)).toEqual([]);
}, 120_000);

test('unplugged, plugged in again: a gap with its cause between two recordings', async () => {
  const [camera] = fleet.cameras;
  if (camera === undefined) throw new Error('no camera');
  record([camera]);
  await framesFor(1, 30);
  const cutAtUs = systemClock.wallUs();
  await fleet.setFault(camera.plan.id, { kind: 'unplugged' });
  await until('the hole is told', 10_000, () =>
    recorder.openGaps().some(({ cause }) => cause !== 'restart'),
  );
  await until('the verdict stands', 10_000, () => {
    const [gap] = recorder.openGaps();
    return gap !== undefined && gap.endUs - gap.startUs > 3_000_000;
  });
  await fleet.setFault(camera.plan.id, null);
  await framesFor(1, 30);
  await recorder.stop();
  const gap = entriesOf(1).find((entry) => entry.kind === 'gap' && entry.startUs > cutAtUs - 1e6);
  expect(gap).toMatchObject({ kind: 'gap', cause: expect.stringMatching(/unreachable|refused/) });
  expect(Math.abs((gap?.startUs ?? 0) - cutAtUs)).toBeLessThan(500_000);
  expectNoHoles(1);
}, 60_000);

test('jumping clocks, new parameter sets and loss never make an unreadable file', async () => {
  const cameras = fleet.cameras.filter((camera) => !camera.plan.audio).slice(0, 4);
  const [jumping, changing, losing, cut] = cameras;
  if (!jumping || !changing || !losing || !cut) throw new Error('too few cameras');
  record(cameras);
  for (let id = 1; id <= 4; id++) await framesFor(id, 20);
  await fleet.setFault(jumping.plan.id, { kind: 'timestamp-jump', seconds: 5000 });
  await fleet.setFault(changing.plan.id, { kind: 'parameter-change' });
  await fleet.setFault(losing.plan.id, { kind: 'packet-loss', ratio: 0.05 });
  await fleet.setFault(cut.plan.id, { kind: 'mid-gop-cut' });
  for (let id = 1; id <= 4; id++) await framesFor(id, 75);
  // A jump right before a key frame leaves no gap: the counter tells of it in any case.
  const [first] = recorder.status().cameras;
  expect(first?.counters?.discontinuities).toBeGreaterThanOrEqual(1);
  await recorder.stop();

  const sizes = new Set(segmentsOf(2).map((segment) => segment.widthPx));
  expect(sizes.size).toBe(2);
  expect(segmentsOf(3).some((segment) => segment.flags.lossy)).toBe(true);
  for (const entry of entries) {
    if (entry.kind === 'gap') continue;
    expect(entry.endUs - entry.startUs).toBeLessThan(12_000_000);
    if (entry.flags.lossy) continue;
    const { frames, complaints } = await decode(join(root, entry.path));
    expect({ frames, complaints }).toEqual({ frames: entry.frames, complaints: '' });
  }
  for (let id = 1; id <= 4; id++) expectNoHoles(id);
  expect((await verifyFootage(root)).cameras.flatMap((camera) => camera.problems)).toEqual([]);
}, 90_000);

test("GStreamer's RTSP server is recorded like a camera of ours", async () => {
  const credential = { username: 'viewer', password: 'Pa ss"wörd' };
  const server = await startGstreamerRtspServer({ credential, framesPerSecond: 15 });
  try {
    recorder.apply([
      {
        cameraId: 1,
        cameraCode: 'GST',
        stationCode: 'GST',
        source: { key: '1/main', url: server.url('main'), ...credential },
      },
    ]);
    await framesFor(1, 120);
    await recorder.stop();
  } finally {
    await server.kill();
  }
  const segments = segmentsOf(1);
  expect(segments.length).toBeGreaterThanOrEqual(2);
  for (const segment of segments) {
    const { frames, complaints } = await decode(join(root, segment.path));
    expect({ frames, complaints }).toEqual({ frames: segment.frames, complaints: '' });
  }
  expectNoHoles(1);
  expect((await verifyFootage(root)).intact).toBe(true);
}, 60_000);
