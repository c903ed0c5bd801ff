import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import type { CameraProbes } from './camera-probes.ts';

/** The siblings of a failed camera are asked once in this time, however many of them fail. */
const siblingsEveryMs = 15_000;

/** Asks the other cameras of a polling station: the first that fails is seldom the only one. */
export interface SiblingChecks {
  failed(cameraId: CameraId, nowMs: number): void;
}

export function createSiblingChecks(ports: {
  readonly probes: Pick<CameraProbes, 'ask' | 'isStorm'>;
  /** Undefined when the camera is not in the plan. */
  readonly stationOf: (cameraId: CameraId) => string | undefined;
  /** Cameras of a polling station. */
  readonly siblings: (stationCode: string) => readonly CameraId[];
  /** Whether a sibling is known, ours to decide about and believed to be well. */
  readonly isWell: (siblingId: CameraId) => boolean;
  readonly answered: (siblingId: CameraId, outcome: ProbeOutcome) => void;
}): SiblingChecks {
  const askedMs = new Map<string, number>();
  return {
    failed(cameraId, nowMs) {
      const stationCode = ports.stationOf(cameraId);
      if (stationCode === undefined) return;
      // In a storm they fail by themselves, and whoever proves one of them proves the others.
      if (ports.probes.isStorm()) return;
      const agoMs = nowMs - (askedMs.get(stationCode) ?? Number.NEGATIVE_INFINITY);
      if (agoMs >= 0 && agoMs < siblingsEveryMs) return;
      askedMs.set(stationCode, nowMs);
      for (const siblingId of ports.siblings(stationCode)) {
        if (siblingId === cameraId || !ports.isWell(siblingId)) continue;
        ports.probes.ask(siblingId, (outcome) => ports.answered(siblingId, outcome));
      }
    },
  };
}
