import type { CameraId } from '@nigehban/domain/camera.ts';

/**
 * Where things are below the footage root (`docs/footage-format.md`), in UTC:
 * `<camera id>/<YYYY-MM-DD>/<HH>/<start µs>.mp4` and `chain.jsonl` beside them.
 */
export const chainFileName = 'chain.jsonl';
export const cameraFileName = 'camera.json';
/** In the root: tells this volume from an empty folder where it is not mounted. */
export const volumeFileName = 'volume.json';
/** Beside `camera.json`: what retention deleted of the camera's chain. */
export const removalsFileName = 'removals.jsonl';
/** Holds the node manifests; never the name of a camera. */
export const nodesFolderName = 'nodes';

/** `YYYY-MM-DD/HH` of a wall time. */
export function hourFolder(wallUs: number): string {
  const iso = new Date(Math.floor(wallUs / 1000)).toISOString();
  return `${iso.slice(0, 10)}/${iso.slice(11, 13)}`;
}

export function segmentPath(cameraId: CameraId, startUs: number): string {
  return `${cameraId}/${hourFolder(startUs)}/${startUs}.mp4`;
}

/** The start of a segment by its file's name; undefined for any other file. */
export function segmentStartOf(fileName: string): number | undefined {
  const match = /^(\d{10,17})\.mp4$/.exec(fileName);
  if (match === null) return undefined;
  const startUs = Number(match[1]);
  return Number.isSafeInteger(startUs) ? startUs : undefined;
}

export function isDayFolder(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(name);
}

export function isHourFolder(name: string): boolean {
  return /^([01]\d|2[0-3])$/.test(name);
}

/** A camera's id by its folder's name; undefined for any other folder. */
export function cameraIdOf(folderName: string): CameraId | undefined {
  return /^[1-9]\d{0,9}$/.test(folderName) ? Number(folderName) : undefined;
}

/** Where footage lies: one folder, or one on each of several volumes. */
export type FootageRoots = string | readonly string[];

export function rootsOf(roots: FootageRoots): readonly string[] {
  return typeof roots === 'string' ? [roots] : roots;
}
