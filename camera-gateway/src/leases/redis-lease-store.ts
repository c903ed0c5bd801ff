import type { Logger } from '@nigehban/config/log/logger.ts';
import { Redis } from 'ioredis';
import type { LeaseBeat, LeaseStore, TakenShard } from './lease-store.ts';

export interface RedisLeaseOptions {
  readonly redisUrl: string;
  /** Keys begin with it; gateways of one system have the same. */
  readonly prefix: string;
  readonly leaseMs: number;
  readonly log: Logger;
}

/**
 * One hash: shard → `<ms of the last sign of life> <owner>` (no owner when it was given up), and one
 * sorted set of members. Redis's own clock decides, so gateways' clocks need not agree.
 */
const now = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lease = tonumber(ARGV[2])
local function parse(value)
  if not value then return nil, nil end
  local at, owner = string.match(value, '^(%d+) (.*)$')
  if not at then return nil, nil end
  return tonumber(at), owner
end
local function free(at, owner) return not at or owner == '' or at + lease <= now end
`;

const beatScript = `${now}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - lease))
for i = 3, #ARGV do
  local at, owner = parse(redis.call('HGET', KEYS[2], ARGV[i]))
  if owner == ARGV[1] or free(at, owner) then
    redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now) .. ' ' .. ARGV[1])
  end
end
redis.call('PEXPIRE', KEYS[1], 86400000)
redis.call('PEXPIRE', KEYS[2], 86400000)
return {string.format('%.0f', now), redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('HGETALL', KEYS[2])}`;

const takeScript = `${now}
local taken = {}
for i = 3, #ARGV do
  local at, owner = parse(redis.call('HGET', KEYS[2], ARGV[i]))
  if free(at, owner) then
    redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now) .. ' ' .. ARGV[1])
    taken[#taken + 1] = tonumber(ARGV[i])
    taken[#taken + 1] = at and math.floor(now - at) or -1
  end
end
return taken`;

const releaseScript = `${now}
for i = 3, #ARGV do
  local at, owner = parse(redis.call('HGET', KEYS[2], ARGV[i]))
  if owner == ARGV[1] then
    redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now) .. ' ')
  end
end
return 0`;

const leaveScript = `${now}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local at, owner = parse(all[i + 1])
  if owner == ARGV[1] then
    redis.call('HSET', KEYS[2], all[i], string.format('%.0f', now) .. ' ')
  end
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 0`;

/** A command that takes longer is as one that fails: the next beat asks again. */
const commandTimeoutMs = 1_500;

/** Leases in Redis. Does not wait for Redis, which may come later; a command without it fails at once. */
export function openRedisLeaseStore(options: RedisLeaseOptions): LeaseStore {
  const { log, leaseMs } = options;
  const redis = new Redis(options.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 3_000,
    retryStrategy: (attempts) => Math.min(100 * 2 ** Math.min(attempts, 10), 1_000),
  });
  let told = false;
  redis.on('error', (error: Error) => {
    if (told) return;
    told = true;
    log.warn(
      { code: 'QUEUE_UNAVAILABLE', reason: error.message },
      'Redis does not answer; the cameras at hand are watched on',
    );
  });
  redis.on('ready', () => {
    if (told) log.info('Redis answers again');
    told = false;
  });
  // The braces keep both keys on one node of a cluster.
  const members = `{${options.prefix}}:watch-members`;
  const leases = `{${options.prefix}}:watch-leases`;
  const run = (script: string, member: string, shards: readonly number[]) =>
    redis.eval(script, 2, members, leases, member, leaseMs, ...shards);

  return {
    async beat(member, held) {
      return readBeat(await run(beatScript, member, held), member, leaseMs);
    },
    async take(member, shards) {
      const flat = (await run(takeScript, member, shards)) as readonly number[];
      const taken: TakenShard[] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const unheldForMs = flat[at + 1] ?? -1;
        taken.push({ shard: flat[at] ?? 0, unheldForMs: unheldForMs < 0 ? null : unheldForMs });
      }
      return taken;
    },
    async release(member, shards) {
      await run(releaseScript, member, shards);
    },
    async leave(member) {
      await run(leaveScript, member, []);
    },
    close() {
      redis.disconnect();
    },
  };
}

function readBeat(reply: unknown, self: string, leaseMs: number): LeaseBeat {
  const [nowText, members, pairs] = reply as [string, string[], string[]];
  const nowMs = Number(nowText);
  const leases = [];
  let nextEndInMs: number | null = null;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const value = pairs[at + 1] ?? '';
    const space = value.indexOf(' ');
    const name = value.slice(space + 1);
    const endInMs = Number(value.slice(0, space)) + leaseMs - nowMs;
    const owner = name !== '' && endInMs > 0 ? name : null;
    leases.push({ shard: Number(pairs[at]), owner });
    if (owner !== null && owner !== self) {
      nextEndInMs = Math.min(nextEndInMs ?? endInMs, endInMs);
    }
  }
  return { members, leases, nextEndInMs };
}
