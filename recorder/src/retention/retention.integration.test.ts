import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LegalHold, RetentionPolicy } from '@nigehban/domain/retention.ts';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { CameraChain } from '../chain/camera-chain.ts';
import { publishPublicKey } from '../chain/manifest-signature.ts';
import { readRemovals } from '../chain/removal-log.ts';
import { verifyFootage } from '../chain/verify-footage.ts';
import { readDiskSpace, VolumeWatch } from '../disk/volume-watch.ts';
import { segmentPath } from '../footage-layout.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import {
  type RetentionKeeper,
  type RetentionKeeperOptions,
  startRetentionKeeper,
} from './retention-keeper.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const signingKey = generateKeyPairSync('ed25519').privateKey;
const hourUs = 3_600_000_000;
const dayUs = 24 * hourUs;
const segmentBytes = 100 << 10;
const keepAll: RetentionPolicy = { keepDays: null, minimumDays: 1, quotaBytes: null, phase: null };
let root = '';
let mounted = false;
let clock: ManualClock;
let keeper: RetentionKeeper | undefined;
let removedOf: number[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-keep-'));
  clock = new ManualClock(Date.UTC(2027, 1, 20) * 1000);
  removedOf = [];
  await publishPublicKey(root, 'node-1', createPublicKey(signingKey));
});

afterEach(async () => {
  await keeper?.stop();
  keeper = undefined;
  if (mounted) execFileSync('umount', [root]);
  mounted = false;
  await rm(root, { recursive: true, force: true });
});

async function mountSmall(context: TestContext, size: string): Promise<void> {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', root], {
      stdio: 'ignore',
    });
    mounted = true;
  } catch {
    context.skip('needs the right to mount a small file system');
  }
  await publishPublicKey(root, 'node-1', createPublicKey(signingKey));
}

/** A minute's segment of rubble, and its entry. */
async function writeSegment(
  volume: string,
  chain: CameraChain,
  startUs: number,
  fill: number,
): Promise<void> {
  const bytes = Buffer.alloc(segmentBytes, fill);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = segmentPath(chain.cameraId, startUs);
  await mkdir(dirname(join(volume, path)), { recursive: true });
  await writeFile(join(volume, path), bytes);
  await chain.appendSegment({
    startUs,
    endUs: startUs + 60_000_000,
    path,
    codec: 'avc1.4d400d',
    widthPx: 320,
    heightPx: 240,
    frames: 1500,
    sizeBytes: bytes.length,
    sha256,
    fragments: [[bytes.length, sha256]],
    clockOffsetMs: null,
    flags: { repaired: false, lossy: false, adopted: false },
  });
}

/** Two segments of a minute for each of these hours of the past; the rest of the time is gaps. */
async function record(cameraId: number, hoursAgo: readonly number[]): Promise<number[]> {
  const chain = await CameraChain.open(root, cameraId);
  const starts: number[] = [];
  for (const hours of hoursAgo) {
    for (const minute of [0, 1]) {
      const startUs = clock.wallUs() - hours * hourUs + minute * 60_000_000;
      const covered = chain.coveredUntilUs;
      if (covered !== undefined && covered < startUs) {
        await chain.appendGap({ startUs: covered, endUs: startUs, cause: 'silent' });
      }
      await writeSegment(root, chain, startUs, hours);
      starts.push(startUs);
    }
  }
  return starts;
}

function keep(
  policy: Partial<RetentionPolicy>,
  holds: () => readonly LegalHold[] | undefined = () => [],
  reserve = 0.01,
  more: Partial<RetentionKeeperOptions> = {},
): RetentionKeeper {
  const { phase, ...rest } = { ...keepAll, ...policy };
  keeper = startRetentionKeeper({
    root,
    nodeId: 'node-1',
    signingKey,
    policy: rest,
    phase: () => phase,
    reserve,
    clock,
    log,
    holds,
    onRemoved: (cameraId) => removedOf.push(cameraId),
    ...more,
  });
  return keeper;
}

