import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { SimulatedCamera } from '../fleet/camera.ts';
import { cameraModelNamed } from '../fleet/camera-models.ts';

/** Orders to record all cameras; a camera's id is its place in the fleet, from 1. */
export function ordersOf(cameras: readonly SimulatedCamera[]): StreamOrder[] {
  return cameras.map((camera, index) => {
    const model = cameraModelNamed(camera.plan.modelName);
    const stream = (quality: StreamQuality) => ({
      quality,
      profileToken: model.onvif.profileTokens[quality],
      url: camera.streamUri(quality),
      codec: quality === 'main' ? model.encoder.mainCodec : ('H264' as const),
      widthPx: 320,
      heightPx: 180,
      frameRateFps: 15,
    });
    const { username, password } = camera.plan;
    return {
      cameraId: index + 1,
      cameraCode: camera.plan.id,
      stationCode: camera.plan.stationId,
      record: true,
      streams: [stream('main'), stream('sub')],
      credentials: { username, password },
    };
  });
}
