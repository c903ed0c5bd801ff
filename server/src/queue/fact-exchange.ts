import type { Logger } from '@nigehban/config/log/logger.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import { openRedisPair } from './redis-pair.ts';

/** Facts that reached a server process which does not decide about their cameras, on their way to the one that does. */
export interface FactExchange {
  /** Resolves true when the process took them. */
  send(serverId: string, facts: readonly WatchFact[]): Promise<boolean>;
  stop(): Promise<void>;
}

const factsPerMessage = 500;

/** Redis publish and subscribe, a channel for each process; does not wait for Redis. */
export function openFactExchange(options: {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly serverId: string;
  readonly log: Logger;
  readonly onFacts: (facts: readonly WatchFact[]) => void;
}): FactExchange {
  const { log } = options;
  const channelOf = (serverId: string) => `${options.prefix}:facts:${serverId}`;
  const redis = openRedisPair(options.redisUrl);
  const { sender, receiver } = redis;
  receiver.subscribe(channelOf(options.serverId)).catch((error: unknown) => {
    log.debug({ err: error }, 'no facts can be taken from other processes');
  });
  receiver.on('message', (_channel: string, text: string) => {
    options.onFacts(JSON.parse(text) as readonly WatchFact[]);
  });

  return {
    async send(serverId, facts) {
      try {
        for (let from = 0; from < facts.length; from += factsPerMessage) {
          const part = facts.slice(from, from + factsPerMessage);
          if ((await sender.publish(channelOf(serverId), JSON.stringify(part))) === 0) return false;
        }
        return true;
      } catch {
        return false;
      }
    },
    async stop() {
      redis.disconnect();
    },
  };
}
