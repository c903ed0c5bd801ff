import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethods } from '@nigehban/domain/link-messages.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import { heldBack } from './enrol-camera.ts';

/**
 * Questions about cameras that no person ordered, with the breaker before them: a check of a camera
 * that refused its password goes without one (it still tells whether the camera is there), anything
 * else is refused with CAMERA_AUTH_REFUSED. What a camera refuses on the way is noted.
 */
export function guardGateway(
  requestGateway: RequestGateway,
  breaker: () => CredentialBreaker | null,
): RequestGateway {
  return async (method, params, timeoutMs) => {
    const guard = breaker();
    const target = targetOf(params);
    if (guard === null || target === null) return await requestGateway(method, params, timeoutMs);
    const { endpoint, credentials } = target;
    if (guard.holds(endpoint, credentials)) {
      if (method !== 'gateway.check') throw heldBack();
      return await requestGateway(method, { ...params, credentials: null }, timeoutMs);
    }
    try {
      const result = await requestGateway(method, params, timeoutMs);
      if (method === 'gateway.check' && isRefusedByOnvif(result)) {
        guard.refused(endpoint, credentials);
      }
      return result;
    } catch (thrown) {
      const isRefusal = thrown instanceof Fault && thrown.code === 'CAMERA_AUTH_REFUSED';
      if (isRefusal) guard.refused(endpoint, credentials);
      throw thrown;
    }
  };
}

type Target = LinkMethods['gateway.identify'][0];

function targetOf(params: object): (Target & { credentials: object }) | null {
  const target = params as Partial<Target>;
  return target.endpoint === undefined || target.credentials == null
    ? null
    : { endpoint: target.endpoint, credentials: target.credentials };
}

/** RTSP has its own users on some cameras: what it refuses says nothing of ONVIF. */
function isRefusedByOnvif(result: unknown): boolean {
  const outcome = result as LinkMethods['gateway.check'][1];
  return outcome.kind === 'refused' && !outcome.evidence.startsWith('RTSP');
}
