import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from '../onvif/deadline.ts';
import { isPassable } from '../onvif/device-operations.ts';
import {
  getSnapshotUri,
  type MediaService,
  mediaServices,
  setSynchronizationPoint,
} from '../onvif/media-operations.ts';
import type { OnvifClient } from '../onvif/onvif-client.ts';

/** A picture of 4K at the best quality stays below this. */
export const maxSnapshotBytes = 4 * 1024 * 1024;

/**
 * A JPEG of the profile by its snapshot URI. Throws CAMERA_ANSWER_INVALID for what is no whole JPEG,
 * CAMERA_ANSWER_TOO_LARGE above 4 MB, CAMERA_OPERATION_UNSUPPORTED when the camera has none.
 */
export async function takeSnapshot(
  client: OnvifClient,
  profileToken: string,
  deadline: Deadline,
): Promise<Buffer> {
  const uri = await readSnapshotUri(client, profileToken, deadline);
  return takeSnapshotFrom(client, uri, deadline);
}

/** The profile's snapshot URI as the camera gives it, for {@link takeSnapshotFrom}. */
export function readSnapshotUri(
  client: OnvifClient,
  profileToken: string,
  deadline: Deadline,
): Promise<string> {
  return onEitherService(client, (service) =>
    getSnapshotUri(client, { token: profileToken, service }, deadline),
  );
}

/** A JPEG from a snapshot URI, pinned to the camera's address. Throws as {@link takeSnapshot}. */
export async function takeSnapshotFrom(
  client: OnvifClient,
  uri: string,
  deadline: Deadline,
): Promise<Buffer> {
  const jpeg = await client.download(uri, maxSnapshotBytes, deadline);
  if (!isJpeg(jpeg)) {
    throw new Fault('CAMERA_ANSWER_INVALID', "The camera's snapshot is not a whole JPEG");
  }
  return jpeg;
}

/** Asks for a key frame of the profile (SetSynchronizationPoint). Throws CAMERA_… faults. */
export async function askKeyFrame(
  client: OnvifClient,
  profileToken: string,
  deadline: Deadline,
): Promise<void> {
  await onEitherService(client, (service) =>
    setSynchronizationPoint(client, { token: profileToken, service }, deadline),
  );
}

/** A token belongs to the service that listed it; which one is not on record, so both are asked. */
async function onEitherService<T>(
  client: OnvifClient,
  ask: (service: MediaService) => Promise<T>,
): Promise<T> {
  let fault: Fault | undefined;
  for (const service of mediaServices(client)) {
    try {
      return await ask(service);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
      fault ??= thrown;
    }
  }
  throw fault ?? new Fault('CAMERA_OPERATION_UNSUPPORTED', 'The camera has no media service');
}

/** Start and end of image (ITU-T T.81 §B.1.1.3); cameras pad behind the end. */
function isJpeg(bytes: Buffer): boolean {
  return (
    bytes.length >= 4 &&
    bytes[0] === 0xff &&
    bytes[1] === 0xd8 &&
    bytes[2] === 0xff &&
    bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) > 2
  );
}
