import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { FootageExports, Person } from '../../use-cases/export-footage.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import type { NodeFootage } from '../node-footage.ts';
import { type PictureScope, picturesOfBody } from '../picture-access.ts';
import {
  answers,
  ExportBodySchema,
  ExportFileParamsSchema,
  ExportFileQuerySchema,
  ExportParamsSchema,
  ExportViewSchema,
} from '../schemas.ts';

/** Exports of footage: asking, watching, cancelling, taking the result (`docs/playback.md`). */
export function addExportRoutes(
  app: App,
  { exports, nodes }: { readonly exports: FootageExports; readonly nodes: NodeFootage },
): void {
  const config = { access: 'footage.export' } as const;
  const picturesOfExport: PictureScope = async (request) => {
    const { id, cameraId } = request.params as { id: string; cameraId: string };
    const { fromMs, toMs } = await exports.read(id);
    return [{ cameraId: Number(cameraId), fromMs, toMs }];
  };

  app.post(
    '/api/exports',
    {
      config: { ...config, pictures: picturesOfBody },
      schema: { body: ExportBodySchema, response: answers(ExportViewSchema) },
    },
    async (request) => await exports.request(request.body, personOf(request)),
  );

  app.get(
    '/api/exports',
    {
      config,
      schema: {
        summary: 'The newest exports first',
        response: answers(Type.Array(ExportViewSchema)),
      },
    },
    async () => await exports.list(),
  );

  app.get(
    '/api/exports/:id',
    { config, schema: { params: ExportParamsSchema, response: answers(ExportViewSchema) } },
    async (request) => await exports.read(request.params.id),
  );

  app.delete(
    '/api/exports/:id',
    {
      config,
      schema: {
        summary: 'Cancel an export that is not over',
        params: ExportParamsSchema,
        response: answers(ExportViewSchema),
      },
    },
    async (request) => await exports.cancel(request.params.id, personOf(request)),
  );

  app.get(
    '/api/exports/:id/manifests',
    {
      config,
      schema: {
        summary: 'Files, gaps and segments of each camera with their SHA-256',
        params: ExportParamsSchema,
        response: answers(null),
      },
    },
    async (request) => await exports.manifests(request.params.id),
  );

  app.get(
    '/api/exports/:id/files/:cameraId.mp4',
    {
      config: { ...config, rateLimit: false, pictures: picturesOfExport },
      schema: {
        summary: 'The result as MP4; Range. A camera with several files names them by `part`',
        params: ExportFileParamsSchema,
        querystring: ExportFileQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const cameraId = Number(request.params.cameraId);
      const part = Number(request.query.part ?? '1');
      const place = await exports.openFile(id, cameraId, part);
      const { range, 'if-range': ifRange } = request.headers;
      // A player and a download manager ask for many ranges: the first one is the taking.
      if (range === undefined || range.startsWith('bytes=0-')) {
        await exports.told(id, cameraId, part, place.sha256, personOf(request));
      }
      reply.header('content-disposition', `attachment; filename="${cameraId}-part${part}.mp4"`);
      return await nodes.pass(
        reply,
        place.nodeId,
        `/exports/${id}/${cameraId}/${place.nodePart}.mp4`,
        {
          headers: {
            ...(range === undefined ? {} : { range }),
            ...(typeof ifRange === 'string' ? { 'if-range': ifRange } : {}),
          },
        },
      );
    },
  );
}

function personOf(request: FastifyRequest): Person {
  return { username: signedIn(request).username, address: request.ip };
}
