import type { CameraId } from './camera.ts';
import type { ViewVerdict } from './watch-orders.ts';

/** Pictures of a camera's view: link requests, server → gateway. */
export interface ViewMethods {
  /** The fingerprint of a picture that is approved as the reference. */
  'gateway.fingerprint': [
    params: { readonly jpegBase64: string },
    result: { readonly fingerprint: string; readonly widthPx: number; readonly heightPx: number },
  ];
  /**
   * Judges a still of a camera that has no snapshot of its own (a key frame of its recording). The
   * camera must be among the watched of this gateway (GATEWAY_UNAVAILABLE: ask the next one); asked
   * once in `viewEveryMs`, as the gateway does by itself for others.
   * `verdict` is null until enough pictures agree; changes are told as `view-judged` too.
   */
  'gateway.judge-view': [
    params: { readonly cameraId: CameraId; readonly jpegBase64: string },
    result: { readonly verdict: ViewVerdict | null; readonly evidence: string },
  ];
}
