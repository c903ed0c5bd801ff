import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';

/** Seals a camera's credentials: a sealed text moved to another camera does not open there. */
export function sealCredentials(
  secretKey: SecretKey,
  cameraCode: string,
  credentials: CameraCredentials,
): Buffer {
  const { username, password } = credentials;
  return seal(secretKey, JSON.stringify([username, password]), contextOf(cameraCode));
}

/** @throws Fault SETTING_INVALID when they were sealed with another key or for another camera. */
export function openCredentials(
  secretKey: SecretKey,
  cameraCode: string,
  sealed: Uint8Array,
): CameraCredentials {
  const value: unknown = JSON.parse(open(secretKey, sealed, contextOf(cameraCode)));
  if (Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string') {
    return { username: value[0], password: value[1] };
  }
  throw new Fault('SETTING_INVALID', `The sealed credentials of ${cameraCode} are of another kind`);
}

function contextOf(cameraCode: string): string {
  return `camera ${cameraCode}`;
}
