import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import { type CameraId, placements } from '@nigehban/domain/camera.ts';
import type { Slots } from './wall-search.ts';

export const layouts = [1, 4, 9, 16] as const;
export type Layout = (typeof layouts)[number];

export function parseLayout(text: string): Layout {
  const number = Number(text);
  return layouts.find((layout) => layout === number) ?? 4;
}

/** The smallest layout that shows `count` cameras at once. */
export function layoutFor(count: number): Layout {
  return layouts.find((layout) => layout >= count) ?? 16;
}

/** Station by station, and inside a station as one walks in: entrance, rear, queue, booths, count. */
export function orderCameras(cameras: readonly CameraView[]): readonly CameraId[] {
  return [...cameras]
    .sort(
      (a, b) =>
        a.stationCode.localeCompare(b.stationCode, 'en', { numeric: true }) ||
        placements.indexOf(a.placement) - placements.indexOf(b.placement) ||
        a.code.localeCompare(b.code, 'en', { numeric: true }),
    )
    .map((camera) => camera.id);
}

export interface WallPageSlots {
  /** From 1, inside the pages that there are. */
  readonly page: number;
  readonly pages: number;
  /** Exactly as many as the layout has tiles. */
  readonly slots: Slots;
}

/** The tiles of one page. A page beyond the last shows the last. */
export function pageSlots(all: Slots, layout: Layout, page: number): WallPageSlots {
  const pages = Math.max(1, Math.ceil(all.length / layout));
  const shown = Math.min(Math.max(1, page), pages);
  const from = (shown - 1) * layout;
  return {
    page: shown,
    pages,
    slots: Array.from({ length: layout }, (_, tile) => all[from + tile] ?? null),
  };
}

/** Puts a camera into a tile; where it already was, the tile's former camera goes (an exchange). */
export function placeCamera(slots: Slots, tile: number, camera: CameraId | null): Slots {
  const former = slots[tile] ?? null;
  return slots.map((slot, index) => {
    if (index === tile) return camera;
    return camera !== null && slot === camera ? former : slot;
  });
}

/** The tile that an arrow key leads to; the grid is physical and never mirrored. */
export function moveTile(tile: number, key: string, layout: Layout): number {
  const columns = Math.sqrt(layout);
  const column = tile % columns;
  switch (key) {
    case 'ArrowLeft':
      return column > 0 ? tile - 1 : tile;
    case 'ArrowRight':
      return column < columns - 1 ? tile + 1 : tile;
    case 'ArrowUp':
      return tile >= columns ? tile - columns : tile;
    case 'ArrowDown':
      return tile + columns < layout ? tile + columns : tile;
    case 'Home':
      return 0;
    case 'End':
      return layout - 1;
    default:
      return tile;
  }
}
