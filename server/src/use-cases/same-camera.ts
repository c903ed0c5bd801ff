import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';

export function sameEndpoint(one: CameraEndpoint, other: CameraEndpoint): boolean {
  return one.address === other.address && one.onvifPort === other.onvifPort;
}

export function sameCredentials(
  one: CameraCredentials | null | undefined,
  other: CameraCredentials,
): boolean {
  return one?.username === other.username && one.password === other.password;
}
