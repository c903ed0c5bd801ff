import { Type } from 'typebox';
import type { CameraTools } from '../../use-cases/service-camera.ts';
import type { CameraPolicies } from '../../use-cases/service-camera-policy.ts';
import type { App } from '../app-type.ts';
import {
  ApplyPolicyBodySchema,
  CameraPolicyViewSchema,
  PingViewSchema,
  PolicyBodySchema,
  PolicyReportSchema,
  PolicyReportsQuerySchema,
  PolicyViewSchema,
  RebootBodySchema,
  RebootViewSchema,
  TimeViewSchema,
  TryCredentialsBodySchema,
  TryCredentialsViewSchema,
} from '../lifecycle-schemas.ts';
import { personOf } from '../person-of.ts';
import { picturesOfNow } from '../picture-access.ts';
import { answers, CameraParamsSchema, CameraProbeViewSchema } from '../schemas.ts';

const usualReports = 100;
const mostReports = 1_000;

/** The technician's tools and the camera policy (`domain/src/api/tool-types.ts`). */
export function addToolRoutes(
  app: App,
  { tools, policies }: { readonly tools: CameraTools; readonly policies: CameraPolicies },
): void {
  const reading = { access: 'status.read' } as const;
  const probing = { access: 'camera.probe' } as const;
  const servicing = { access: 'camera.service' } as const;
  const params = CameraParamsSchema;

  app.post(
    '/api/cameras/:id/tools/ping',
    { config: probing, schema: { params, response: answers(PingViewSchema) } },
    async (request) => await tools.ping(Number(request.params.id), personOf(request)),
  );
  app.post(
    '/api/cameras/:id/tools/probe',
    { config: probing, schema: { params, response: answers(CameraProbeViewSchema) } },
    async (request) => await tools.probe(Number(request.params.id), personOf(request)),
  );
  app.post(
    '/api/cameras/:id/tools/time',
    { config: servicing, schema: { params, response: answers(TimeViewSchema) } },
    async (request) => await tools.setTime(Number(request.params.id), personOf(request)),
  );
  app.post(
    '/api/cameras/:id/tools/reboot',
    {
      config: servicing,
      schema: { params, body: RebootBodySchema, response: answers(RebootViewSchema) },
    },
    async (request) => await tools.reboot(Number(request.params.id), personOf(request)),
  );
  app.post(
    '/api/cameras/:id/tools/credentials',
    {
      config: servicing,
      schema: {
        summary: 'Try credentials once; keep them when that is asked for and they are accepted',
        params,
        body: TryCredentialsBodySchema,
        response: answers(TryCredentialsViewSchema),
      },
    },
    async (request) =>
      await tools.tryCredentials(Number(request.params.id), request.body, personOf(request)),
  );
  app.post(
    '/api/cameras/:id/tools/snapshot',
    {
      config: { access: 'live.watch', pictures: picturesOfNow },
      schema: { summary: 'JPEG of this moment', params, response: answers(null) },
    },
    async (request, reply) => {
      const jpeg = await tools.snapshot(Number(request.params.id), personOf(request));
      return reply.header('content-type', 'image/jpeg').send(jpeg);
    },
  );

  app.get(
    '/api/cameras/:id/policy',
    { config: reading, schema: { params, response: answers(CameraPolicyViewSchema) } },
    async (request) => await policies.read(Number(request.params.id)),
  );
  app.post(
    '/api/cameras/:id/policy/apply',
    {
      config: servicing,
      schema: {
        summary: 'Hold the camera against its policy now, and correct it when told to',
        params,
        body: ApplyPolicyBodySchema,
        response: answers(CameraPolicyViewSchema),
      },
    },
    async (request) =>
      await policies.apply(Number(request.params.id), request.body.correct, personOf(request)),
  );
  app.get(
    '/api/policies',
    { config: reading, schema: { response: answers(Type.Array(PolicyViewSchema)) } },
    async () => [...(await policies.list())],
  );
  app.put(
    '/api/policies',
    {
      config: servicing,
      schema: {
        summary: 'The policy of all cameras, of a district or of a model',
        body: PolicyBodySchema,
        response: answers(PolicyViewSchema),
      },
    },
    async (request) => await policies.set(request.body, personOf(request)),
  );
  app.delete(
    '/api/policies/:id',
    { config: servicing, schema: { params, response: answers(PolicyViewSchema) } },
    async (request) => await policies.remove(Number(request.params.id), personOf(request)),
  );
  app.get(
    '/api/policy-reports',
    {
      config: reading,
      schema: {
        summary: 'How cameras stood against their policy; `differs=1`: those that did not',
        querystring: PolicyReportsQuerySchema,
        response: answers(Type.Array(PolicyReportSchema)),
      },
    },
    async (request) => {
      const { differs, after, limit } = request.query;
      return [
        ...(await policies.reports({
          ...(differs === undefined ? {} : { differs: true }),
          ...(after === undefined ? {} : { after: Math.min(Number(after), 2_147_483_647) }),
          limit: Math.min(limit === undefined ? usualReports : Number(limit), mostReports),
        })),
      ];
    },
  );
}
