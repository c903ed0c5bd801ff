import { expect, test } from 'vitest';
import { planShards, type ShardView, shardCount, shardOf } from './plan-shards.ts';

function settle(members: readonly string[], start: Map<number, string>): Map<number, string> {
  const owners = new Map(start);
  for (let round = 0; round < 4; round += 1) {
    for (const member of members) {
      const view: ShardView = {
        members,
        leases: [...owners].map(([shard, owner]) => ({
          shard,
          owner: members.includes(owner) ? owner : null,
        })),
      };
      const { release, take } = planShards(view, member);
      for (const shard of release) owners.delete(shard);
      for (const shard of take) owners.set(shard, member);
    }
  }
  return owners;
}

function shares(owners: ReadonlyMap<number, string>): number[] {
  const counts = new Map<string, number>();
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts.values()].toSorted((a, b) => a - b);
}

test('shares are fair after joins and deaths, and few shards move', () => {
  const one = settle(['a'], new Map());
  expect(shares(one)).toEqual([128]);
  const two = settle(['a', 'b'], one);
  expect(shares(two)).toEqual([64, 64]);
  const three = settle(['a', 'b', 'c'], two);
  expect(shares(three)).toEqual([42, 43, 43]);
  const left = settle(['a', 'c'], three);
  expect(shares(left)).toEqual([64, 64]);
  const moved = [...left].filter(([shard, owner]) => three.get(shard) !== owner);
  expect(moved).toHaveLength(three.size - [...three.values()].filter((o) => o !== 'b').length);
  expect(shares(settle(['a', 'b', 'c', 'd', 'e'], left)).reduce((sum, n) => sum + n)).toBe(128);
});

test('nothing is taken from who lives, and who has its share takes no more', () => {
  const view: ShardView = {
    members: ['a', 'b'],
    leases: Array.from({ length: shardCount }, (_, shard) => ({
      shard,
      owner: shard < 64 ? 'a' : 'b',
    })),
  };
  expect(planShards(view, 'a')).toEqual({ release: [], take: [] });
});

test('stations spread over the shards', () => {
  const counts = Array.from({ length: shardCount }, () => 0);
  for (let station = 0; station < 11_600; station += 1) {
    const shard = shardOf(station);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.max(...counts)).toBeLessThan(140);
  expect(Math.min(...counts)).toBeGreaterThan(50);
});
