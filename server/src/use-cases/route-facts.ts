import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { WatchFact } from '@nigehban/domain/watch-orders.ts';

/**
 * Brings the gateways' facts to the server process that decides about their cameras. A fact that
 * cannot be delivered is kept and tried again: gateways tell changes only. Taking one twice changes
 * nothing, so that trying again is safe.
 */
export interface FactRouter {
  /** Facts of a gateway that is linked here. */
  take(facts: readonly WatchFact[]): void;
  /** Facts that another process believes to be ours. */
  takeForwarded(facts: readonly WatchFact[]): void;
  stop(): void;
}

const retryEveryMs = 1_000;
/** More than a fleet's change in a total outage. */
const mostWaiting = 100_000;

export function createFactRouter(options: {
  readonly serverId: string;
  readonly clock: Clock;
  readonly ownerOf: (cameraId: number) => string;
  readonly send: (serverId: string, facts: readonly WatchFact[]) => Promise<boolean>;
  readonly apply: (facts: readonly WatchFact[]) => void;
}): FactRouter {
  const { serverId, clock } = options;
  let waiting: WatchFact[] = [];
  let stopped = false;
  let cancel: (() => void) | null = null;

  const keep = (facts: readonly WatchFact[]) => {
    if (stopped) return;
    waiting = [...waiting, ...facts].slice(-mostWaiting);
    cancel ??= clock.after(retryEveryMs, () => {
      cancel = null;
      const again = waiting;
      waiting = [];
      take(again);
    });
  };
  const take = (facts: readonly WatchFact[]) => {
    const byOwner = Map.groupBy(facts, (fact) => options.ownerOf(fact.cameraId));
    for (const [owner, own] of byOwner) {
      if (owner === serverId) {
        options.apply(own);
        continue;
      }
      options.send(owner, own).then(
        (taken) => {
          if (!taken) keep(own);
        },
        () => keep(own),
      );
    }
  };

  return {
    take,
    takeForwarded(facts) {
      // The sender may know of a change of owners before us, or after: ours now, or soon.
      const [ours, others] = [
        facts.filter((fact) => options.ownerOf(fact.cameraId) === serverId),
        facts.filter((fact) => options.ownerOf(fact.cameraId) !== serverId),
      ];
      if (ours.length > 0) options.apply(ours);
      if (others.length > 0) keep(others);
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
