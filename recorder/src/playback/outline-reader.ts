import type { CameraId } from '@nigehban/domain/camera.ts';
import { type FootageOutline, longestPlaybackMs } from '@nigehban/domain/footage-outline.ts';
import type { FootageSpan } from '@nigehban/domain/identity-doubt.ts';
import { openSegmentFile } from '../open-segment-file.ts';
import { passOverUnreadable } from './footage-stream.ts';
import { listSegments } from './list-segments.ts';
import { outlineOf, readSegmentContent, type SegmentSource } from './segment-reader.ts';

/** Scans kept: closed segments do not change. */
const keptOutlines = 4_000;

/** Reads the outlines of a camera's segments in a range; remembers those of closed segments. */
export class OutlineReader {
  readonly #source: SegmentSource;
  readonly #kept = new Map<string, FootageOutline>();

  constructor(source: SegmentSource) {
    this.#source = source;
  }

  /** What touches `[fromUs, toUs)`, at most six hours, in order of time. */
  async read(
    cameraId: CameraId,
    fromUs: number,
    toUs: number,
    without: readonly FootageSpan[] = [],
  ): Promise<FootageOutline[]> {
    const untilUs = Math.min(toUs, fromUs + longestPlaybackMs * 1_000);
    const outlines: FootageOutline[] = [];
    const { root } = this.#source;
    for (const startUs of await listSegments(root, cameraId, fromUs, untilUs, without)) {
      const outline = await this.#outline(cameraId, startUs).catch(passOverUnreadable);
      if (outline !== undefined && outline.endUs > fromUs) outlines.push(outline);
    }
    return outlines;
  }

  async #outline(cameraId: CameraId, startUs: number): Promise<FootageOutline | undefined> {
    const { root, recorder } = this.#source;
    await using file = await openSegmentFile(root, cameraId, startUs);
    // With its size: whoever writes it may be another process that was not heard just now.
    const key = `${cameraId}/${startUs}/${(await file.stat()).size}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const growing = await recorder.openSegment(cameraId);
    const outline = outlineOf(await readSegmentContent(file, { startUs, growing }));
    if (outline !== undefined && !outline.open) {
      this.#kept.set(key, outline);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > keptOutlines && oldest !== undefined) this.#kept.delete(oldest);
    }
    return outline;
  }
}
