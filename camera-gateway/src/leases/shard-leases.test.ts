import { createManualClock, type ManualClock } from '@nigehban/config/clock/clock.ts';
import { expect, test } from 'vitest';
import { FakeLeaseStore, silentLog } from '../sweep/testing/watch-fixtures.ts';
import { shardCount } from './plan-shards.ts';
import { holdAllShards, type ShardLeases, startShardLeases } from './shard-leases.ts';

const shards = Array.from({ length: shardCount }, (_, shard) => shard);

/** Time goes on in small steps, with room for the answers of the store between them. */
async function pass(clock: ManualClock, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 20) {
    clock.advance(20);
    for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
  }
}

/** A gateway that stops without a word: its timers never run again. */
function mortal(clock: ManualClock) {
  let dead = false;
  return {
    clock: {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      after: (delayMs: number, run: () => void) =>
        clock.after(delayMs, () => {
          if (!dead) run();
        }),
    },
    kill() {
      dead = true;
    },
  };
}

function setUp() {
  const clock = createManualClock();
  const store = new FakeLeaseStore(clock.nowMs);
  const start = (member: string) => {
    const life = mortal(clock);
    const leases = startShardLeases({
      store: store.open(),
      member,
      clock: life.clock,
      log: silentLog,
    });
    const changes: { taken: number; lost: number; unheldForMs: number }[] = [];
    leases.onChange(({ taken, lost }) => {
      const unheldForMs = Math.max(-1, ...taken.map((one) => one.unheldForMs ?? -1));
      changes.push({ taken: taken.length, lost: lost.length, unheldForMs });
    });
    return { leases, changes, kill: life.kill };
  };
  return { clock, store, start };
}

const holders = (shard: number, all: readonly ShardLeases[]) =>
  all.filter((leases) => leases.holds(shard)).length;

test('three gateways share the shards; each has exactly one holder', async () => {
  const { clock, start } = setUp();
  const all = [start('a'), start('b'), start('c')].map(({ leases }) => leases);
  await pass(clock, 8_000);
  expect(all.map((one) => one.heldCount()).toSorted()).toEqual([42, 43, 43]);
  for (const shard of shards) expect(holders(shard, all)).toBe(1);
});

test('the shards of one that dies are with the others within the lease, and they know for how long', async () => {
  const { clock, start } = setUp();
  const [a, b, c] = [start('a'), start('b'), start('c')];
  await pass(clock, 8_000);
  b.kill();
  a.changes.length = 0;
  await pass(clock, 9_800);
  const left = [a.leases, c.leases];
  for (const shard of shards) expect(holders(shard, left)).toBe(1);
  expect(left.map((one) => one.heldCount())).toEqual([64, 64]);
  expect(a.changes.every(({ lost }) => lost === 0)).toBe(true);
  expect(a.changes[0]?.unheldForMs).toBeGreaterThanOrEqual(9_000);
  expect(a.changes[0]?.unheldForMs).toBeLessThan(9_500);
  const again = start('b2');
  await pass(clock, 8_000);
  expect([...left, again.leases].map((one) => one.heldCount()).toSorted()).toEqual([42, 43, 43]);
  expect(again.changes[0]?.unheldForMs).toBeLessThan(2_500);
});

test('one that stops in order hands over at once', async () => {
  const { clock, start } = setUp();
  const [a, b] = [start('a'), start('b')];
  await pass(clock, 8_000);
  const stopping = b.leases.stop();
  await pass(clock, 2_200);
  await stopping;
  expect(a.leases.heldCount()).toBe(128);
});

test('while the store is away nobody lets go, and its return moves nothing', async () => {
  const { clock, store, start } = setUp();
  const members = [start('a'), start('b'), start('c')];
  await pass(clock, 8_000);
  for (const { changes } of members) changes.length = 0;
  store.isDown = true;
  await pass(clock, 60_000);
  store.isDown = false;
  await pass(clock, 20_000);
  for (const { changes } of members) expect(changes).toEqual([]);
  for (const shard of shards)
    expect(
      holders(
        shard,
        members.map((m) => m.leases),
      ),
    ).toBe(1);
});

test('a store that forgot everything is told again, and nothing moves', async () => {
  const { clock, store, start } = setUp();
  const members = [start('a'), start('b'), start('c')];
  await pass(clock, 8_000);
  for (const { changes } of members) changes.length = 0;
  store.flush();
  await pass(clock, 30_000);
  for (const { changes } of members) expect(changes).toEqual([]);
});

test('one that starts without a store looks at everything, and shares once it is there', async () => {
  const { clock, store, start } = setUp();
  store.isDown = true;
  const [a, b] = [start('a'), start('b')];
  await pass(clock, 9_000);
  expect(a.leases.heldCount()).toBe(0);
  await pass(clock, 2_000);
  expect([a.leases.heldCount(), b.leases.heldCount()]).toEqual([128, 128]);
  store.isDown = false;
  await pass(clock, 20_000);
  expect([a.leases.heldCount(), b.leases.heldCount()]).toEqual([64, 64]);
});

test('without a store there is one gateway, and it has everything', () => {
  const taken: number[] = [];
  const alone = holdAllShards();
  alone.onChange((change) => taken.push(change.taken.length));
  expect(alone.heldCount()).toBe(128);
  expect(taken).toEqual([128]);
});