async function isThere(cameraId: number, startUs: number, volume = root): Promise<boolean> {
  return await access(join(volume, segmentPath(cameraId, startUs))).then(
    () => true,
    () => false,
  );
}

async function remaining(cameraId: number, starts: readonly number[]): Promise<number[]> {
  const there = await Promise.all(starts.map((startUs) => isThere(cameraId, startUs)));
  return starts.filter((_, index) => there[index]);
}

test('under a quota the oldest goes, a hold survives, and verify tells removed from missing', async () => {
  const seven = await record(7, [240, 239, 200, 100, 50]);
  const eight = await record(8, [240, 100, 2]);
  const hold = { id: 3, cameraId: 7, fromUs: (seven[2] ?? 0) + 1, toUs: (seven[2] ?? 0) + 2 };
  await keep({ quotaBytes: 8 * segmentBytes }, () => [hold]).lookNow();
  expect(await remaining(7, seven)).toEqual([seven[2], seven[3], ...seven.slice(8)]);
  expect(await remaining(8, eight)).toEqual(eight.slice(2));
  expect(new Set(removedOf)).toEqual(new Set([7, 8]));
  const verdict = await verifyFootage(root);
  expect(verdict).toMatchObject({ intact: true, cameras: [{ removed: 6 }, { removed: 2 }] });
  const [first] = (await readRemovals(root, 7)).removals;
  expect(first?.removal).toMatchObject({
    reason: 'quota',
    holds: [3],
    segments: 2,
    fromSequence: 1,
  });

  // What somebody else deletes is missing still, and a record that the node did not sign says nothing.
  await rm(join(root, segmentPath(7, seven[2] ?? 0)));
  const gone = await verifyFootage(root, { cameraIds: [7] });
  expect(gone.cameras[0]?.problems).toMatchObject([{ kind: 'file-missing' }]);
  const path = join(root, '8', 'removals.jsonl');
  const forged = (await readFile(path, 'utf8')).replace('"reason":"quota"', '"reason":"age"');
  await writeFile(path, forged);
  const kinds = (await verifyFootage(root, { cameraIds: [8] })).cameras[0]?.problems.map(
    (problem) => problem.kind,
  );
  expect(new Set(kinds)).toEqual(new Set(['removal-unsigned', 'file-missing']));
});

test('what is older than is kept goes; what a crash left of a removal goes at the next start', async () => {
  const starts = await record(7, [300, 250, 200]);
  await keep({ keepDays: 9 }).lookNow();
  expect(await remaining(7, starts)).toEqual(starts.slice(4));
  await keeper?.stop();
  const left = join(root, segmentPath(7, starts[2] ?? 0));
  await writeFile(left, Buffer.alloc(10));
  await keep({ keepDays: 9 }).lookNow();
  expect(await remaining(7, starts)).toEqual(starts.slice(4));
  expect((await verifyFootage(root)).cameras[0]).toMatchObject({ removed: 4, problems: [] });
});

test('a node that was never told the holds deletes nothing', async () => {
  const starts = await record(7, [300]);
  await keep({ keepDays: 1 }, () => undefined).lookNow();
  expect(await remaining(7, starts)).toEqual(starts);
});

test('kept holds may be old ones: nothing goes while newer ones may be on their way', async () => {
  const starts = await record(7, [300]);
  let told = false;
  const keeping = keep({ keepDays: 1 }, () => [], 0.01, { ready: () => told });
  await keeping.lookNow();
  expect(await remaining(7, starts)).toEqual(starts);
  told = true;
  await keeping.lookNow();
  expect(await remaining(7, starts)).toEqual([]);
});

