import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import { type CameraDirectory, streamOf } from './camera-directory.ts';

/** Questions about single cameras that a gateway answers. */
export interface GatewayQuestions {
  /** The verdict on a suspected camera. */
  check(cameraId: CameraId): Promise<ProbeOutcome>;
  /** JPEG of this moment, at most two seconds old. */
  snapshot(cameraId: CameraId): Promise<Buffer>;
  /** JPEG taken after this call. */
  freshSnapshot(cameraId: CameraId): Promise<Buffer>;
  /** Asks for a key frame, at most once a second for each camera and quality; never throws. */
  wantKeyFrame(cameraId: CameraId, quality: StreamQuality): void;
}

const checkWithinMs = 15_000;
const snapshotWithinMs = 10_000;
const snapshotForMs = 2_000;
const keyFrameEveryMs = 1_000;
const keyFrameWithinMs = 5_000;

export function createGatewayQuestions(options: {
  readonly clock: Clock;
  readonly directory: CameraDirectory;
  readonly requestGateway: RequestGateway;
}): GatewayQuestions {
  const { clock, directory, requestGateway } = options;
  const snapshots = new Map<CameraId, Promise<Buffer>>();
  const askedForKeyFrame = new Map<string, number>();

  const located = (cameraId: CameraId) => {
    const entry = directory.get(cameraId);
    if (entry.endpoint === null) {
      throw new Fault('CAMERA_UNREACHABLE', 'The plan gives no address of this camera');
    }
    return { ...entry, endpoint: entry.endpoint };
  };

  const takeSnapshot = async (cameraId: CameraId): Promise<Buffer> => {
    const { asset, endpoint, credentials } = located(cameraId);
    const stream = streamOf(asset, 'main');
    if (stream === null || !asset.hasSnapshot) {
      throw new Fault('CAMERA_OPERATION_UNSUPPORTED', 'The camera gives no snapshots');
    }
    const { jpegBase64 } = await requestGateway(
      'gateway.snapshot',
      { endpoint, credentials, profileToken: stream.profileToken },
      snapshotWithinMs,
    );
    return Buffer.from(jpegBase64, 'base64');
  };

  return {
    async check(cameraId) {
      const { asset, endpoint, credentials } = located(cameraId);
      return await requestGateway(
        'gateway.check',
        {
          cameraId,
          endpoint,
          credentials,
          streamUrl: streamOf(asset, 'main')?.url ?? null,
          serial: asset.serial,
        },
        checkWithinMs,
      );
    },
    freshSnapshot: takeSnapshot,
    async snapshot(cameraId) {
      const kept = snapshots.get(cameraId);
      if (kept !== undefined) return await kept;
      const taken = takeSnapshot(cameraId);
      snapshots.set(cameraId, taken);
      const forget = () => {
        if (snapshots.get(cameraId) === taken) snapshots.delete(cameraId);
      };
      taken.then(() => clock.after(snapshotForMs, forget), forget);
      return await taken;
    },
    wantKeyFrame(cameraId, quality) {
      const key = `${cameraId}/${quality}`;
      const nowMs = clock.nowMs();
      if (nowMs - (askedForKeyFrame.get(key) ?? Number.NEGATIVE_INFINITY) < keyFrameEveryMs) return;
      const entry = directory.find(cameraId);
      if (entry === null || entry.endpoint === null) return;
      const stream = streamOf(entry.asset, quality);
      if (stream === null || !entry.asset.hasSynchronizationPoint) return;
      askedForKeyFrame.set(key, nowMs);
      requestGateway(
        'gateway.synchronization-point',
        {
          cameraId,
          endpoint: entry.endpoint,
          credentials: entry.credentials,
          profileToken: stream.profileToken,
        },
        keyFrameWithinMs,
      ).catch(() => {
        // The next regular key frame comes without being asked for.
      });
    },
  };
}
