import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Quarantine } from '../../use-cases/quarantine-cameras.ts';
import type { Asker, DiscoveryRuns } from '../../use-cases/run-discovery.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  DiscoveryRunBodySchema,
  DiscoveryRunViewSchema,
  QuarantineBindBodySchema,
  QuarantineViewSchema,
} from '../discovery-schemas.ts';
import { answers, CameraParamsSchema } from '../schemas.ts';

function askerOf(request: FastifyRequest): Asker {
  return { actor: signedIn(request).username, address: request.ip };
}

/** Discovery runs, and the cameras that were found and belong nowhere. */
export function addDiscoveryRoutes(
  app: App,
  { runs, quarantine }: { readonly runs: DiscoveryRuns; readonly quarantine: Quarantine },
): void {
  const config = { access: 'camera.register' } as const;
  const params = CameraParamsSchema;

  app.post(
    '/api/discovery/runs',
    {
      config,
      schema: {
        summary: 'Begin to look for cameras in address ranges and bind those of the plan',
        body: DiscoveryRunBodySchema,
        response: answers(DiscoveryRunViewSchema),
      },
    },
    async (request) => await runs.start(request.body, askerOf(request)),
  );
  app.get(
    '/api/discovery/runs',
    {
      config,
      schema: {
        summary: 'The last hundred runs, newest first',
        response: answers(Type.Array(DiscoveryRunViewSchema)),
      },
    },
    async () => [...(await runs.list())],
  );
  app.get(
    '/api/discovery/runs/:id',
    { config, schema: { params, response: answers(DiscoveryRunViewSchema) } },
    async (request) => await runs.get(Number(request.params.id)),
  );
  app.delete(
    '/api/discovery/runs/:id',
    {
      config,
      schema: {
        summary: 'Cancel a run; what it found stays',
        params,
        response: answers(DiscoveryRunViewSchema),
      },
    },
    async (request) => await runs.cancel(Number(request.params.id), askerOf(request)),
  );

  const list = answers(Type.Array(QuarantineViewSchema));
  app.get(
    '/api/quarantine',
    { config, schema: { summary: 'Cameras that wait for a person', response: list } },
    async () => [...(await quarantine.list())],
  );
  app.post(
    '/api/quarantine/:id/bind',
    {
      config,
      schema: {
        summary: 'Put the device into the place of a camera of the plan',
        params,
        body: QuarantineBindBodySchema,
        response: list,
      },
    },
    async (request) => {
      const id = Number(request.params.id);
      return [...(await quarantine.bind(id, request.body.cameraCode, askerOf(request)))];
    },
  );
  app.delete(
    '/api/quarantine/:id',
    { config, schema: { summary: 'It is none of ours', params, response: list } },
    async (request) => [...(await quarantine.ignore(Number(request.params.id), askerOf(request)))],
  );
}
