import type { CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import type { WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { AskOutcome } from './ask-camera.ts';
import type { SweepVerdict } from './sweep-verdict.ts';

/** A camera as the sweep holds it. */
export interface SweptCamera {
  readonly cameraId: CameraId;
  readonly stationId: number;
  readonly endpoint: CameraEndpoint;
  readonly phase: number;
  verdict: SweepVerdict;
  isCurrent: boolean;
  isWaiting: boolean;
  /** Outcomes in a row that were not counted because this process stalled. */
  spared: number;
  askedAtMs: number | null;
  /** Ends the check under way; null when none is. */
  abandon: (() => void) | null;
  cancelRepeat: (() => void) | null;
}

export interface SweptStation {
  readonly cameras: Set<SweptCamera>;
  siblingsAskedAtMs: number;
}

/** A check that ended because its time was over, as far as its outcome tells. */
export function mayBeTimeOut(outcome: AskOutcome): boolean {
  return (
    outcome.kind === 'unreachable' ||
    (outcome.kind === 'failed' && outcome.fault === 'CAMERA_TIMEOUT')
  );
}

/** Whether the order means the same device at the same place. */
export function isSamePlace(camera: SweptCamera, order: WatchOrder): boolean {
  return (
    camera.stationId === order.stationId &&
    camera.endpoint.address === order.endpoint.address &&
    camera.endpoint.onvifPort === order.endpoint.onvifPort
  );
}
