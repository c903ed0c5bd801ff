import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { verifyFootage } from './chain/verify-footage.ts';
import { startRecorder } from './recorder.ts';
import type { Recorder, RecordingHealth } from './recorder-types.ts';
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
  await recorder?.stop();
  if (mounted) execFileSync('umount', [root]);
  mounted = false;
  await rm(root, { recursive: true, force: true });
});

async function start(cameraIds: readonly number[]): Promise<void> {
  recorder = await startRecorder(
    { nodeId: 'node-1', footageFolder: root, segmentMs: 2000 },
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
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', root], { stdio: 'ignore' });
    mounted = true;
  } catch {
    context.skip('needs the right to mount a small file system');
  }
  const ballast = join(root, 'ballast');
  await writeFile(ballast, Buffer.alloc(400 << 10));
  await start([7]);
  await vi.waitFor(() => expect(hub.subscribed('7')).toBe(true));
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
  await vi.waitFor(() => expect(hub.subscribed('9')).toBe(true));
  hub.play('9', [h264Track]);
  const camera = new FakeCamera(hub, '9');
  for (let at = 0; at < 5; at++) await second(camera);
  await vi.waitFor(() => expect(entries.some((entry) => entry.kind === 'segment')).toBe(true));
  expect(health[0]).toMatchObject({ kind: 'fault', fault: 'DISK_FAILED' });
  await rm(join(root, '1'));
  await vi.waitFor(() => {
    clock.advance(1000);
    expect(hub.subscribed('1')).toBe(true);
  });
});
