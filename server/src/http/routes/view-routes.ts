import { Type } from 'typebox';
import type { ViewApprovals } from '../../use-cases/approve-view.ts';
import type { App } from '../app-type.ts';
import { personOf } from '../person-of.ts';
import { answers, CameraParamsSchema } from '../schemas.ts';
import {
  ReferenceViewSchema,
  RejectViewBodySchema,
  ViewParamsSchema,
  WaitingViewsQuerySchema,
} from '../view-schemas.ts';

const mostWaiting = 200;
const usualWaiting = 50;

/** Reference pictures and their approval (`domain/src/api/view-types.ts`). */
export function addViewRoutes(app: App, { views }: { readonly views: ViewApprovals }): void {
  const approver = { access: 'view.approve' } as const;

  app.post(
    '/api/cameras/:id/views',
    {
      config: { access: 'view.propose' },
      schema: {
        summary: 'Take a reference picture now; for technicians and approvers',
        params: CameraParamsSchema,
        response: answers(ReferenceViewSchema),
      },
    },
    async (request) => await views.propose(Number(request.params.id), personOf(request)),
  );

  app.get(
    '/api/cameras/:id/views',
    {
      config: { access: 'status.read' },
      schema: {
        summary: 'Reference pictures of a camera, newest first, without the pictures themselves',
        params: CameraParamsSchema,
        response: answers(Type.Array(ReferenceViewSchema)),
      },
    },
    async (request) => [...(await views.list(Number(request.params.id)))],
  );

  app.get(
    '/api/cameras/:id/views/:viewId/picture.jpg',
    { config: approver, schema: { params: ViewParamsSchema, response: answers(null) } },
    async (request, reply) => {
      const { id, viewId } = request.params;
      const jpeg = await views.picture(Number(id), Number(viewId));
      return reply
        .header('content-type', 'image/jpeg')
        .header('cache-control', 'private, no-store')
        .send(jpeg);
    },
  );

  app.post(
    '/api/cameras/:id/views/:viewId/approve',
    {
      config: approver,
      schema: { params: ViewParamsSchema, response: answers(ReferenceViewSchema) },
    },
    async (request) => {
      const { id, viewId } = request.params;
      return await views.approve(Number(id), Number(viewId), personOf(request));
    },
  );

  app.post(
    '/api/cameras/:id/views/:viewId/reject',
    {
      config: approver,
      schema: {
        summary: 'Reject a picture that waits, or take back the approval of the approved one',
        params: ViewParamsSchema,
        body: RejectViewBodySchema,
        response: answers(ReferenceViewSchema),
      },
    },
    async (request) => {
      const { id, viewId } = request.params;
      const { reason } = request.body;
      return await views.reject(Number(id), Number(viewId), reason, personOf(request));
    },
  );

  app.get(
    '/api/views',
    {
      config: approver,
      schema: {
        summary:
          'Pictures that wait for approval, oldest first; `after` is the last id that was seen',
        querystring: WaitingViewsQuerySchema,
        response: answers(Type.Array(ReferenceViewSchema)),
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      return [
        ...(await views.waiting({
          ...(after === undefined ? {} : { after: Number(after) }),
          limit: Math.min(limit === undefined ? usualWaiting : Number(limit), mostWaiting),
        })),
      ];
    },
  );
}