test('a disk that runs short loses its oldest footage until it has room, but nothing young or held', async (context) => {
  await mountSmall(context, '4m');
  const hours = Array.from({ length: 15 }, (_, index) => 300 - index * 10);
  const starts = await record(7, hours);
  const young = await record(8, [10, 9]);
  const hold = { id: 1, cameraId: 7, fromUs: starts[0] ?? 0, toUs: starts[0] ?? 0 };
  const { freeBytes, totalBytes } = await readDiskSpace(root);
  expect(freeBytes).toBeLessThan(totalBytes * 0.4);
  await keep({}, () => [hold], 0.4).lookNow();
  const left = await remaining(7, starts);
  // The held hour stays whole; the rest went from the oldest on, and no further than needed.
  expect(left.slice(0, 2)).toEqual(starts.slice(0, 2));
  expect(left.slice(2)).toEqual(starts.slice(starts.length - left.length + 2));
  expect(left.length).toBeGreaterThan(4);
  expect(await remaining(8, young)).toEqual(young);
  const after = await readDiskSpace(root);
  expect(after.freeBytes).toBeGreaterThanOrEqual(totalBytes * 0.5 - (16 << 10));
  expect(after.freeBytes).toBeLessThan(totalBytes * 0.5 + 3 * segmentBytes);
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('with not a byte left there is room for the record of the first removal', async (context) => {
  await mountSmall(context, '2m');
  const starts = await record(7, [300, 250, 200, 150]);
  await writeFile(join(root, 'ballast'), '');
  // Fills the rest; dd ends with ENOSPC.
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${join(root, 'ballast')}`, 'bs=4k'], {
      stdio: 'ignore',
    });
  } catch {}
  expect((await readDiskSpace(root)).freeBytes).toBe(0);
  await keep({}, () => [], 0.05).lookNow();
  expect(await remaining(7, starts)).toEqual(starts.slice(2));
  expect((await verifyFootage(root)).cameras[0]).toMatchObject({ removed: 2, problems: [] });
});

test('a volume that is short loses its own footage alone', async () => {
  const volumes = [join(root, 'one'), join(root, 'two')] as const;
  for (const volume of volumes) {
    await mkdir(volume, { recursive: true });
    await publishPublicKey(volume, 'node-1', createPublicKey(signingKey));
  }
  const chain = await CameraChain.open(volumes, 7);
  const placed = new Map<number, string>();
  // Minute by minute on one and the other, as after a disk's short failures.
  for (let minute = 0; minute < 20; minute++) {
    const startUs = clock.wallUs() - 300 * hourUs + minute * 60_000_000;
    const volume = volumes[minute % 2] ?? '';
    await writeSegment(volume, chain, startUs, minute);
    placed.set(startUs, volume);
  }
  const free = new Map<string, number>(volumes.map((volume) => [volume, 1 << 30]));
  const watches = volumes.map(
    (volume) =>
      new VolumeWatch(volume, 0.1, async () => ({
        freeBytes: free.get(volume) ?? 0,
        totalBytes: 1 << 30,
      })),
  );
  const keeping = keep({}, () => [], 0.1, { root: volumes, volumes: watches });
  await keeping.lookNow();
  const there = async () => {
    const found = [...placed].map(async ([startUs, volume]) =>
      (await isThere(7, startUs, volume)) ? volume : undefined,
    );
    return (await Promise.all(found)).filter((volume) => volume !== undefined);
  };
  expect(await there()).toHaveLength(20);
  free.set(volumes[0], 1 << 20);
  await keeping.lookNow();
  expect(await there()).toEqual(Array.from({ length: 10 }, () => volumes[1]));
  expect((await verifyFootage(volumes)).cameras[0]).toMatchObject({ removed: 10, problems: [] });
  // Its record stands on both: what one of them lost is not missed.
  expect((await readRemovals(volumes[1], 7)).removals).toEqual(
    (await readRemovals(volumes, 7)).removals,
  );
});

test('nothing that was recorded since the poll opened goes', async () => {
  const starts = await record(7, [300, 250, 200]);
  const phase = { kind: 'poll' as const, sinceUs: clock.wallUs() - 260 * hourUs };
  await keep({ keepDays: 2, phase }).lookNow();
  expect(await remaining(7, starts)).toEqual(starts.slice(2));
  expect(clock.wallUs() - (starts[2] ?? 0)).toBeGreaterThan(2 * dayUs);
});
