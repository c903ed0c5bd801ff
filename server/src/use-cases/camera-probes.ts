import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraState, ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { createOutageProofs } from './outage-proofs.ts';

/** Probes of cameras, a bounded number at once, in the order they were asked for. */
export interface CameraProbes {
  /** `answered` is called only when somebody could ask. */
  ask(cameraId: CameraId, answered: (outcome: ProbeOutcome) => void): void;
  /**
   * Learns why a stream stopped: from the camera, or in a storm from a sibling that was asked, and
   * then perhaps within this call. Nothing is learned of a camera that is answered for by then.
   */
  suspect(given: SuspectedCamera): void;
  /** True while more cameras are suspected than single outages explain. */
  isStorm(): boolean;
  stop(): void;
}

export interface SuspectedCamera {
  readonly cameraId: CameraId;
  /** Null: it has no siblings. */
  readonly stationCode: string | null;
  /** The `probingSinceMs` of the state that asks. */
  readonly askedAtMs: number;
  /** The state as it is when the turn comes. */
  readonly state: () => CameraState | null;
  readonly answered: (outcome: ProbeOutcome) => void;
}

interface Asked {
  readonly cameraId: CameraId;
  readonly answered: (outcome: ProbeOutcome) => void;
  /** False: there is nothing to ask any more. */
  readonly wanted: () => boolean;
}

const probesAtOnce = 256;

export function createCameraProbes(ports: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly probe: (cameraId: CameraId) => Promise<ProbeOutcome>;
}): CameraProbes {
  const { clock, log, probe } = ports;
  const proofs = createOutageProofs();
  let queue: Asked[] = [];
  /** Those before it had their turn. */
  let first = 0;
  let running = 0;
  let stopped = false;

  const run = async ({ cameraId, answered }: Asked) => {
    try {
      const outcome = await probe(cameraId);
      if (!stopped) answered(outcome);
    } catch (error) {
      // The state machine's own time-out decides without a probe.
      log.debug({ err: error, cameraId }, 'a camera could not be probed');
    } finally {
      running -= 1;
      next();
    }
  };
  const next = () => {
    while (running < probesAtOnce) {
      const asked = queue[first];
      if (asked === undefined) {
        queue = [];
        first = 0;
        return;
      }
      first += 1;
      if (!asked.wanted()) continue;
      running += 1;
      void run(asked);
    }
  };
  const add = (asked: Asked) => {
    if (stopped) return;
    queue.push(asked);
    next();
  };
  /** What a sibling proved of this camera; null: it has to be asked itself. */
  const provedFor = ({ stationCode, state }: SuspectedCamera): ProbeOutcome | null => {
    const fault = state()?.streamFault;
    const isAlike = fault === 'CAMERA_UNREACHABLE' || fault === 'CAMERA_TIMEOUT';
    return isAlike ? proofs.of(stationCode, clock.nowMs()) : null;
  };

  return {
    ask: (cameraId, answered) => add({ cameraId, answered, wanted: () => true }),
    suspect(given) {
      proofs.asked(clock.nowMs());
      const known = provedFor(given);
      if (known !== null) {
        given.answered(known);
        return;
      }
      add({
        cameraId: given.cameraId,
        answered(outcome) {
          proofs.told(given.stationCode, outcome, clock.nowMs());
          given.answered(outcome);
        },
        wanted() {
          // It came back, or the state machine waited long enough.
          if (given.state()?.probingSinceMs !== given.askedAtMs) return false;
          const outcome = provedFor(given);
          if (outcome !== null) given.answered(outcome);
          return outcome === null;
        },
      });
    },
    isStorm: () => proofs.isStorm(clock.nowMs()),
    stop() {
      stopped = true;
      queue = [];
      first = 0;
    },
  };
}
