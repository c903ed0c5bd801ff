import { createHash } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';

/**
 * The breaker that keeps repeated checks from locking us out: which credentials a camera refused.
 * Other credentials for the camera are not held back, and a person's own probe always tries.
 */
export interface RefusedCredentials {
  has(endpoint: CameraEndpoint, credentials: CameraCredentials): boolean;
  add(endpoint: CameraEndpoint, credentials: CameraCredentials): void;
  forget(endpoint: CameraEndpoint, credentials: CameraCredentials): void;
}

const maxKept = 50_000;

/** Refusals are remembered for `retryAfterMs`, by a hash of the credentials. */
export function createRefusedCredentials(clock: Clock, retryAfterMs: number): RefusedCredentials {
  const refusedAtMs = new Map<string, number>();
  return {
    has(endpoint, credentials) {
      const key = keyOf(endpoint, credentials);
      const atMs = refusedAtMs.get(key);
      if (atMs === undefined) return false;
      if (clock.nowMs() - atMs < retryAfterMs) return true;
      refusedAtMs.delete(key);
      return false;
    },
    add(endpoint, credentials) {
      const key = keyOf(endpoint, credentials);
      refusedAtMs.delete(key);
      refusedAtMs.set(key, clock.nowMs());
      const [oldest] = refusedAtMs.keys();
      if (refusedAtMs.size > maxKept && oldest !== undefined) refusedAtMs.delete(oldest);
    },
    forget(endpoint, credentials) {
      refusedAtMs.delete(keyOf(endpoint, credentials));
    },
  };
}

function keyOf(endpoint: CameraEndpoint, credentials: CameraCredentials): string {
  return createHash('sha256')
    .update(
      JSON.stringify([
        endpoint.address,
        endpoint.onvifPort,
        credentials.username,
        credentials.password,
      ]),
    )
    .digest('base64');
}
