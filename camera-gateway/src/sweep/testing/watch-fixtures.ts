import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import type { WatchDown, WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { LeaseBeat, LeaseStore, TakenShard } from '../../leases/lease-store.ts';
import { holdAllShards, type ShardLeases } from '../../leases/shard-leases.ts';
import { createWatchDuty } from '../../leases/watch-duty.ts';
import type { AskCamera, AskLimits, AskOutcome } from '../ask-camera.ts';
import { startCameraSweep } from '../camera-sweep.ts';

export const silentLog = createLogger('silent', 'test');

/** Cameras 1, 2, … on 127.9.x.y, three to a station. */
export function orderOf(cameraId: CameraId, changes: Partial<WatchOrder> = {}): WatchOrder {
  return {
    cameraId,
    cameraCode: `C${cameraId}`,
    stationId: Math.floor((cameraId - 1) / 3),
    endpoint: { address: `127.9.${cameraId >> 8}.${cameraId & 255}`, onvifPort: 8000 },
    credentials: { username: 'admin', password: 'must never be sent' },
    serial: null,
    swept: true,
    view: null,
    events: false,
    ...changes,
  };
}

export function ordersOf(count: number): WatchOrder[] {
  return Array.from({ length: count }, (_, at) => orderOf(at + 1));
}

export function watch(orders: readonly WatchOrder[], sweepEveryMs = 15_000): WatchDown {
  return { type: 'watch', version: 1, policy: { sweepEveryMs, viewEveryMs: 0 }, orders };
}

/** One check that the sweep made. */
export interface Asked {
  readonly address: string;
  readonly atMs: number;
  readonly limits: AskLimits;
}

export const unreachable: AskOutcome = {
  kind: 'unreachable',
  fault: 'CAMERA_UNREACHABLE',
  evidence: 'connection refused',
};
export const silent: AskOutcome = {
  kind: 'failed',
  fault: 'CAMERA_TIMEOUT',
  evidence: 'did not answer in time',
};

/** A sweep by a manual clock over cameras that do as `answer` says, after `tookMs`. */
export function startTestSweep(
  options: {
    readonly answer?: (endpoint: CameraEndpoint, atMs: number) => AskOutcome;
    readonly tookMs?: (outcome: AskOutcome, limits: AskLimits) => number;
    readonly leases?: ShardLeases;
    readonly fileLimit?: number | null;
  } = {},
) {
  const manual = createManualClock();
  const startMs = manual.nowMs();
  let stalledMs = 0;
  const clock = {
    nowMs: () => manual.nowMs() + stalledMs,
    monotonicMs: () => manual.monotonicMs() + stalledMs,
    after: manual.after,
    advance: manual.advance,
  };
  const asked: Asked[] = [];
  const facts: WatchFact[] = [];
  let open = 0;
  const peak = { open: 0 };
  const answer = options.answer ?? (() => ({ kind: 'answers', clockOffsetMs: 0 }) as const);
  const took =
    options.tookMs ?? ((outcome, limits) => (outcome.kind === 'failed' ? limits.totalMs : 10));
  const ask: AskCamera = (endpoint, limits, done) => {
    asked.push({ address: endpoint.address, atMs: clock.nowMs() - startMs, limits });
    open += 1;
    peak.open = Math.max(peak.open, open);
    const outcome = answer(endpoint, clock.nowMs() - startMs);
    const cancel = clock.after(took(outcome, limits), () => {
      open -= 1;
      done(outcome);
    });
    return () => {
      open -= 1;
      cancel();
    };
  };
  const duty = createWatchDuty(options.leases ?? holdAllShards());
  const sweep = startCameraSweep({
    clock,
    monotonicMs: () => clock.nowMs() - startMs,
    ask,
    duty,
    tell: (told) => facts.push(...told),
    fileLimit: options.fileLimit ?? null,
    log: silentLog,
  });
  /** Time goes on, and no timer runs in time. */
  const stall = (forMs: number): void => {
    stalledMs += forMs;
    manual.advance(0);
  };
  return { clock, duty, sweep, asked, facts, peak, openNow: () => open, stall };
}

/** A store as Redis is one, by a clock and without a network. `down` rejects every command. */
export class FakeLeaseStore {
  readonly #leaseMs: number;
  readonly #nowMs: () => number;
  readonly #leases = new Map<number, { owner: string; atMs: number }>();
  readonly #members = new Map<string, number>();
  isDown = false;

  constructor(nowMs: () => number, leaseMs = 9_000) {
    this.#nowMs = nowMs;
    this.#leaseMs = leaseMs;
  }

  /** As FLUSHALL does. */
  flush(): void {
    this.#leases.clear();
    this.#members.clear();
  }

  open(): LeaseStore {
    return {
      beat: (member, held) => this.#run(() => this.#beat(member, held)),
      take: (member, shards) => this.#run(() => this.#take(member, shards)),
      release: (member, shards) => this.#run(() => this.#release(member, new Set(shards))),
      leave: (member) =>
        this.#run(() => {
          this.#release(member, null);
          this.#members.delete(member);
        }),
      close: () => {},
    };
  }

  async #run<T>(command: () => T): Promise<T> {
    if (this.isDown) throw new Error('down');
    return command();
  }

  #isFree(shard: number): boolean {
    const lease = this.#leases.get(shard);
    return lease === undefined || lease.owner === '' || lease.atMs + this.#leaseMs <= this.#nowMs();
  }

  #beat(member: string, held: readonly number[]): LeaseBeat {
    const atMs = this.#nowMs();
    this.#members.set(member, atMs);
    for (const [name, seenMs] of this.#members) {
      if (seenMs < atMs - this.#leaseMs) this.#members.delete(name);
    }
    for (const shard of held) {
      if (this.#leases.get(shard)?.owner === member || this.#isFree(shard)) {
        this.#leases.set(shard, { owner: member, atMs });
      }
    }
    const leases = [...this.#leases].map(([shard, { owner }]) => ({
      shard,
      owner: this.#isFree(shard) ? null : owner,
    }));
    const ends = [...this.#leases.values()]
      .filter(({ owner }) => owner !== member && owner !== '')
      .map((lease) => lease.atMs + this.#leaseMs - atMs)
      .filter((inMs) => inMs > 0);
    return {
      members: [...this.#members.keys()],
      leases,
      nextEndInMs: ends.length === 0 ? null : Math.min(...ends),
    };
  }

  #take(member: string, shards: readonly number[]): TakenShard[] {
    return shards
      .filter((shard) => this.#isFree(shard))
      .map((shard) => {
        const before = this.#leases.get(shard);
        this.#leases.set(shard, { owner: member, atMs: this.#nowMs() });
        return { shard, unheldForMs: before === undefined ? null : this.#nowMs() - before.atMs };
      });
  }

  #release(member: string, shards: ReadonlySet<number> | null): void {
    for (const [shard, lease] of this.#leases) {
      if (lease.owner === member && (shards === null || shards.has(shard))) {
        this.#leases.set(shard, { owner: '', atMs: this.#nowMs() });
      }
    }
  }
}
