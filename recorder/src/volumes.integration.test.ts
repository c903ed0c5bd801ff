import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { afterEach, beforeEach, expect, type TestContext, test, vi } from 'vitest';
import { readEntriesAfter } from './chain/chain-files.ts';
import { writeNodeManifest } from './chain/node-manifest.ts';
import { verifyFootage } from './chain/verify-footage.ts';
import { FootageVolumes } from './disk/footage-volumes.ts';
import { openSegmentFile } from './open-segment-file.ts';
import { openFootageStream } from './playback/footage-stream.ts';
import { startRecorder } from './recorder.ts';
import type { Recorder, RecordingHealth } from './recorder-types.ts';
import { FakeCamera, h264Track } from './testing/fake-camera.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { ManualClock } from './testing/manual-clock.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let base = '';
let first = '';
let second = '';
let mounted = new Set<string>();
let clock: ManualClock;
let hub: FakeHub;
let recorder: Recorder | undefined;
let entries: ChainEntry[];
let health: RecordingHealth[];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nigehban-volumes-'));
  [first, second] = [join(base, 'one'), join(base, 'two')];
  clock = new ManualClock();
  hub = new FakeHub(() => clock.wallUs());
  entries = [];
  health = [];
  recorder = undefined;
});

afterEach(async () => {
  for (const folder of mounted) execFileSync('mount', ['-o', 'remount,rw', folder]);
  await stop();
  for (const folder of mounted) execFileSync('umount', ['-l', folder]);
  mounted = new Set();
  await rm(base, { recursive: true, force: true });
});

/** What a failed disk left stuck retries by this clock. */
async function stop(): Promise<void> {
  const ticking = setInterval(() => clock.advance(1000), 10);
  await recorder?.stop();
  recorder = undefined;
  clearInterval(ticking);
}

async function mount(context: TestContext, folder: string, size = '16m'): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    context.skip('needs the right to mount a small file system');
  }
  mounted.add(folder);
}

async function start(cameraIds: readonly number[], marks?: Record<string, string>) {
  recorder = await startRecorder(
    {
      nodeId: 'node-1',
      footageFolder: [first, second],
      volumeMarks: marks,
      segmentMs: 2000,
      writesManifest: false,
    },
    {
      hub,
      clock,
      log,
      onEntry: (entry) => entries.push(entry),
      onHealth: (change) => health.push(change),
    },
  );
  recorder.apply(
    cameraIds.map((cameraId) => ({
      cameraId,
      cameraCode: `C${cameraId}`,
      stationCode: 'S1',
      source: {
        key: `${cameraId}`,
        url: 'rtsp://127.0.0.9/',
        username: undefined,
        password: undefined,
      },
    })),
  );
  return recorder;
}

async function playing(cameraId: number): Promise<FakeCamera> {
  await vi.waitFor(() => expect(hub.subscribed(`${cameraId}`)).toBe(true), { timeout: 10_000 });
  hub.play(`${cameraId}`, [h264Track]);
  return new FakeCamera(hub, `${cameraId}`);
}

