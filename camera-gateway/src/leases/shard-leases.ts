import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import {
  defaultLeaseTimes,
  type LeaseBeat,
  type LeaseStore,
  type LeaseTimes,
  type TakenShard,
} from './lease-store.ts';
import { hashText, planShards, shardCount } from './plan-shards.ts';

/** Which shards this gateway looks at. */
export interface ShardLeases {
  holds(shard: number): boolean;
  heldCount(): number;
  /** Told after each change; what was held before is not told again. */
  onChange(listener: ShardListener): void;
  stop(): Promise<void>;
}

export type ShardListener = (change: {
  readonly taken: readonly TakenShard[];
  readonly lost: readonly number[];
}) => void;

export interface ShardLeaseOptions {
  readonly store: LeaseStore;
  /** Unlike that of every other gateway, also of an earlier process of this one. */
  readonly member: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times?: LeaseTimes;
}

/** A gateway that starts without the store looks at everything after this: better twice than never. */
const aloneAfterMs = 10_000;
const retryMs = 500;
/** Between the end of a lease and the look at it. */
const afterEndMs = 60;

const all = (): TakenShard[] =>
  Array.from({ length: shardCount }, (_, shard) => ({ shard, unheldForMs: null }));

/** Without a store there is one gateway, which looks at everything. */
export function holdAllShards(): ShardLeases {
  return {
    holds: () => true,
    heldCount: () => shardCount,
    onChange: (listener) => listener({ taken: all(), lost: [] }),
    stop: async () => {},
  };
}

/**
 * Takes and keeps this gateway's fair share of the shards until stopped. While the store does not
 * answer it keeps what it holds: that two look at a camera does no harm, that nobody does would.
 */
export function startShardLeases(options: ShardLeaseOptions): ShardLeases {
  return new LeaseLoop(options);
}

class LeaseLoop implements ShardLeases {
  readonly #options: ShardLeaseOptions;
  readonly #times: LeaseTimes;
  readonly #held = new Set<number>();
  readonly #listeners: ShardListener[] = [];
  #joined = false;
  #knownLeases = 0;
  #beatAtMs: number | null = null;
  #patientUntilMs = 0;
  #stopped = false;
  #cancelBeat: () => void;
  #cancelAlone: () => void;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: ShardLeaseOptions) {
    this.#options = options;
    this.#times = options.times ?? defaultLeaseTimes;
    const { clock } = options;
    this.#cancelBeat = clock.after(0, () => this.#beat());
    this.#cancelAlone = clock.after(aloneAfterMs, () => this.#holdAlone());
  }

  holds(shard: number): boolean {
    return this.#held.has(shard);
  }

  heldCount(): number {
    return this.#held.size;
  }

  onChange(listener: ShardListener): void {
    this.#listeners.push(listener);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelBeat();
    this.#cancelAlone();
    await this.#beating;
    const { store, member } = this.#options;
    // Without the store the leases end by themselves.
    await store.leave(member).catch(() => {});
    store.close();
    this.#held.clear();
  }

  #beat(): void {
    this.#beating = this.#renew().then(
      (inMs) => this.#schedule(inMs),
      () => this.#schedule(this.#joined ? Math.min(retryMs, this.#times.renewEveryMs) : retryMs),
    );
  }

  #schedule(inMs: number): void {
    if (this.#stopped) return;
    this.#cancelBeat = this.#options.clock.after(inMs, () => this.#beat());
  }

  /** One round; gives the pause until the next. */
  async #renew(): Promise<number> {
    const { store, member } = this.#options;
    const beat = await store.beat(member, [...this.#held]);
    if (this.#stopped) return 0;
    this.#joined = true;
    this.#cancelAlone();
    const mine = new Set(
      beat.leases.filter((lease) => lease.owner === member).map((lease) => lease.shard),
    );
    const { release, take } = planShards(beat, member);
    const lost = [...this.#held].filter((shard) => !mine.has(shard));
    // What was taken by a command whose answer got lost is ours all the same.
    const found = [...mine].map((shard) => ({ shard, unheldForMs: this.#times.leaseMs }));
    const isPatient = this.#waitsForOthers(beat);
    this.#change(found, lost);
    if (isPatient) return this.#pause(beat.nextEndInMs);
    this.#change([], release);
    if (release.length > 0) await store.release(member, release);
    if (take.length === 0 || this.#stopped) return this.#pause(beat.nextEndInMs);
    const taken = await store.take(member, take);
    this.#change(taken, []);
    // Others were quicker: what is still free is seen by looking again.
    return taken.length < take.length ? retryMs : this.#pause(beat.nextEndInMs);
  }

  /**
   * A store that was away or forgot everything shows the others as gone until they have beaten
   * again: to take their shards then would only move cameras to and fro. So would it when several
   * gateways start together and the first to come took everything.
   */
  #waitsForOthers(beat: LeaseBeat): boolean {
    const nowMs = this.#options.clock.nowMs();
    const { leaseMs, renewEveryMs } = this.#times;
    const wasAway = this.#beatAtMs !== null && nowMs - this.#beatAtMs > leaseMs / 2;
    const forgot = beat.leases.length < this.#knownLeases;
    if (wasAway || forgot) this.#patientUntilMs = nowMs + 2 * renewEveryMs;
    else if (this.#beatAtMs === null) this.#patientUntilMs = nowMs + renewEveryMs / 2;
    this.#beatAtMs = nowMs;
    this.#knownLeases = beat.leases.length;
    // A clock that was set back must not make it wait for hours.
    return nowMs < this.#patientUntilMs && this.#patientUntilMs - nowMs <= 2 * renewEveryMs;
  }

  /** Members beat at moments of their own, and at once when another's lease ends. */
  #pause(nextEndInMs: number | null): number {
    const { renewEveryMs } = this.#times;
    const spreadMs = hashText(this.#options.member) % Math.max(1, Math.floor(renewEveryMs / 10));
    const wantedMs = renewEveryMs - spreadMs;
    return nextEndInMs === null ? wantedMs : Math.min(wantedMs, nextEndInMs + afterEndMs);
  }

  #holdAlone(): void {
    if (this.#joined || this.#stopped) return;
    this.#options.log.warn(
      { code: 'QUEUE_UNAVAILABLE' },
      'Redis has not answered since the start; this gateway watches every camera until it does',
    );
    this.#change(all(), []);
  }

  #change(taken: readonly TakenShard[], lost: readonly number[]): void {
    const added = taken.filter(({ shard }) => !this.#held.has(shard));
    const removed = lost.filter((shard) => this.#held.has(shard));
    if (added.length === 0 && removed.length === 0) return;
    for (const { shard } of added) this.#held.add(shard);
    for (const shard of removed) this.#held.delete(shard);
    this.#options.log.info(
      { taken: added.length, lost: removed.length, held: this.#held.size },
      'the share of the watched cameras changed',
    );
    for (const listener of this.#listeners) listener({ taken: added, lost: removed });
  }
}
