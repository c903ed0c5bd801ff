import type { ChainEntry } from '@nigehban/domain/footage.ts';

/** What each camera's chain says of its time. */
export interface TimeAccount {
  add(entry: ChainEntry): void;
  /**
   * Wall time of the span that no entry covers, plus the time that two entries claim, microseconds.
   * Infinite for a camera without entries.
   */
  offUs(cameraId: number, fromUs: number, toUs: number): number;
}

interface Covered {
  firstUs: number;
  endUs: number;
  wrongUs: number;
}

/** Follows every chain entry in order and keeps a constant amount per camera. */
export function accountTime(): TimeAccount {
  const cameras = new Map<number, Covered>();
  return {
    add({ cameraId, startUs, endUs }) {
      const covered = cameras.get(cameraId);
      if (covered === undefined) {
        cameras.set(cameraId, { firstUs: startUs, endUs, wrongUs: 0 });
        return;
      }
      covered.wrongUs += Math.abs(startUs - covered.endUs);
      covered.endUs = Math.max(covered.endUs, endUs);
    },
    offUs(cameraId, fromUs, toUs) {
      const covered = cameras.get(cameraId);
      if (covered === undefined) return Number.POSITIVE_INFINITY;
      const { firstUs, endUs, wrongUs } = covered;
      return wrongUs + Math.max(0, firstUs - fromUs) + Math.max(0, toUs - endUs);
    },
  };
}
