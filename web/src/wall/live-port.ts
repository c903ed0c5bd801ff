import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import type { LiveEnd } from '../live/live-track.ts';

/** A camera's sound that is being received. */
export interface LiveListen {
  readonly stream: MediaStream;
  /** Tells once when it ends other than by {@link close}. */
  readonly onEnd: (listener: (end: LiveEnd) => void) => void;
  readonly close: () => void;
}

/** One live picture that is being received. */
export interface LiveWatch {
  readonly stream: MediaStream;
  /** The quality that is served; not always the one that was asked for. */
  readonly quality: StreamQuality;
  /** What there is to hear beside it. */
  readonly sound: LiveSound;
  /** Rejects with a coded fault. */
  readonly listen: () => Promise<LiveListen>;
  /** Tells once when it ends other than by {@link close}. */
  readonly onEnd: (listener: () => void) => void;
  readonly close: () => void;
}

/** Where tiles get live pictures from. Rejects with a coded fault. */
export interface LiveSource {
  readonly watch: (cameraId: CameraId, quality: StreamQuality) => Promise<LiveWatch>;
}
