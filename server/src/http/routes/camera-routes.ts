import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Registration } from '../../use-cases/register-cameras.ts';
import type { App } from '../app-type.ts';
import { picturesOfNow } from '../picture-access.ts';
import {
  answers,
  CameraParamsSchema,
  CameraProbeViewSchema,
  DiscoveryBodySchema,
  DiscoveryViewSchema,
} from '../schemas.ts';

/** What is asked of cameras through a gateway. */
export function addCameraRoutes(
  app: App,
  options: {
    readonly registration: Registration;
    readonly snapshot: (cameraId: CameraId) => Promise<Buffer>;
  },
): void {
  app.post(
    '/api/cameras/:id/probe',
    {
      config: { access: 'camera.probe' },
      schema: { params: CameraParamsSchema, response: answers(CameraProbeViewSchema) },
    },
    async (request) => await options.registration.probe(Number(request.params.id)),
  );

  app.get(
    '/api/cameras/:id/snapshot.jpg',
    {
      config: { access: 'live.watch', pictures: picturesOfNow },
      schema: { params: CameraParamsSchema, response: answers(null) },
    },
    async (request, reply) => {
      const jpeg = await options.snapshot(Number(request.params.id));
      return reply.header('content-type', 'image/jpeg').send(jpeg);
    },
  );

  app.post(
    '/api/discovery',
    {
      config: { access: 'camera.register' },
      schema: { body: DiscoveryBodySchema, response: answers(DiscoveryViewSchema) },
    },
    async (request) => await options.registration.discover(request.body),
  );
}
