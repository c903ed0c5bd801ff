import type { CameraId, Placement } from './camera.ts';
import { type CameraStateKind, isDown, tamperedStates } from './camera-state.ts';
import type { PlacementNeed } from './required-placements.ts';

/** OK: every camera gives a picture. PARTIAL: some do not, or a required view is missing. BLIND: none does. */
export type StationStateKind = 'OK' | 'PARTIAL' | 'BLIND';

export const stationCategories = ['HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL'] as const;
export type StationCategory = (typeof stationCategories)[number];

export interface StationCamera {
  readonly cameraId: CameraId;
  readonly placement: Placement;
  readonly state: CameraStateKind;
  readonly sinceMs: number;
}

export interface StationState {
  readonly kind: StationStateKind;
  readonly cameras: number;
  readonly down: number;
  /** Cameras whose view is not the approved one. */
  readonly tampered: number;
  /** Placements of which no camera gives a picture. */
  readonly lostPlacements: readonly Placement[];
  /** Required placements that nobody sees, planned or not. */
  readonly missingPlacements: readonly Placement[];
  /** Placements required in the phase, and how many of them a camera covers. */
  readonly required: number;
  readonly covered: number;
  /** When the first camera that is down now went down; null when none is. */
  readonly sinceMs: number | null;
}

export function isTampered(kind: CameraStateKind): boolean {
  return (tamperedStates as readonly CameraStateKind[]).includes(kind);
}

/**
 * The state of a polling station from its cameras and what its phase requires. A suspicion does not
 * count as down; a station without cameras is OK, there is nothing to lose.
 */
export function deriveStationState(
  cameras: readonly StationCamera[],
  needs: readonly PlacementNeed[] = [],
): StationState {
  const down = cameras.filter((camera) => isDown(camera.state));
  const planned = new Set(cameras.map((camera) => camera.placement));
  const working = new Set(
    cameras.filter((camera) => !isDown(camera.state)).map((camera) => camera.placement),
  );
  const required =
    cameras.length === 0
      ? []
      : needs.filter(({ need, placement }) => need === 'always' || planned.has(placement));
  const missing = required.filter(
    ({ placement, substitute }) =>
      !working.has(placement) &&
      (planned.has(placement) || substitute === null || !working.has(substitute)),
  );
  const kind =
    cameras.length === 0
      ? 'OK'
      : down.length === cameras.length
        ? 'BLIND'
        : down.length > 0 || missing.length > 0
          ? 'PARTIAL'
          : 'OK';
  return {
    kind,
    cameras: cameras.length,
    down: down.length,
    tampered: cameras.filter((camera) => isTampered(camera.state)).length,
    lostPlacements: [...planned].filter((placement) => !working.has(placement)).sort(),
    missingPlacements: missing.map(({ placement }) => placement).sort(),
    required: required.length,
    covered: required.length - missing.length,
    sinceMs: down.length === 0 ? null : Math.min(...down.map((camera) => camera.sinceMs)),
  };
}
