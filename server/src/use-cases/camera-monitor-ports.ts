import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import type { CameraStateChange, StoredCameraState } from '../store/camera-state-store.ts';
import type { MonitoredCamera } from './watched-camera.ts';

/** What the monitor of cameras needs of the rest of the server. */
export interface CameraMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly load: (cameraIds?: readonly CameraId[]) => Promise<readonly StoredCameraState[]>;
  /** Stores all or throws; returns those of which another process stored a newer state. */
  readonly store: (changes: readonly CameraStateChange[]) => Promise<readonly CameraId[]>;
  /** Asks the gateway; a throw means that nobody could ask. */
  readonly probe: (cameraId: CameraId) => Promise<ProbeOutcome>;
  /** Node that is to record the camera; null when unknown. Facts of another node count for nothing. */
  readonly nodeOf: (cameraId: CameraId) => string | null;
  /** The camera as planned and registered; null when it is not in the plan. */
  readonly find?: (cameraId: CameraId) => MonitoredCamera | null;
  /** Cameras of a polling station. */
  readonly siblings?: (stationCode: string) => readonly CameraId[];
  /** True when this process decides about the camera. Absent: about all. */
  readonly owns?: (cameraId: CameraId) => boolean;
}
