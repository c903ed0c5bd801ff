import type { Timeline, TimelineSegment } from '@nigehban/domain/footage.ts';
import { VideoBoxReader } from './mp4-boxes.ts';
import type { PlaybackPorts } from './playback-engine.ts';
import { videoCodecOf } from './playback-plan.ts';
import type { VideoBuffer } from './video-buffer.ts';

const attempts = 3;
const retryAfterMs = 500;
/** A piece that is being written is asked for its new end this often. */
const growEveryMs = 1_000;

interface Piece {
  complete: boolean;
  unreadable: boolean;
  /** Loaded again after the browser threw its frames away; once is enough to know. */
  reloads: number;
  /** Of a piece that still grows: reader and place to go on with. */
  growing: VideoBoxReader | null;
}

/** Brings pieces into the buffer, one at a time, the wanted one first. */
export class PieceLoader {
  readonly #buffer: VideoBuffer;
  readonly #dayStartMs: number;
  readonly #load: PlaybackPorts['load'];
  readonly #pieces = new Map<number, Piece>();
  readonly #open = new Set<number>();
  #current: { readonly startUs: number; readonly abort: AbortController } | null = null;
  #lastAppendedUs: number | null = null;

  constructor(buffer: VideoBuffer, dayStartMs: number, load: PlaybackPorts['load']) {
    this.#buffer = buffer;
    this.#dayStartMs = dayStartMs;
    this.#load = load;
  }

  setTimeline(timeline: Timeline): void {
    this.#open.clear();
    for (const { startUs, open } of timeline.segments) if (open) this.#open.add(startUs);
  }

  /** Loads this piece now; another one under way is given up. Null: nothing is wanted. */
  want(segment: TimelineSegment | null): void {
    if (segment === null || this.#current?.startUs === segment.startUs) return;
    this.#current?.abort.abort();
    const abort = new AbortController();
    const current = { startUs: segment.startUs, abort };
    this.#current = current;
    if (segment.open) this.#open.add(segment.startUs);
    void this.#bring(segment, abort.signal).finally(() => {
      if (this.#current === current) this.#current = null;
    });
  }

  isLoading(segment: TimelineSegment): boolean {
    return this.#current?.startUs === segment.startUs;
  }

  isComplete(segment: TimelineSegment): boolean {
    return this.#pieces.get(segment.startUs)?.complete ?? false;
  }

  isUnreadable(segment: TimelineSegment): boolean {
    return this.#pieces.get(segment.startUs)?.unreadable ?? false;
  }

  /** Nothing is left to do for it. */
  isSettled(segment: TimelineSegment): boolean {
    return this.isComplete(segment) || this.isUnreadable(segment);
  }

  mayLoadAgain(segment: TimelineSegment): boolean {
    return (this.#pieces.get(segment.startUs)?.reloads ?? 0) === 0;
  }

  forget(segment: TimelineSegment): void {
    const piece = this.#pieces.get(segment.startUs);
    if (piece === undefined) return;
    piece.complete = false;
    piece.reloads += 1;
  }

  /** Gives up everything that is loaded or under way; what could not be read stays known. */
  reset(): void {
    this.#current?.abort.abort();
    this.#current = null;
    this.#lastAppendedUs = null;
    for (const [startUs, piece] of this.#pieces) {
      if (!piece.unreadable) this.#pieces.delete(startUs);
    }
    this.#buffer.clear();
  }

  async #bring(segment: TimelineSegment, signal: AbortSignal): Promise<void> {
    const known = this.#pieces.get(segment.startUs);
    const piece = known ?? { complete: false, unreadable: false, reloads: 0, growing: null };
    this.#pieces.set(segment.startUs, piece);
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#stream(segment, piece, signal);
        return;
      } catch {
        if (signal.aborted) return;
        piece.growing = null;
        if (attempt >= attempts) {
          piece.unreadable = true;
          return;
        }
        await wait(retryAfterMs, signal);
      }
    }
  }

  async #stream(segment: TimelineSegment, piece: Piece, signal: AbortSignal): Promise<void> {
    const { startUs } = segment;
    const epoch = this.#buffer.epoch;
    const wasOpen = this.#open.has(startUs);
    const goingOn = piece.growing !== null && this.#lastAppendedUs === startUs;
    let reader = goingOn && piece.growing !== null ? piece.growing : new VideoBoxReader();
    const response = await this.#load(startUs, reader.consumedBytes, signal);
    if (response.status === 416) {
      await this.#settle(piece, reader, wasOpen, signal);
      return;
    }
    if (!response.ok || response.body === null) throw new RangeError(`HTTP ${response.status}`);
    if (response.status === 200 && reader.consumedBytes > 0) reader = new VideoBoxReader();
    if (reader.consumedBytes === 0) {
      const type = `video/mp4; codecs="${videoCodecOf(segment.codec)}"`;
      const offsetS = (startUs / 1000 - this.#dayStartMs) / 1000;
      await this.#buffer.beginPiece(epoch, type, offsetS);
      this.#lastAppendedUs = startUs;
    }
    const stream = response.body.getReader();
    for (;;) {
      const { done, value } = await stream.read();
      if (done || signal.aborted) break;
      for (const box of reader.push(value)) await this.#buffer.append(epoch, box);
    }
    reader.dropPart();
    if (!signal.aborted) await this.#settle(piece, reader, wasOpen, signal);
  }

  /** The answer is read to its end: a piece that was being written then goes on in a moment. */
  async #settle(
    piece: Piece,
    reader: VideoBoxReader,
    wasOpen: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    if (!wasOpen) {
      piece.growing = null;
      piece.complete = true;
      return;
    }
    piece.growing = reader;
    await wait(growEveryMs, signal);
  }
}

function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
