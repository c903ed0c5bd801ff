import type { ShardView } from './plan-shards.ts';

/** What a gateway hears when it shows that it lives. */
export interface LeaseBeat extends ShardView {
  /** Until the first lease of another gateway ends; null when none is held by another. */
  readonly nextEndInMs: number | null;
}

export interface TakenShard {
  readonly shard: number;
  /** Since when nobody showed to be looking at it; null: nobody ever did. */
  readonly unheldForMs: number | null;
}

/**
 * Where gateways agree who looks at which shard. Leases end by the store's clock. Every method
 * rejects while the store does not answer.
 */
export interface LeaseStore {
  /**
   * Shows that `member` lives, prolongs the shards that it holds, also those that the store has
   * forgotten, and tells how things stand.
   */
  beat(member: string, held: readonly number[]): Promise<LeaseBeat>;
  /** Takes those of the shards that nobody holds. */
  take(member: string, shards: readonly number[]): Promise<readonly TakenShard[]>;
  /** Gives up those of the shards that are the member's. */
  release(member: string, shards: readonly number[]): Promise<void>;
  /** Gives up everything and is no member any more. */
  leave(member: string): Promise<void>;
  close(): void;
}

export interface LeaseTimes {
  /** A lease that is not prolonged ends after this. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
}

export const defaultLeaseTimes: LeaseTimes = { leaseMs: 9_000, renewEveryMs: 2_000 };
