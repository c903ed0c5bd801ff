import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import type { RandomBytes } from '../onvif/camera-access.ts';

/** What the gateway's work with cameras needs from outside. */
export interface CameraPorts {
  readonly clock: Clock;
  /** Cryptographic: nonces are made of it. */
  readonly randomBytes: RandomBytes;
  /**
   * Asks the RTSP server to describe a stream (OPTIONS, DESCRIBE) and hangs up. Resolves when it
   * does; throws the MediaError that tells why not.
   */
  readonly describeStream: DescribeStream;
  /** Aborted when the gateway stops: work under way ends with GATEWAY_UNAVAILABLE. */
  readonly signal?: AbortSignal;
}

export type DescribeStream = (
  url: string,
  credentials: CameraCredentials | null,
  timeoutMs: number,
) => Promise<void>;
