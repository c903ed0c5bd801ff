import { execFileSync } from 'node:child_process';
import { write } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { afterEach, beforeEach, expect, type TestContext, test, vi } from 'vitest';
import { verifyFootage } from './chain/verify-footage.ts';
import { startRecorder } from './recorder.ts';
import type {
  Recorder,
  RecorderPorts,
  RecorderSettings,
  RecordingHealth,
} from './recorder-types.ts';
import { FakeCamera, h264Track } from './testing/fake-camera.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { ManualClock } from './testing/manual-clock.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let root = '';
let mounted = false;
let clock: ManualClock;
let hub: FakeHub;
let recorder: Recorder;
let entries: ChainEntry[];
let health: RecordingHealth[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-disk-'));
  clock = new ManualClock();
  hub = new FakeHub(() => clock.wallUs());
  entries = [];
  health = [];
});

afterEach(async () => {
  if (mounted) execFileSync('mount', ['-o', 'remount,rw', root]);
  // What a failed test left stuck retries by this clock.
  const ticking = setInterval(() => clock.advance(1000), 10);
  await recorder?.stop();
  clearInterval(ticking);
  if (mounted) execFileSync('umount', [root]);
  mounted = false;
  await rm(root, { recursive: true, force: true });
});

/** A small file system of its own at `root`; skips the test where mounting is not allowed. */
function mountSmall(context: TestContext, size: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', root], {
      stdio: 'ignore',
    });
    mounted = true;
  } catch {
    context.skip('needs the right to mount a small file system');
  }
}

