import { Redis } from 'ioredis';

/** Two connections to one Redis, which come back by themselves; made without waiting for it. */
export interface RedisPair {
  /** Its commands fail at once while Redis is away: what is to be told waits elsewhere. */
  readonly sender: Redis;
  /** Blocks, or subscribes; again by itself when Redis comes back. */
  readonly receiver: Redis;
  disconnect(): void;
}

/** `onError` hears of every failed attempt; without it nobody does. */
export function openRedisPair(
  redisUrl: string,
  onError: (error: Error) => void = () => {},
): RedisPair {
  const patient = {
    maxRetriesPerRequest: null,
    retryStrategy: (attempts: number) => Math.min(100 * 2 ** attempts, 3_000),
  };
  const sender = new Redis(redisUrl, { ...patient, enableOfflineQueue: false });
  const receiver = new Redis(redisUrl, patient);
  for (const redis of [sender, receiver]) redis.on('error', onError);
  return {
    sender,
    receiver,
    disconnect() {
      sender.disconnect();
      receiver.disconnect();
    },
  };
}
