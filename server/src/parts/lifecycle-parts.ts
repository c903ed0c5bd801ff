import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { CameraProbeView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import type { App } from '../http/app-type.ts';
import { addLifecycleRoutes } from '../http/routes/lifecycle-routes.ts';
import { addToolRoutes } from '../http/routes/tool-routes.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import type { Sql } from '../store/database.ts';
import type { CameraDirectory } from '../use-cases/camera-directory.ts';
import { createCameraLifecycle } from '../use-cases/camera-lifecycle.ts';
import { createCredentials } from '../use-cases/rotate-credentials.ts';
import { createCameraTools } from '../use-cases/service-camera.ts';
import { createCameraPolicies } from '../use-cases/service-camera-policy.ts';

/** Assets, assignments, credentials, policies and the technician's tools, with their routes. */
export function addLifecycleParts(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly secretKey: SecretKey;
    readonly viewApproval: ViewApprovalPolicy;
    readonly directory: CameraDirectory;
    readonly requestGateway: RequestGateway;
    readonly gatewayLinked: () => boolean;
    readonly probe: (cameraId: CameraId) => Promise<CameraProbeView>;
    readonly snapshot: (cameraId: CameraId) => Promise<Buffer>;
  },
): { stop(): Promise<void> } {
  const lifecycle = createCameraLifecycle(options);
  const credentials = createCredentials(options);
  const policies = createCameraPolicies({ ...options, random: Math.random });
  const tools = createCameraTools({ ...options, credentials });
  addLifecycleRoutes(app, { lifecycle, credentials });
  addToolRoutes(app, { tools, policies });
  return { stop: () => policies.stop() };
}
