import type { CameraId } from '@nigehban/domain/camera.ts';

/** A wall as its address says it: `/wall/9?cams=1,2,,7&page=2&big=7`. */
export interface WallSearch {
  /** Cameras by tile, `0` for an empty one, as `1,2,0,7`; absent: all cameras in order. */
  readonly cams?: string;
  /** From 1. */
  readonly page?: number;
  /** The enlarged camera. */
  readonly big?: CameraId;
}

function positive(value: unknown): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}

export function parseWallSearch(search: Record<string, unknown>): WallSearch {
  const cams =
    typeof search.cams === 'string' || typeof search.cams === 'number' ? search.cams : '';
  const text = String(cams).replace(/[^\d,]/g, '');
  const page = positive(search.page);
  const big = positive(search.big);
  return {
    ...(text === '' ? {} : { cams: text }),
    ...(page === null || page === 1 ? {} : { page }),
    ...(big === null ? {} : { big }),
  };
}

/** Cameras by tile; null is an empty tile. */
export type Slots = readonly (CameraId | null)[];

export function parseSlots(cams: string): Slots {
  return cams.split(',').map(positive);
}

/** Empty tiles at the end are not written. */
export function formatSlots(slots: Slots): string {
  const last = slots.findLastIndex((slot) => slot !== null);
  return slots
    .slice(0, last + 1)
    .map((slot) => slot ?? 0)
    .join(',');
}