async function start(
  cameraIds: readonly number[],
  more: { settings?: Partial<RecorderSettings>; ports?: Partial<RecorderPorts> } = {},
): Promise<void> {
  recorder = await startRecorder(
    { nodeId: 'node-1', footageFolder: root, segmentMs: 2000, ...more.settings },
    {
      ...more.ports,
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
}

/** A second of pictures, with time for the real writes. */
async function second(camera: FakeCamera): Promise<void> {
  for (let picture = 0; picture < 25; picture++) {
    clock.advance(40);
    camera.picture();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a full disk is a fault and a gap; recording goes on when there is space again', async (context) => {
  mountSmall(context, '512k');
  const ballast = join(root, 'ballast');
  await writeFile(ballast, Buffer.alloc(400 << 10));
  await start([7]);
  await vi.waitFor(() => expect(hub.subscribed('7')).toBe(true), { timeout: 10_000 });
  hub.play('7', [h264Track]);
  const camera = new FakeCamera(hub, '7');
  for (let at = 0; at < 60 && health.length === 0; at++) await second(camera);
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FULL' });
  for (let at = 0; at < 12; at++) await second(camera);
  expect(recorder.openSegment(7)).toBeUndefined();
  expect(recorder.openGaps()).toMatchObject([{ cameraId: 7, cause: 'disk' }]);

  await rm(ballast);
  for (let at = 0; at < 40 && health.length < 2; at++) await second(camera);
  expect(health[1]).toMatchObject({ kind: 'well' });
  await recorder.stop();
  const disk = entries.filter((entry) => entry.kind === 'gap' && entry.cause === 'disk');
  expect(disk.length).toBeGreaterThanOrEqual(1);
  expect(entries.at(-1)?.kind).toBe('segment');
  const [first] = entries;
  const last = entries.at(-1);
  const covered = entries.reduce((sum, entry) => sum + entry.endUs - entry.startUs, 0);
  expect(Math.abs(covered - ((last?.endUs ?? 0) - (first?.startUs ?? 0)))).toBeLessThan(1e6);
  expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([]);
});

test('a camera whose folder cannot be made keeps no other camera from recording', async () => {
  const bad = [1, 2, 3, 4, 5, 6, 7, 8];
  for (const cameraId of bad) await writeFile(join(root, `${cameraId}`), 'in the way');
  await start([...bad, 9]);
  await vi.waitFor(() => expect(hub.subscribed('9')).toBe(true), { timeout: 10_000 });
  hub.play('9', [h264Track]);
  const camera = new FakeCamera(hub, '9');
  for (let at = 0; at < 5; at++) await second(camera);
  await vi.waitFor(() => expect(entries.some((entry) => entry.kind === 'segment')).toBe(true), {
    timeout: 10_000,
  });
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FAILED' });
  await rm(join(root, '1'));
  await vi.waitFor(
    () => {
      clock.advance(1000);
      expect(hub.subscribed('1')).toBe(true);
    },
    { timeout: 10_000 },
  );
});

/** What a camera's entries cover, against the time from the first to the last. */
function uncoveredUs(cameraId: number): number {
  const mine = entries.filter((entry) => entry.cameraId === cameraId);
  const covered = mine.reduce((sum, entry) => sum + entry.endUs - entry.startUs, 0);
  return Math.abs(covered - ((mine.at(-1)?.endUs ?? 0) - (mine[0]?.startUs ?? 0)));
}

async function playing(cameraId: number): Promise<FakeCamera> {
  await vi.waitFor(() => expect(hub.subscribed(`${cameraId}`)).toBe(true), { timeout: 10_000 });
  hub.play(`${cameraId}`, [h264Track]);
  return new FakeCamera(hub, `${cameraId}`);
}

test('a disk that becomes read-only is a fault and a gap, and recording resumes by itself', async (context) => {
  mountSmall(context, '16m');
  await start([7]);
  const camera = await playing(7);
  for (let at = 0; at < 5; at++) await second(camera);
  // An open writable file keeps the kernel from remounting: tried between two segments.
  await vi.waitFor(
    async () => {
      await second(camera);
      hub.down('7', 'silent');
      await new Promise((resolve) => setTimeout(resolve, 20));
      execFileSync('mount', ['-o', 'remount,ro', root], { stdio: 'ignore' });
    },
    { timeout: 10_000 },
  );
  hub.play('7', [h264Track]);
  for (let at = 0; at < 15; at++) await second(camera);
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FAILED' });
  expect(health[0]).toHaveProperty('evidence', expect.stringContaining('EROFS'));
  expect(recorder.openGaps()).toMatchObject([{ cameraId: 7, cause: 'disk' }]);

  execFileSync('mount', ['-o', 'remount,rw', root]);
  for (let at = 0; at < 60 && health.length < 2; at++) await second(camera);
  expect(health[1]).toMatchObject({ kind: 'well' });
  await recorder.stop();
  expect(entries.some((entry) => entry.kind === 'gap' && entry.cause === 'disk')).toBe(true);
  expect(uncoveredUs(7)).toBeLessThan(1e6);
  expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([]);
});

test('where the disk is gone nothing is written into the empty folder it leaves', async (context) => {
  mountSmall(context, '16m');
  await start([7]);
  const camera = await playing(7);
  for (let at = 0; at < 5; at++) await second(camera);
  hub.down('7', 'silent');
  await new Promise((resolve) => setTimeout(resolve, 50));
  // The same file system, elsewhere: as a disk that is unplugged and comes back.
  const aside = await mkdtemp(join(tmpdir(), 'nigehban-aside-'));
  try {
    execFileSync('mount', ['--bind', root, aside]);
    execFileSync('umount', [root]);
    mounted = false;
    for (let at = 0; at < 7; at++) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(health.at(-1)).toMatchObject({ kind: 'fault', fault: 'DISK_FAILED' });
    hub.play('7', [h264Track]);
    for (let at = 0; at < 10; at++) await second(camera);
    expect(await readdir(root)).toEqual([]);

    execFileSync('mount', ['--bind', aside, root]);
    for (let at = 0; at < 60 && health.at(-1)?.kind !== 'well'; at++) await second(camera);
    expect(health.at(-1)).toMatchObject({ kind: 'well' });
    await recorder.stop();
    expect(entries.some((entry) => entry.kind === 'gap' && entry.cause === 'disk')).toBe(true);
    expect(uncoveredUs(7)).toBeLessThan(1e6);
    expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([]);
    execFileSync('umount', [root]);
  } finally {
    execFileSync('umount', [aside]);
    await rm(aside, { recursive: true });
  }
});

test('a slow disk is told as lag; above the budget its camera has a gap, and memory is bounded', async () => {
  const held: (() => void)[] = [];
  let slow = false;
  const writeBytes: RecorderPorts['writeBytes'] = (descriptor, bytes, offset, length, at, done) => {
    const run = () => write(descriptor, bytes, offset, length, at, done);
    if (slow) held.push(run);
    else run();
  };
  const settings = { maxQueuedBytes: 64 << 10 };
  await start([7], { settings, ports: { writeBytes } });
  const camera = await playing(7);
  for (let at = 0; at < 5; at++) await second(camera);
  const keepsUp = { recording: true, queuedForMs: 0 };
  await vi.waitFor(() => expect(recorder.status().cameras[0]).toMatchObject(keepsUp), {
    timeout: 10_000,
  });
  slow = true;
  for (let at = 0; at < 2; at++) await second(camera);
  const lagging = recorder.status();
  expect(lagging.cameras[0]?.queuedForMs).toBeGreaterThan(500);
  expect(lagging.queuedBytes).toBeGreaterThan(0);
  for (let at = 0; at < 20; at++) await second(camera);
  const { queuedBytes, peakQueuedBytes } = recorder.status();
  expect(queuedBytes).toBeLessThan(128 << 10);
  expect(peakQueuedBytes).toBeLessThan(128 << 10);
  expect(recorder.openGaps()).toMatchObject([{ cause: 'disk' }]);

  slow = false;
  for (const run of held.splice(0)) run();
  for (let at = 0; at < 10; at++) await second(camera);
  await vi.waitFor(() => expect(recorder.status().cameras[0]).toMatchObject(keepsUp), {
    timeout: 10_000,
  });
  await recorder.stop();
  expect(entries.some((entry) => entry.kind === 'gap' && entry.cause === 'disk')).toBe(true);
  expect(uncoveredUs(7)).toBeLessThan(1e6);
  expect((await verifyFootage(root)).cameras[0]?.problems).toEqual([]);
});
