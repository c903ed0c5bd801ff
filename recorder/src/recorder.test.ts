import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { memorySource } from '@nigehban/media/mp4/byte-source.ts';
import { scanRecording } from '@nigehban/media/mp4/recording-scan.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { verifyFootage } from './chain/verify-footage.ts';
import { startRecorder } from './recorder.ts';
import type {
  Recorder,
  RecorderSettings,
  RecordingHealth,
  RecordingOrder,
} from './recorder-types.ts';
import { FakeCamera, h264Track } from './testing/fake-camera.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { ManualClock } from './testing/manual-clock.ts';

let root = '';
let clock: ManualClock;
let hub: FakeHub;
let entries: ChainEntry[];
let health: RecordingHealth[];
let recorder: Recorder;

const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

function order(cameraId: number): RecordingOrder {
  return {
    cameraId,
    cameraCode: `GE24-NA117-PS042-B2-C${cameraId}`,
    stationCode: 'GE24-NA117-PS042',
    source: {
      key: `${cameraId}`,
      url: 'rtsp://127.0.0.9/main',
      username: undefined,
      password: undefined,
    },
  };
}

async function start(segmentMs = 4000, more: Partial<RecorderSettings> = {}): Promise<void> {
  hub = new FakeHub(() => clock.wallUs());
  recorder = await startRecorder(
    { nodeId: 'node-1', footageFolder: root, segmentMs, ...more },
    {
      hub,
      clock,
      log: silentLog,
      onEntry: (entry) => entries.push(entry),
      onHealth: (change) => health.push(change),
    },
  );
}

async function subscribed(cameraId: number): Promise<void> {
  await vi.waitFor(() => expect(hub.subscribed(`${cameraId}`)).toBe(true), 10_000);
}

async function film(camera: FakeCamera, pictures: number): Promise<void> {
  for (let picture = 0; picture < pictures; picture++) {
    clock.advance(40);
    camera.picture();
    // Writes are real: let them happen.
    if (picture % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

const causes = () => entries.map((entry) => (entry.kind === 'gap' ? entry.cause : 'segment'));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-recorder-'));
  clock = new ManualClock();
  entries = [];
  health = [];
});

afterEach(async () => {
  await recorder.stop();
  await rm(root, { recursive: true, force: true });
});

test('segments start at key frames, follow each other without a hole, and verify', async () => {
  await start();
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  await film(new FakeCamera(hub, '7'), 250);
  await vi.waitFor(
    () => expect(recorder.openSegment(7)).toMatchObject({ codec: 'avc1.4d400d', widthPx: 320 }),
    10_000,
  );
  await recorder.stop();

  const segments = entries.filter((entry) => entry.kind === 'segment');
  expect(segments.map((segment) => segment.frames)).toEqual([100, 100, 50]);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined) expect(next.startUs).toBe(segment.endUs);
    const scan = await scanRecording(memorySource(await readFile(join(root, segment.path))));
    expect(scan.fragments[0]?.startsWithKey).toBe(true);
    expect(scan.fragments[0]?.wallUs).toBe(segment.startUs);
    expect(scan.fragments).toHaveLength(segment.fragments.length);
    expect(segment.flags).toEqual({ repaired: false, lossy: false, adopted: false });
  }
  const verdict = await verifyFootage(root);
  expect(verdict).toMatchObject({ intact: true, cameras: [{ cameraId: 7, segments: 3 }] });
});

