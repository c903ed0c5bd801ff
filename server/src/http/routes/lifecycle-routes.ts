import { Fault } from '@nigehban/domain/faults.ts';
import { Type } from 'typebox';
import type { CameraLifecycle } from '../../use-cases/camera-lifecycle.ts';
import type { Credentials } from '../../use-cases/rotate-credentials.ts';
import type { App } from '../app-type.ts';
import {
  AssetsQuerySchema,
  AssetViewSchema,
  AssignmentViewSchema,
  AtQuerySchema,
  CameraHistorySchema,
  CredentialsBodySchema,
  CredentialsReportSchema,
  RangeQuerySchema,
  ReplaceBodySchema,
  ResealReportSchema,
  RetireBodySchema,
  SpareBodySchema,
  StationCameraAtSchema,
  TransferBodySchema,
} from '../lifecycle-schemas.ts';
import { personOf } from '../person-of.ts';
import { answers, CameraParamsSchema, StationParamsSchema } from '../schemas.ts';

/** Assets, assignments and credentials (`domain/src/api/lifecycle-types.ts`). */
export function addLifecycleRoutes(
  app: App,
  {
    lifecycle,
    credentials,
  }: { readonly lifecycle: CameraLifecycle; readonly credentials: Credentials },
): void {
  const reading = { access: 'status.read' } as const;
  const registering = { access: 'camera.register' } as const;
  const params = CameraParamsSchema;

  app.get(
    '/api/assets',
    {
      config: reading,
      schema: { querystring: AssetsQuerySchema, response: answers(Type.Array(AssetViewSchema)) },
    },
    async (request) => [
      ...(await lifecycle.assets(
        request.query.lifecycle === undefined ? {} : { lifecycle: request.query.lifecycle },
      )),
    ],
  );

  app.post(
    '/api/assets',
    {
      config: registering,
      schema: {
        summary: 'Add a spare camera',
        body: SpareBodySchema,
        response: answers(AssetViewSchema),
      },
    },
    async (request) => await lifecycle.addSpare(request.body, personOf(request)),
  );

  app.post(
    '/api/cameras/:id/transfer',
    {
      config: registering,
      schema: { params, body: TransferBodySchema, response: answers(AssignmentViewSchema) },
    },
    async (request) =>
      await lifecycle.transfer(Number(request.params.id), request.body, personOf(request)),
  );

  app.post(
    '/api/cameras/:id/replace',
    {
      config: registering,
      schema: {
        summary: 'A spare takes the place of this camera',
        params,
        body: ReplaceBodySchema,
        response: answers(AssignmentViewSchema),
      },
    },
    async (request) =>
      await lifecycle.replace(Number(request.params.id), request.body, personOf(request)),
  );

  app.post(
    '/api/cameras/:id/retire',
    {
      config: registering,
      schema: { params, body: RetireBodySchema, response: answers(AssetViewSchema) },
    },
    async (request) =>
      await lifecycle.retire(Number(request.params.id), request.body, personOf(request)),
  );

  app.post(
    '/api/cameras/:id/reinstate',
    {
      config: registering,
      schema: {
        summary: 'A spare or retired camera serves again',
        params,
        body: TransferBodySchema,
        response: answers(AssignmentViewSchema),
      },
    },
    async (request) =>
      await lifecycle.reinstate(Number(request.params.id), request.body, personOf(request)),
  );

  app.get(
    '/api/cameras/:id/history',
    {
      config: reading,
      schema: {
        summary:
          'Assignments, replacements, registrations, changes of address and credentials, views',
        params,
        response: answers(CameraHistorySchema),
      },
    },
    async (request) => await lifecycle.history(Number(request.params.id)),
  );

  app.get(
    '/api/stations/:code/cameras-at',
    {
      config: reading,
      schema: {
        summary:
          'The cameras that served a station at a time: whose footage of then is the station’s',
        params: StationParamsSchema,
        querystring: AtQuerySchema,
        response: answers(Type.Array(StationCameraAtSchema)),
      },
    },
    async (request) => [
      ...(await lifecycle.camerasAt(request.params.code, timeOf(request.query.atMs))),
    ],
  );

  app.get(
    '/api/stations/:code/assignments',
    {
      config: reading,
      schema: {
        summary: 'Every assignment to a station that touches a range, newest first',
        params: StationParamsSchema,
        querystring: RangeQuerySchema,
        response: answers(Type.Array(AssignmentViewSchema)),
      },
    },
    async (request) => {
      const { fromMs, toMs } = request.query;
      const range = { fromMs: timeOf(fromMs), toMs: timeOf(toMs) };
      return [...(await lifecycle.stationAssignments(request.params.code, range))];
    },
  );

  app.post(
    '/api/credentials',
    {
      config: registering,
      schema: {
        summary: 'New credentials for cameras, a station or a district; never told again',
        body: CredentialsBodySchema,
        response: answers(CredentialsReportSchema),
      },
    },
    async (request) => await credentials.set(request.body, personOf(request)),
  );

  app.get(
    '/api/credentials/reseal',
    {
      config: registering,
      schema: {
        summary: 'What is still sealed with former keys',
        response: answers(ResealReportSchema),
      },
    },
    async () => await credentials.state(),
  );

  app.post(
    '/api/credentials/reseal',
    {
      config: registering,
      schema: {
        summary: 'Seal everything with the current key; may be done again at any time',
        response: answers(ResealReportSchema),
      },
    },
    async (request) => await credentials.reseal(personOf(request)),
  );
}

/** PostgreSQL's timestamps end in the year 294276; ours in 2255. */
function timeOf(text: string): number {
  const atMs = Number(text);
  if (atMs > 9_000_000_000_000)
    throw new Fault('REQUEST_INVALID', 'Times are milliseconds since 1970');
  return atMs;
}
