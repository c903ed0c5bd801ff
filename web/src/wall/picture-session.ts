import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { type ConsoleFaultCode, faultCodeOf } from '../api/console-fault.ts';
import type { LiveSource, LiveWatch } from './live-port.ts';

export type PictureState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'playing'; readonly watch: LiveWatch }
  | {
      readonly kind: 'waiting';
      readonly fault: ConsoleFaultCode;
      /** By the clock of the ports. */
      readonly retryAtMs: number;
    };

export interface PicturePorts {
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly setTimer: (run: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

const retryPolicy = { firstMs: 1_000, longestMs: 30_000 } as const;

/** Wait before retry number `attempt` (from 0), drawn from the upper half so that tiles spread. */
export function pictureRetryMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(retryPolicy.longestMs, retryPolicy.firstMs * 2 ** attempt);
  return Math.round(ceilingMs * (0.5 + random / 2));
}

/**
 * Holds one tile's live picture: watches, and watches again after faults, further and further apart,
 * until stopped. A watch that arrives after `stop` is closed at once.
 */
export class PictureSession {
  readonly #ports: PicturePorts;
  readonly #source: LiveSource;
  readonly #cameraId: CameraId;
  readonly #quality: StreamQuality;
  readonly #listeners = new Set<() => void>();
  #state: PictureState = { kind: 'idle' };
  #watch: LiveWatch | null = null;
  #timer: unknown = null;
  #attempt = 0;
  #generation = 0;

  constructor(ports: PicturePorts, source: LiveSource, cameraId: CameraId, quality: StreamQuality) {
    this.#ports = ports;
    this.#source = source;
    this.#cameraId = cameraId;
    this.#quality = quality;
  }

  readonly state = (): PictureState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    if (this.#state.kind === 'idle') void this.#connect();
  }

  stop(): void {
    this.#generation += 1;
    this.#ports.clearTimer(this.#timer);
    this.#watch?.close();
    this.#watch = null;
    this.#attempt = 0;
    this.#set({ kind: 'idle' });
  }

  /** The camera is said to be back: does not wait for the next retry. */
  retryNow(): void {
    if (this.#state.kind !== 'waiting') return;
    this.#ports.clearTimer(this.#timer);
    this.#attempt = 0;
    void this.#connect();
  }

  /** The picture stands still though the watch is open: begins anew. */
  restart(): void {
    if (this.#state.kind !== 'playing') return;
    this.#watch?.close();
    this.#watch = null;
    this.#retryLater('LIVE_UNAVAILABLE');
  }

  /** Frames arrive: the next fault starts with a short wait again. */
  confirm(): void {
    this.#attempt = 0;
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    this.#set({ kind: 'connecting' });
    try {
      const watch = await this.#source.watch(this.#cameraId, this.#quality);
      if (generation !== this.#generation) {
        watch.close();
        return;
      }
      this.#watch = watch;
      watch.onEnd(() => {
        if (generation !== this.#generation) return;
        this.#watch = null;
        this.#retryLater('LIVE_UNAVAILABLE');
      });
      this.#set({ kind: 'playing', watch });
    } catch (thrown) {
      if (generation === this.#generation) this.#retryLater(faultCodeOf(thrown));
    }
  }

  #retryLater(fault: ConsoleFaultCode): void {
    this.#generation += 1;
    const delayMs = pictureRetryMs(this.#attempt++, this.#ports.random());
    this.#set({ kind: 'waiting', fault, retryAtMs: this.#ports.nowMs() + delayMs });
    this.#timer = this.#ports.setTimer(() => void this.#connect(), delayMs);
  }

  #set(state: PictureState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