test('time without pictures is a gap with the cause that the stream tells', async () => {
  await start();
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  const camera = new FakeCamera(hub, '7');
  await film(camera, 50);
  clock.advance(5000);
  hub.down('7', 'silent');
  clock.advance(2000);
  hub.down('7', 'unreachable');
  clock.advance(120_000);
  hub.play('7', [h264Track]);
  await film(camera, 50);
  await recorder.stop();

  const [first] = entries;
  const last = entries.at(-1);
  expect(first?.kind).toBe('segment');
  expect(last?.kind).toBe('segment');
  const gaps = entries.slice(1, -1);
  expect(gaps.every((gap) => gap.kind === 'gap' && gap.cause === 'unreachable')).toBe(true);
  expect(gaps[0]?.startUs).toBe(first?.endUs);
  expect(gaps.at(-1)?.endUs).toBe(last?.startUs);
  for (const [index, gap] of gaps.entries()) {
    if (index > 0) expect(gap.startUs).toBe(gaps[index - 1]?.endUs);
  }
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('the camera clock jumping is a discontinuity, not a file of hours', async () => {
  await start(60_000);
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  const camera = new FakeCamera(hub, '7');
  await film(camera, 60);
  camera.skip(90_000 * 3600);
  await film(camera, 60);
  camera.skip(-90_000 * 7);
  await film(camera, 60);
  await recorder.stop();
  expect(causes()).toEqual(['segment', 'discontinuity', 'segment', 'discontinuity', 'segment']);
  const recordedUs = entries.reduce((sum, entry) => sum + entry.endUs - entry.startUs, 0);
  expect(Math.abs(recordedUs - 180 * 40_000)).toBeLessThan(200_000);
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('a crash leaves a file that the next start repairs, marks and continues after', async () => {
  await start(60_000);
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  await film(new FakeCamera(hub, '7'), 100);
  await vi.waitFor(() => expect(recorder.openSegment(7)?.frames).toBe(75), 10_000);
  const open = recorder.openSegment(7);
  if (open === undefined) throw new Error('nothing is open');
  const written = await readFile(join(root, open.path));
  await recorder.stop();
  await rm(root, { recursive: true, force: true });

  // What power loss leaves: the file with a torn fragment, no entry.
  root = await mkdtemp(join(tmpdir(), 'nigehban-recorder-'));
  await start(60_000);
  recorder.apply([order(8)]);
  await subscribed(8);
  await recorder.stop();
  const folder = open.path.replace(/^7/, '8').slice(0, -`/${open.startUs}.mp4`.length);
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, `${open.startUs}.mp4`), written);
  await appendFile(join(root, folder, `${open.startUs}.mp4`), written.subarray(0, 777));
  await writeFile(join(root, folder, `${open.startUs + 5}.mp4`), 'not a film');
  entries = [];
  clock.advance(60_000);
  await start(60_000);
  recorder.apply([order(8)]);
  await subscribed(8);
  hub.play('8', [h264Track]);
  await film(new FakeCamera(hub, '8'), 30);
  await recorder.stop();

  expect(causes()).toEqual(['segment', 'restart', 'segment']);
  expect(entries[0]).toMatchObject({
    frames: 75,
    sizeBytes: written.length,
    startUs: open.startUs,
    endUs: open.endUs,
    flags: { repaired: true, lossy: false, adopted: true },
  });
  expect(await readFile(join(root, folder, `${open.startUs}.mp4.torn`))).toHaveLength(777);
  expect(await readFile(join(root, folder, `${open.startUs + 5}.mp4.unreadable`), 'utf8')).toBe(
    'not a film',
  );
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('a camera that was taken away and given back has a gap of cause not-assigned', async () => {
  await start();
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  const camera = new FakeCamera(hub, '7');
  await film(camera, 30);
  recorder.apply([]);
  await vi.waitFor(() => expect(hub.subscribed('7')).toBe(false), 10_000);
  await vi.waitFor(() => expect(entries.at(-1)).toMatchObject({ cause: 'not-assigned' }), 10_000);
  clock.advance(30_000);
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  await film(camera, 30);
  await recorder.stop();
  expect(causes()).toContain('not-assigned');
  const longest = entries.filter((entry) => entry.kind === 'gap' && entry.endUs > entry.startUs);
  expect(longest[0]).toMatchObject({ cause: 'not-assigned' });
  expect((longest[0]?.endUs ?? 0) - (longest[0]?.startUs ?? 0)).toBeGreaterThanOrEqual(29_000_000);
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('time before the chain could be opened is a gap since the order, of cause disk', async () => {
  await writeFile(join(root, '7'), 'in the way');
  await start();
  const orderedUs = clock.wallUs();
  recorder.apply([order(7)]);
  await vi.waitFor(() => expect(health.at(-1)).toMatchObject({ kind: 'fault' }), 10_000);
  clock.advance(20_000);
  await rm(join(root, '7'));
  // The attempt under way ends, and the next one comes by the clock.
  await vi.waitFor(() => {
    clock.advance(1000);
    expect(hub.subscribed('7')).toBe(true);
  }, 10_000);
  hub.play('7', [h264Track]);
  await film(new FakeCamera(hub, '7'), 60);
  await recorder.stop();
  expect(causes()[0]).toBe('disk');
  expect(entries[0]).toMatchObject({ startUs: orderedUs, endUs: entries[1]?.startUs });
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('the verifier names the fragment whose byte was flipped, and what was removed', async () => {
  await start();
  recorder.apply([order(7)]);
  await subscribed(7);
  hub.play('7', [h264Track]);
  await film(new FakeCamera(hub, '7'), 250);
  await recorder.stop();
  const segments = entries.filter((entry) => entry.kind === 'segment');
  const [first, second] = segments;
  if (first === undefined || second === undefined) throw new Error('too few segments');
  const [, fragment] = first.fragments;
  const fromByte = first.fragments[0]?.[0] ?? 0;
  const bytes = await readFile(join(root, first.path));
  bytes[fromByte + 300] = (bytes[fromByte + 300] ?? 0) ^ 1;
  await writeFile(join(root, first.path), bytes);
  await truncate(join(root, second.path), second.sizeBytes - 1);
  const verdict = await verifyFootage(root);
  expect(verdict.cameras[0]?.problems).toEqual([
    { kind: 'fragment-changed', path: first.path, fragment: 1, fromByte, toByte: fragment?.[0] },
    {
      kind: 'file-length',
      path: second.path,
      expectedBytes: second.sizeBytes,
      foundBytes: second.sizeBytes - 1,
    },
    expect.objectContaining({ kind: 'fragment-changed', path: second.path, fragment: 3 }),
  ]);
});

test('cameras that begin together end their first segments apart, the later ones have full length', async () => {
  await start(8000, { spreadSegments: true });
  const ids = [1, 2, 3, 4];
  recorder.apply(ids.map(order));
  for (const id of ids) await subscribed(id);
  const cameras = ids.map((id) => {
    hub.play(`${id}`, [h264Track]);
    return new FakeCamera(hub, `${id}`);
  });
  for (let picture = 0; picture < 500; picture++) {
    clock.advance(40);
    for (const camera of cameras) camera.picture();
    if (picture % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.stop();
  const lengths = ids.map((id) =>
    entries
      .filter((entry) => entry.kind === 'segment' && entry.cameraId === id)
      .map((entry) => Math.round((entry.endUs - entry.startUs) / 1e6)),
  );
  const firsts = lengths.map(([first]) => first ?? 0);
  for (const first of firsts) expect(first).toBeGreaterThanOrEqual(4);
  expect(new Set(firsts).size).toBeGreaterThanOrEqual(3);
  expect(lengths.map(([, second]) => second)).toEqual([8, 8, 8, 8]);
});
