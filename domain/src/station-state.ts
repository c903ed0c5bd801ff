import type { CameraId, Placement } from './camera.ts';
import { type CameraStateKind, isDown } from './camera-state.ts';

/** OK: every camera gives a picture. PARTIAL: some do not. BLIND: none does. */
export type StationStateKind = 'OK' | 'PARTIAL' | 'BLIND';

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
  /** Placements of which no camera gives a picture. */
  readonly lostPlacements: readonly Placement[];
  /** When the first camera that is down now went down; null when OK. */
  readonly sinceMs: number | null;
}

/**
 * The state of a polling station from its cameras. A suspicion does not count as down; a station
 * without cameras is OK, there is nothing to lose.
 */
export function deriveStationState(cameras: readonly StationCamera[]): StationState {
  const down = cameras.filter((camera) => isDown(camera.state));
  const covered = new Set(
    cameras.filter((camera) => !isDown(camera.state)).map((camera) => camera.placement),
  );
  const lost = [...new Set(down.map((camera) => camera.placement))].filter(
    (placement) => !covered.has(placement),
  );
  return {
    kind: down.length === 0 ? 'OK' : down.length === cameras.length ? 'BLIND' : 'PARTIAL',
    cameras: cameras.length,
    down: down.length,
    lostPlacements: lost.sort(),
    sinceMs: down.length === 0 ? null : Math.min(...down.map((camera) => camera.sinceMs)),
  };
}

/** What is to happen to a station's alert. At most one is open for each station. */
export type StationAlertDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly state: StationState }
  | { readonly kind: 'update'; readonly state: StationState }
  | { readonly kind: 'close' };

/** Compares a station's state with its open alert, if any. Idempotent: deciding twice changes nothing more. */
export function decideStationAlert(
  open: {
    readonly kind: 'PARTIAL' | 'BLIND';
    readonly down: number;
    readonly lostPlacements: readonly Placement[];
  } | null,
  state: StationState,
): StationAlertDecision {
  if (state.kind === 'OK') return open === null ? { kind: 'none' } : { kind: 'close' };
  if (open === null) return { kind: 'open', state };
  const same =
    open.kind === state.kind &&
    open.down === state.down &&
    open.lostPlacements.length === state.lostPlacements.length &&
    open.lostPlacements.every((placement) => state.lostPlacements.includes(placement));
  return same ? { kind: 'none' } : { kind: 'update', state };
}
