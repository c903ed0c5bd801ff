import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStartTicks } from '@nigehban/config/embedded/server-processes.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EngineFleet, startEngineFleet } from '../../../bin/media-node/engine-fleet.ts';
import { awaitFormerProcesses } from '../../../bin/media-node/former-processes.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { startChild } from '../journey/child-process.ts';
import { readChains } from '../journey/footage-check.ts';
import { freePorts } from '../journey/free-ports.ts';
import { engineSettings } from './engine-settings.ts';
import { ordersOf } from './orders-of-fleet.ts';

const cameras = 12;
const processes = 3;
const log = createLogger('silent', 'test');
let fleet: Fleet;
let folder = '';
let engine: EngineFleet | undefined;

beforeAll(async () => {
  fleet = await startFleet({ cameras, scenes: 'tiny', multicast: false });
});
afterAll(async () => {
  await fleet?.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-engines-'));
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await rm(folder, { recursive: true, force: true });
});

const ids = Array.from({ length: cameras }, (_, index) => index + 1);
const footage = () => join(folder, 'footage');
const processFile = () => join(folder, 'processes.json');

async function firstPort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return Math.min(port, 65_000);
}

const ended = (pid: number | undefined) => pid !== undefined && readStartTicks(pid) === undefined;

test('one process killed: the others lose nothing, its cameras record again within seconds', async () => {
  const facts: NodeFact[] = [];
  const entries: ChainEntry[] = [];
  const port = await firstPort();
  const running = await startEngineFleet(
    {
      settings: engineSettings(footage(), processes, port),
      logLevel: 'silent',
      processFile: processFile(),
    },
    {
      log,
      tell: (told) => facts.push(...told),
      onEntry: (entry) => entries.push(entry),
    },
  );
  engine = running;
  running.apply(ordersOf(fleet.cameras));
  const openOf = async (cameraId: number) => await running.openSegment(cameraId);
  const allWrite = async (wanted: readonly number[]) =>
    (await Promise.all(wanted.map(openOf))).every((open) => open !== undefined);
  await expect.poll(() => allWrite(ids), { timeout: 30_000 }).toBe(true);
  // The recorder's pull serves the live view too: the camera sees one session.
  const ofSlot = (slot: number) => ids.filter((id) => running.slotOf(id) === slot);
  const [watched = 0] = ofSlot(0);
  const [doomed = 0] = ofSlot(1);
  expect(ofSlot(2).length).toBeGreaterThan(0);
  const join0 = await joinLive(running, 'anna', watched);
  const join1 = await joinLive(running, 'anna', doomed);
  expect(join0.port).toBeGreaterThanOrEqual(port);
  expect(join0.port).toBeLessThan(port + 10);
  expect(join1.port).toBeGreaterThanOrEqual(port + 10);
  expect(join1.port).toBeLessThan(port + 20);
  expect(fleet.cameras[watched - 1]?.status().rtspSessions).toBe(1);
  // Only the process that has the transport can say that this camera is silent.
  await expect(
    running.live['live.listen']({
      ...{ viewerId: 'anna', transportId: join0.transportId, cameraId: watched },
      ...{ quality: 'main', rtpCapabilities: { codecs: [{}] } },
    }),
  ).rejects.toMatchObject({ code: 'LIVE_SOUND_UNAVAILABLE' });

  const victim = running.pids()[1];
  if (victim === undefined) throw new Error('no process');
  const killedUs = Date.now() * 1000;
  process.kill(victim, 'SIGKILL');
  await expect.poll(() => ended(victim)).toBe(true);
  await expect.poll(() => allWrite(ofSlot(1)), { timeout: 20_000 }).toBe(true);
  expect(running.pids()[1]).not.toBe(victim);
  expect(facts.filter((fact) => fact.kind === 'live-closed')).toEqual([
    {
      kind: 'live-closed',
      viewerId: 'anna',
      transportId: join1.transportId,
      reason: 'engine process restarted',
    },
  ]);
  await expect(
    running.live['live.connect']({
      viewerId: 'anna',
      transportId: join1.transportId,
      dtlsParameters: { fingerprints: [] },
    }),
  ).rejects.toMatchObject({ code: 'LIVE_SESSION_UNKNOWN' });
  expect(await joinLive(running, 'anna', doomed)).not.toMatchObject(join1);
  await running.live['live.close']({ viewerId: 'anna' });
  await expect
    .poll(() => ids.every((id) => entries.some((e) => e.cameraId === id && e.startUs > killedUs)), {
      timeout: 20_000,
    })
    .toBe(true);
  expect(running.snapshot().filter((fact) => fact.kind === 'stream-flowing')).toHaveLength(cameras);
  expect((await running.heads()).size).toBe(cameras);
  const counted = facts.flatMap((fact) => (fact.kind === 'stream-counters' ? fact.cameras : []));
  for (const id of ids) {
    const newest = counted.findLast((each) => each.cameraId === id && each.recorder !== undefined);
    expect(newest?.recorder?.frames).toBeGreaterThan(10);
    expect(newest?.recorder?.keyFrameIntervalMs).toBeGreaterThan(100);
    expect(newest).toMatchObject({ lost: 0, recorder: { damagedFrames: 0, restarts: 0 } });
  }
  await running.stop();

  for (const id of ids) {
    const chain = (await readChains(footage()))
      .filter((entry) => entry.cameraId === id)
      .sort((a, b) => a.sequence - b.sequence);
    const recorded = chain.slice(chain.findIndex((entry) => entry.kind === 'segment'));
    const gaps = recorded.filter((entry) => entry.kind === 'gap' && entry.endUs > entry.startUs);
    if (running.slotOf(id) !== 1) {
      expect(gaps).toEqual([]);
      expect(recorded.every((entry) => entry.kind !== 'segment' || !entry.flags.lossy)).toBe(true);
    } else {
      expect(gaps.every((gap) => gap.kind === 'gap' && gap.cause === 'restart')).toBe(true);
      const lostUs = gaps.reduce((sum, gap) => sum + gap.endUs - gap.startUs, 0);
      expect(lostUs).toBeGreaterThan(0);
      expect(lostUs).toBeLessThan(15_000_000);
      // At most the fragment in the making was lost before the kill.
      expect(killedUs - (gaps[0]?.startUs ?? 0)).toBeLessThan(1_500_000);
    }
  }
  expect((await verifyFootage(footage())).cameras.flatMap((camera) => camera.problems)).toEqual([]);
});

