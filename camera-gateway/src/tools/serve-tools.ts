import type { CameraTarget } from '@nigehban/domain/camera-tools.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import { type Deadline, startDeadline } from '../onvif/deadline.ts';
import { readClockOffset, rebootCamera, setCameraClock } from '../onvif/device-operations.ts';
import { createOnvifClient, type OnvifClient } from '../onvif/onvif-client.ts';
import { applyPolicy } from '../policy/apply-policy.ts';
import { createCameraWork } from '../probe/camera-work.ts';
import type { CameraPorts } from '../probe/gateway-ports.ts';
import type { RefusedCredentials } from '../probe/refused-credentials.ts';
import type { GatewayLink, Stoppable } from '../start-gateway.ts';
import { pingCamera } from './ping-camera.ts';
import { tryCredentials } from './try-credentials.ts';

const toolTimeoutMs = 12_000;
const connectTimeoutMs = 4_000;

/**
 * Answers the technician's tools and the camera policy (`CameraToolMethods`). People ask for these:
 * credentials that checks hold back are tried all the same, once.
 */
export function serveTools(
  link: GatewayLink,
  ports: CameraPorts,
  refused: RefusedCredentials,
): Stoppable {
  const { clock, randomBytes, signal } = ports;
  const tools = createCameraWork(64, 1_024);
  const policies = createCameraWork(48, 40_000);

  const withClient = async <T>(
    { endpoint, credentials }: CameraTarget,
    work: (client: OnvifClient, deadline: Deadline) => Promise<T>,
  ): Promise<T> => {
    const deadline = startDeadline(clock, toolTimeoutMs, signal);
    const client = createOnvifClient({
      endpoint,
      credentials,
      clock,
      randomBytes,
      connectTimeoutMs,
    });
    try {
      return await work(client, deadline);
    } catch (thrown) {
      if (credentials !== null && client.credentialsRefused()) refused.add(endpoint, credentials);
      throw thrown;
    }
  };
  const keyOf = (method: string, params: object) => `${method} ${JSON.stringify(params)}`;

  link.handle('gateway.ping', (params) =>
    tools.run(keyOf('ping', params), () => pingCamera(params, clock, signal)),
  );
  link.handle('gateway.reboot', (params) =>
    tools.run(keyOf('reboot', params), () =>
      withClient(params, async (client, deadline) => {
        await readClockOffset(client, deadline);
        return { message: await rebootCamera(client, deadline) };
      }),
    ),
  );
  link.handle('gateway.set-time', (params) =>
    tools.run(keyOf('set-time', params), () =>
      withClient(params, async (client, deadline) => {
        const beforeMs = await readClockOffset(client, deadline);
        await setCameraClock(client, clock.nowMs(), deadline);
        return { beforeMs, afterMs: await readClockOffset(client, deadline) };
      }),
    ),
  );
  link.handle('gateway.try-credentials', (params) =>
    tools.run(keyOf('try', params), async () => {
      try {
        await tryCredentials(params, ports);
        if (params.credentials !== null) refused.forget(params.endpoint, params.credentials);
        return { accepted: true, fault: null };
      } catch (thrown) {
        if (!(thrown instanceof Fault) || thrown.code !== 'CAMERA_AUTH_REFUSED') throw thrown;
        if (params.credentials !== null) refused.add(params.endpoint, params.credentials);
        return { accepted: false, fault: toFaultMessage(thrown) };
      }
    }),
  );
  link.handle('gateway.apply-policy', (params) =>
    policies.run(keyOf('policy', params), () => applyPolicy(params, ports, refused)),
  );

  return {
    async stop() {
      await Promise.all([tools.stop(), policies.stop()]);
    },
  };
}
