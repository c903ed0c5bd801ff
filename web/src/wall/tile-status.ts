import { type CameraStateKind, isDown } from '@nigehban/domain/camera-state.ts';
import type { TileStatus } from '../status/status-tone.ts';

/** From this age the picture carries a warning. */
export const lateFromMs = 5_000;
/** From this age it is called stale. */
export const staleFromMs = 15_000;
/** A watch whose picture stands still this long is begun anew. */
export const restartAfterMs = 20_000;

export interface TileFacts {
  readonly cameraState: CameraStateKind;
  /** Since the last frame that this browser showed; null when it showed none. */
  readonly frameAgeMs: number | null;
  /** The tile lives from still pictures, because no stream of the camera plays here. */
  readonly stills: boolean;
}

/**
 * What a tile may claim. The picture itself is the first witness: fresh frames are LIVE whatever the
 * server believes; without them a camera that is known to be down is OFFLINE.
 */
export function decideTileStatus(facts: TileFacts): TileStatus {
  const { frameAgeMs } = facts;
  if (facts.stills) {
    if (isDown(facts.cameraState)) return 'OFFLINE';
    return frameAgeMs === null ? 'CONNECTING' : frameAgeMs < staleFromMs ? 'STILLS' : 'STALE';
  }
  if (frameAgeMs !== null && frameAgeMs < lateFromMs) return 'LIVE';
  if (isDown(facts.cameraState)) return 'OFFLINE';
  if (frameAgeMs === null) return 'CONNECTING';
  return frameAgeMs < staleFromMs ? 'LATE' : 'STALE';
}