async function joinLive(running: EngineFleet, viewerId: string, cameraId: number) {
  const joined = await running.live['live.join']({ viewerId, cameraId, quality: 'main' });
  const candidates = joined.transport?.iceCandidates as readonly { port: number }[] | undefined;
  return { transportId: joined.transportId, port: candidates?.[0]?.port ?? 0 };
}

test('a process that no longer answers is replaced', async () => {
  const running = await startEngineFleet(
    {
      settings: engineSettings(footage(), 2, await firstPort()),
      logLevel: 'silent',
      processFile: processFile(),
      frozenAfterMs: 6_000,
    },
    { log, tell: () => {}, onEntry: () => {} },
  );
  engine = running;
  const [frozen, other] = running.pids();
  if (frozen === undefined) throw new Error('no process');
  process.kill(frozen, 'SIGSTOP');
  await expect.poll(() => ended(frozen), { timeout: 15_000 }).toBe(true);
  await expect.poll(() => running.pids()[0], { timeout: 15_000 }).toBeGreaterThan(0);
  expect(running.pids()[1]).toBe(other);
});

test('the node killed: its processes close their segments on both volumes, and the next start waits', async () => {
  const ordersFile = join(folder, 'orders.json');
  await writeFile(ordersFile, JSON.stringify(ordersOf(fleet.cameras)));
  const double = fileURLToPath(new URL('node-double.ts', import.meta.url));
  const volumes = [join(footage(), 'one'), join(footage(), 'two')];
  const args = [volumes.join(','), processFile(), ordersFile, String(await firstPort())];
  const node = startChild(double, args, {});
  try {
    await expect.poll(() => node.output(), { timeout: 20_000 }).toContain(']\n');
    const pids = JSON.parse(node.output()) as number[];
    expect(pids).toHaveLength(2);
    const segments = async () => (await readChains(footage())).filter((e) => e.kind === 'segment');
    await expect
      .poll(async () => (await segments()).length, { timeout: 30_000 })
      // Each line of a chain stands on both volumes.
      .toBeGreaterThan(24);
    await node.end('SIGKILL');
    await awaitFormerProcesses(processFile(), log);
    expect(pids.filter((pid) => !ended(pid))).toEqual([]);
  } finally {
    await node.end('SIGKILL');
  }
  for (const volume of volumes) {
    const names = await readdir(volume, { recursive: true });
    expect(names.some((name) => name.endsWith('.mp4'))).toBe(true);
  }
  const { cameras: verdicts } = await verifyFootage(volumes);
  expect(verdicts).toHaveLength(cameras);
  for (const { problems, beingWritten } of verdicts) {
    expect(problems).toEqual([]);
    expect(beingWritten).toBeUndefined();
  }
});

test('a process that cannot start fails the node with its fault', async () => {
  await writeFile(footage(), 'a file where the folder should be');
  const starting = startEngineFleet(
    {
      settings: engineSettings(footage(), 2, await firstPort()),
      logLevel: 'silent',
      processFile: processFile(),
    },
    { log, tell: () => {}, onEntry: () => {} },
  );
  await expect(starting).rejects.toMatchObject({ code: 'DISK_FAILED' });
});
