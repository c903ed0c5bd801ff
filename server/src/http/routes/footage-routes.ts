import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Sql } from '../../store/database.ts';
import { readNodes } from '../../store/node-store.ts';
import { findFootageNode, type OpenPiece, readTimeline } from '../../use-cases/read-timeline.ts';
import type { App } from '../app-type.ts';
import { type FootageAnswer, fetchFootage } from '../footage-proxy.ts';
import {
  answers,
  CameraParamsSchema,
  FootageParamsSchema,
  FootageQuerySchema,
  TimelineQuerySchema,
  TimelineSchema,
} from '../schemas.ts';

/** Of the node's headers these reach the browser. */
const passedHeaders = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'x-footage-open',
] as const;

const openPieceWithinMs = 2_000;

/** The timeline and the footage itself, which comes from the media nodes through here. */
export function addFootageRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clusterKey: string;
    /** Footage URL of a node that is linked here; null when it is not. */
    readonly linkedFootageUrl: (nodeId: string) => string | null;
    readonly recordingNode: (cameraId: CameraId) => string | null;
  },
): void {
  const { sql, clusterKey, recordingNode } = options;

  const footageUrlOf = async (nodeId: string): Promise<string> => {
    const linked = options.linkedFootageUrl(nodeId);
    if (linked !== null) return linked;
    const nodes = await readNodes(sql);
    const url = nodes.find((node) => node.role === 'media' && node.id === nodeId)?.footageUrl;
    if (url === undefined || url === null) {
      throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} serves no footage`);
    }
    return url;
  };

  const readOpenPiece = async (cameraId: CameraId): Promise<OpenPiece | null> => {
    const nodeId = recordingNode(cameraId);
    if (nodeId === null) return null;
    try {
      const base = await footageUrlOf(nodeId);
      const answer = await fetchFootage(new URL(`/footage/${cameraId}/open`, base), {
        clusterKey,
        headers: {},
        signal: AbortSignal.timeout(openPieceWithinMs),
      });
      return answer.status === 200 ? toOpenPiece(JSON.parse(await readText(answer))) : null;
    } catch {
      // The timeline without the piece that grows is better than none.
      return null;
    }
  };

  app.get(
    '/api/cameras/:id/timeline',
    {
      config: { access: 'footage.play' },
      schema: {
        params: CameraParamsSchema,
        querystring: TimelineQuerySchema,
        response: answers(TimelineSchema),
      },
    },
    async (request) =>
      await readTimeline(sql, readOpenPiece, {
        cameraId: Number(request.params.id),
        fromMs: Number(request.query.fromMs),
        toMs: Number(request.query.toMs),
      }),
  );

  app.get(
    '/api/cameras/:id/footage/:startUs.mp4',
    {
      config: { access: 'footage.play', rateLimit: false },
      schema: {
        summary: 'A recorded piece as fragmented MP4, with `media=video` without its audio; Range',
        params: FootageParamsSchema,
        querystring: FootageQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const cameraId = Number(request.params.id);
      const startUs = Number(request.params.startUs);
      const nodeId = await findFootageNode(sql, recordingNode, cameraId, startUs);
      const base = await footageUrlOf(nodeId);
      const abort = new AbortController();
      reply.raw.once('close', () => abort.abort());
      const { range, 'if-range': ifRange } = request.headers;
      const url = new URL(`/footage/${cameraId}/${startUs}.mp4`, base);
      if (request.query.media !== undefined) url.searchParams.set('media', request.query.media);
      const answer = await fetchFootage(url, {
        clusterKey,
        headers: {
          ...(range === undefined ? {} : { range }),
          ...(typeof ifRange === 'string' ? { 'if-range': ifRange } : {}),
        },
        signal: abort.signal,
      });
      if (answer.status === 404) {
        answer.body.destroy();
        throw new Fault('FOOTAGE_UNKNOWN', `The piece ${startUs} of camera ${cameraId} is gone`);
      }
      if (![200, 206, 304, 416].includes(answer.status)) {
        answer.body.destroy();
        throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} answers ${answer.status}`);
      }
      for (const name of passedHeaders) {
        const value = answer.headers[name];
        if (value !== undefined) reply.header(name, value);
      }
      reply.header('cache-control', 'private, no-store');
      return await reply.status(answer.status).send(answer.body);
    },
  );
}

async function readText(answer: FootageAnswer): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer.body) {
    parts.push(part);
    bytes += part.length;
    if (bytes > 65_536) throw new Fault('NODE_UNAVAILABLE', 'The node answers too much');
  }
  return Buffer.concat(parts).toString('utf8');
}

function toOpenPiece(value: unknown): OpenPiece | null {
  if (typeof value !== 'object' || value === null || !('segment' in value)) return null;
  const { segment } = value;
  if (typeof segment !== 'object' || segment === null) return null;
  const { startUs, endUs, codec, sizeBytes } = segment as Record<string, unknown>;
  if (typeof startUs !== 'number' || typeof endUs !== 'number' || typeof codec !== 'string') {
    return null;
  }
  return { startUs, endUs, codec, sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : 0 };
}
