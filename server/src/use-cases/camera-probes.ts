import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';

/** Probes of cameras, a bounded number at once, in the order they were asked for. */
export interface CameraProbes {
  /** `answered` is called only when somebody could ask. */
  ask(cameraId: CameraId, answered: (outcome: ProbeOutcome) => void): void;
  stop(): void;
}

const probesAtOnce = 256;

export function createCameraProbes(
  probe: (cameraId: CameraId) => Promise<ProbeOutcome>,
  log: Logger,
): CameraProbes {
  const queue: { cameraId: CameraId; answered: (outcome: ProbeOutcome) => void }[] = [];
  let running = 0;
  let stopped = false;

  const run = async ({ cameraId, answered }: (typeof queue)[number]) => {
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
      const asked = queue.shift();
      if (asked === undefined) return;
      running += 1;
      void run(asked);
    }
  };

  return {
    ask(cameraId, answered) {
      if (stopped) return;
      queue.push({ cameraId, answered });
      next();
    },
    stop() {
      stopped = true;
      queue.length = 0;
    },
  };
}
