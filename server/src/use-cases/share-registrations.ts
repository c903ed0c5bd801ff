import type { Clock } from '@nigehban/config/clock/clock.ts';
import { rendezvous } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';

/** What another process did not get done is taken up after this: perhaps its gateways do not reach it. */
const takenUpAfterMs = 600_000;

/**
 * Which cameras that wait for registration this server process tries: of several with a gateway each
 * takes its share, so that a camera is not offered the same password by all of them at once.
 */
export interface RegistrationShares {
  /** Those of `waiting` to be tried from here now; to be asked with all of them, again and again. */
  pick<T>(waiting: readonly T[], idOf: (one: T) => CameraId): readonly T[];
}

export function createRegistrationShares(ports: {
  readonly clock: Clock;
  readonly serverId: string;
  /** Other server processes that have a gateway. */
  readonly others: () => readonly string[];
}): RegistrationShares {
  /** Since when cameras of others' shares wait, in monotonic milliseconds. */
  let leftSinceMs = new Map<CameraId, number>();
  return {
    pick(waiting, idOf) {
      const servers = [...new Set([ports.serverId, ...ports.others()])];
      if (servers.length === 1) {
        leftSinceMs.clear();
        return waiting;
      }
      const nowMs = ports.clock.monotonicMs();
      const left = new Map<CameraId, number>();
      const ours = waiting.filter((one) => {
        const id = idOf(one);
        if (rendezvous(id, servers) === ports.serverId) return true;
        const sinceMs = leftSinceMs.get(id) ?? nowMs;
        left.set(id, sinceMs);
        return nowMs - sinceMs >= takenUpAfterMs;
      });
      leftSinceMs = left;
      return ours;
    },
  };
}
