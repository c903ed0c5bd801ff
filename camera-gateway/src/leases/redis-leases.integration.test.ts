import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nigehban/config/clock/clock.ts';
import type { EmbeddedServer } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { silentLog } from '../sweep/testing/watch-fixtures.ts';
import type { LeaseStore, LeaseTimes } from './lease-store.ts';
import { shardCount } from './plan-shards.ts';
import { openRedisLeaseStore } from './redis-lease-store.ts';
import { type ShardLeases, startShardLeases } from './shard-leases.ts';

const times: LeaseTimes = { leaseMs: 1_500, renewEveryMs: 300 };
const shards = Array.from({ length: shardCount }, (_, shard) => shard);
let folder: string;
let redis: EmbeddedServer;
let admin: Redis;
let prefix = 0;
const running: Member[] = [];

interface Member {
  readonly leases: ShardLeases;
  readonly changes: { taken: number; lost: number; longestUnheldMs: number }[];
  /** Ends without a word, as a killed process does. */
  kill(): void;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-leases-test-'));
  redis = await startEmbeddedRedis({ dataFolder: folder, log: silentLog });
  admin = new Redis(redis.url);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ leases }) => leases.stop()));
  prefix += 1;
});

afterAll(async () => {
  admin?.disconnect();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(member: string): Member {
  const store: LeaseStore = openRedisLeaseStore({
    redisUrl: redis.url,
    prefix: `test-${prefix}`,
    leaseMs: times.leaseMs,
    log: silentLog,
  });
  let dead = false;
  const leases = startShardLeases({
    store,
    member,
    clock: {
      nowMs: systemClock.nowMs,
      monotonicMs: systemClock.monotonicMs,
      after: (delayMs, run) => systemClock.after(delayMs, () => dead || run()),
    },
    log: silentLog,
    times,
  });
  const changes: Member['changes'] = [];
  leases.onChange(({ taken, lost }) => {
    changes.push({
      taken: taken.length,
      lost: lost.length,
      longestUnheldMs: Math.max(-1, ...taken.map((one) => one.unheldForMs ?? -1)),
    });
  });
  const one: Member = {
    leases,
    changes,
    kill() {
      dead = true;
      store.close();
    },
  };
  running.push(one);
  return one;
}

const within = { timeout: 8_000, interval: 20 };

function expectShared(members: readonly Member[], counts: readonly number[]): void {
  expect(members.map(({ leases }) => leases.heldCount()).toSorted((a, b) => a - b)).toEqual(counts);
  for (const shard of shards) {
    expect(members.filter(({ leases }) => leases.holds(shard))).toHaveLength(1);
  }
}

test('three members share; one dies, one returns, one stops in order', async () => {
  const [a, b, c] = [start('a'), start('b'), start('c')];
  await vi.waitFor(() => expectShared([a, b, c], [42, 43, 43]), within);
  b.kill();
  const diedMs = performance.now();
  await vi.waitFor(() => expectShared([a, c], [64, 64]), within);
  expect(performance.now() - diedMs).toBeLessThan(times.leaseMs + 1_500);
  expect(a.changes.at(-1)?.longestUnheldMs).toBeGreaterThanOrEqual(times.leaseMs);
  const again = start('b-again');
  await vi.waitFor(() => expectShared([a, c, again], [42, 43, 43]), within);
  expect(again.changes[0]?.longestUnheldMs).toBeLessThan(times.leaseMs);
  await c.leases.stop();
  const stoppedMs = performance.now();
  await vi.waitFor(() => expectShared([a, again], [64, 64]), within);
  expect(performance.now() - stoppedMs).toBeLessThan(times.leaseMs);
});

test('a flush of Redis leaves no shard without a holder, and all are shared again', async () => {
  const members = [start('a'), start('b'), start('c')];
  await vi.waitFor(() => expectShared(members, [42, 43, 43]), within);
  for (const { changes } of members) changes.length = 0;
  await admin.flushall();
  await vi.waitFor(async () => {
    const leases = await admin.hlen(`{test-${prefix}}:watch-leases`);
    expect(leases).toBe(shardCount);
  }, within);
  await new Promise((resolve) => systemClock.after(2 * times.leaseMs, () => resolve(undefined)));
  expectShared(members, [42, 43, 43]);
  // Who renews first may take what others held; they hand over, nobody waits for a lease to end.
  const unheldMs = members.flatMap(({ changes }) =>
    changes.map((change) => change.longestUnheldMs),
  );
  expect(Math.max(0, ...unheldMs)).toBeLessThan(times.leaseMs);
});

test('a Redis that hangs for longer than the leases loses nobody anything', async () => {
  const members = [start('a'), start('b')];
  await vi.waitFor(() => expectShared(members, [64, 64]), within);
  for (const { changes } of members) changes.length = 0;
  const pid = redis.pid();
  process.kill(pid, 'SIGSTOP');
  try {
    await new Promise((resolve) => systemClock.after(2 * times.leaseMs, () => resolve(undefined)));
    expectShared(members, [64, 64]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await vi.waitFor(async () => {
    expect(await admin.zcard(`{test-${prefix}}:watch-members`)).toBe(2);
  }, within);
  await new Promise((resolve) => systemClock.after(times.leaseMs, () => resolve(undefined)));
  expectShared(members, [64, 64]);
  for (const { changes } of members) expect(changes).toEqual([]);
});