/** Seconds of pictures of all cameras, with time for the real writes. */
async function seconds(count: number, cameras: readonly FakeCamera[]): Promise<void> {
  for (let at = 0; at < count; at++) {
    for (let picture = 0; picture < 25; picture++) {
      clock.advance(40);
      for (const camera of cameras) camera.picture();
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Cameras that have their home on the first volume, and on the second. */
async function homes(): Promise<{ ofFirst: number; ofSecond: number }> {
  const volumes = new FootageVolumes([{ folder: first }, { folder: second }], 0.05, clock);
  await volumes.look();
  const ids = Array.from({ length: 40 }, (_, index) => index + 1);
  return {
    ofFirst: ids.find((id) => volumes.choose(id) === first) ?? 0,
    ofSecond: ids.find((id) => volumes.choose(id) === second) ?? 0,
  };
}

async function filesOf(root: string, cameraId: number): Promise<number> {
  const names = await readdir(join(root, `${cameraId}`), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.mp4')).length;
}

async function chainOf(roots: readonly string[], cameraId: number): Promise<ChainEntry[]> {
  const found: ChainEntry[] = [];
  for await (const some of readEntriesAfter(roots, cameraId, 0)) found.push(...some);
  return found;
}

/** All that was told stands in the chain of both volumes, in order, without a second beginning. */
async function expectWhole(cameraId: number): Promise<void> {
  const chain = await chainOf([first, second], cameraId);
  expect(chain).toEqual(entries.filter((entry) => entry.cameraId === cameraId));
  expect(chain.map((entry) => entry.sequence)).toEqual(chain.map((_, index) => index + 1));
  const covered = chain.reduce((sum, entry) => sum + entry.endUs - entry.startUs, 0);
  const spanUs = (chain.at(-1)?.endUs ?? 0) - (chain[0]?.startUs ?? 0);
  expect(Math.abs(covered - spanUs)).toBeLessThan(1e6);
  const verdict = await verifyFootage([first, second], { cameraIds: [cameraId] });
  expect(verdict.cameras[0]?.problems).toEqual([]);
}

test('a camera whose disk is full goes on on the other, its chain unbroken, and returns', async (context) => {
  await mount(context, first, '8m');
  await mount(context, second, '8m');
  const { ofFirst, ofSecond } = await homes();
  const running = await start([ofFirst, ofSecond]);
  const cameras = [await playing(ofFirst), await playing(ofSecond)];
  await seconds(6, cameras);
  expect(await filesOf(first, ofFirst)).toBeGreaterThan(0);
  expect(await filesOf(second, ofFirst)).toBe(0);
  const ballast = join(first, 'ballast');
  await writeFile(ballast, Buffer.alloc(8 << 20)).catch(() => undefined);
  await seconds(12, cameras);
  expect(await filesOf(second, ofFirst)).toBeGreaterThan(1);
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FULL' });
  expect(health[0]).toHaveProperty('evidence', expect.stringContaining(first));
  expect(running.status().cameras.every((camera) => camera.recording)).toBe(true);

  await rm(ballast);
  const before = await filesOf(first, ofFirst);
  await seconds(75, cameras);
  expect(await filesOf(first, ofFirst)).toBeGreaterThan(before);
  expect(health.at(-1)).toMatchObject({ kind: 'well' });
  await stop();
  await expectWhole(ofFirst);
  await expectWhole(ofSecond);
  const gaps = entries.filter((entry) => entry.kind === 'gap' && entry.cause === 'disk');
  expect(gaps.every((gap) => gap.cameraId === ofFirst)).toBe(true);
  // Up to the next key frame, once for the full disk.
  expect(gaps.reduce((sum, gap) => sum + gap.endUs - gap.startUs, 0)).toBeLessThan(4e6);
});

test('a disk that becomes read-only keeps what it has; playback goes across the seam', async (context) => {
  await mount(context, first);
  await mount(context, second);
  const { ofFirst } = await homes();
  await start([ofFirst]);
  const camera = await playing(ofFirst);
  await seconds(5, [camera]);
  await vi.waitFor(
    async () => {
      await seconds(1, [camera]);
      hub.down(`${ofFirst}`, 'silent');
      await new Promise((resolve) => setTimeout(resolve, 20));
      execFileSync('mount', ['-o', 'remount,ro', first], { stdio: 'ignore' });
    },
    { timeout: 10_000 },
  );
  hub.play(`${ofFirst}`, [h264Track]);
  await seconds(10, [camera]);
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FAILED' });
  await stop();
  expect(await filesOf(first, ofFirst)).toBeGreaterThan(0);
  expect(await filesOf(second, ofFirst)).toBeGreaterThan(0);
  await expectWhole(ofFirst);

  const source = { root: [first, second], recorder: { openSegment: () => undefined } };
  const stream = await openFootageStream(source, {
    cameraId: ofFirst,
    fromUs: entries[0]?.startUs ?? 0,
    toUs: clock.wallUs(),
    videoOnly: false,
  });
  expect(stream.end).toBe('complete');
  let bytes = 0;
  for await (const some of stream.bytes) bytes += some.length;
  const segments = entries.filter((entry) => entry.kind === 'segment');
  const sizes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  // One initialisation instead of one in each file.
  expect(bytes).toBeGreaterThan(sizes * 0.8);

  // The next start finds the chain though one of its disks cannot be written.
  const stood = entries.at(-1)?.sequence ?? 0;
  await start([ofFirst]);
  const again = await playing(ofFirst);
  await seconds(5, [again]);
  await stop();
  expect(entries.some((entry) => entry.sequence === stood + 1)).toBe(true);
  await expectWhole(ofFirst);
});

test('a disk that vanishes costs its footage alone: the chain goes on and is whole when it is back', async (context) => {
  await mount(context, first);
  await mount(context, second);
  const { ofFirst, ofSecond } = await homes();
  await start([ofFirst, ofSecond]);
  const cameras = [await playing(ofFirst), await playing(ofSecond)];
  await seconds(6, cameras);
  const aside = join(base, 'aside');
  await mkdir(aside);
  execFileSync('mount', ['--bind', first, aside]);
  mounted.add(aside);
  execFileSync('umount', ['-l', first]);
  mounted.delete(first);
  await seconds(12, cameras);
  expect(await readdir(first)).toEqual([]);
  expect(await filesOf(second, ofFirst)).toBeGreaterThan(1);
  expect(recorder?.status().cameras.every((camera) => camera.recording)).toBe(true);
  await stop();

  // Alone the other volume has the whole chain, and names the files that are away.
  const alone = await verifyFootage([second], { cameraIds: [ofFirst] });
  expect(new Set(alone.cameras[0]?.problems.map((problem) => problem.kind))).toEqual(
    new Set(['file-missing']),
  );
  const stood = entries.findLast((entry) => entry.cameraId === ofFirst)?.sequence ?? 0;
  // A start without it goes on where the chain stood.
  const mark = execFileSync('cat', [join(aside, 'volume.json')]).toString();
  await start([ofFirst, ofSecond], { [first]: mark });
  const later = [await playing(ofFirst), await playing(ofSecond)];
  const next = { cameraId: ofFirst, sequence: stood + 1 };
  // Real writes on a busy machine: the cameras play on until they are there.
  await vi.waitFor(
    async () => {
      await seconds(1, later);
      expect(entries).toContainEqual(expect.objectContaining(next));
    },
    { timeout: 20_000 },
  );
  expect(await readdir(first)).toEqual([]);
  execFileSync('mount', ['--bind', aside, first]);
  mounted.add(first);
  const before = await filesOf(first, ofFirst);
  await seconds(75, later);
  expect(await filesOf(first, ofFirst)).toBeGreaterThan(before);
  await stop();
  await expectWhole(ofFirst);
  await expectWhole(ofSecond);
  const [oldest] = entries.filter((entry) => entry.kind === 'segment');
  await using file = await openSegmentFile(
    [second, first],
    oldest?.cameraId ?? 0,
    oldest?.startUs ?? 0,
  );
  expect((await file.stat()).size).toBe(oldest?.sizeBytes);
});

test('where no readable volume has the end of a chain the break is told and nothing begins anew', async () => {
  await start([7]);
  const camera = await playing(7);
  await seconds(8, [camera]);
  await stop();
  const head = entries.at(-1);
  if (head === undefined) throw new Error('nothing was recorded');
  const heads = new Map([[7, { sequence: head.sequence, hash: 'a'.repeat(64) }]]);
  await writeNodeManifest([first, second], 'node-1', heads, clock.wallUs());
  for (const root of [first, second]) await rm(join(root, '7'), { recursive: true });
  const lost = entries.length;
  await start([7]);
  const again = await playing(7);
  await seconds(5, [again]);
  await stop();
  expect(entries[lost]?.sequence).toBeGreaterThan(head.sequence + 1);
  const verdict = await verifyFootage([first, second]);
  const kinds = verdict.cameras[0]?.problems.map((problem) => problem.kind) ?? [];
  expect(kinds).toContain('chain-broken');
  expect(verdict.intact).toBe(false);
});
