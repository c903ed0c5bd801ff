import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';

/** One live picture that is being received. */
export interface LiveWatch {
  readonly stream: MediaStream;
  /** The quality that is served; not always the one that was asked for. */
  readonly quality: StreamQuality;
  /** Tells once when it ends other than by {@link close}. */
  readonly onEnd: (listener: () => void) => void;
  readonly close: () => void;
}

/** Where tiles get live pictures from. Rejects with a coded fault. */
export interface LiveSource {
  readonly watch: (cameraId: CameraId, quality: StreamQuality) => Promise<LiveWatch>;
}
