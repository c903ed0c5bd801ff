import type { WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { OnvifClient } from '../onvif/onvif-client.ts';
import {
  type CameraSessions,
  createCameraSessions,
  type SessionLimits,
} from '../probe/camera-sessions.ts';
import type { CameraPorts } from '../probe/gateway-ports.ts';
import type { RefusedCredentials } from '../probe/refused-credentials.ts';
import { readSnapshotUri, takeSnapshotFrom } from '../probe/snapshot.ts';

/** Gives a JPEG of the camera's watched profile. Throws CAMERA_… faults within 8 s. */
export type TakePicture = (order: WatchOrder, profileToken: string) => Promise<Uint8Array>;

/** A client each for the cameras of a province, made afresh often enough to forget what changed. */
const limits: SessionLimits = { maxSessions: 32_768, keepMs: 15 * 60_000 };

/**
 * Pictures by the cameras' snapshot URIs. A camera that is known costs one exchange: its client and
 * URI are kept for a quarter of an hour. Refused credentials are tried once, as the breaker says.
 */
export function createCameraPictures(
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
  refused: RefusedCredentials,
): TakePicture {
  const sessions: CameraSessions = createCameraSessions(ports, refused, limits);
  const uris = new WeakMap<OnvifClient, { readonly token: string; readonly uri: string }>();
  return (order, profileToken) =>
    sessions.use(order.endpoint, order.credentials, async (client, deadline) => {
      const known = uris.get(client);
      const uri =
        known?.token === profileToken
          ? known.uri
          : await readSnapshotUri(client, profileToken, deadline);
      // A URI that fails is asked for again next time, because the client is forgotten with it.
      uris.set(client, { token: profileToken, uri });
      return takeSnapshotFrom(client, uri, deadline);
    });
}
