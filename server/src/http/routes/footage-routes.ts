import type { CameraId } from '@nigehban/domain/camera.ts';
import type { Sql } from '../../store/database.ts';
import {
  checkTimelineRange,
  findFootageNode,
  type OpenPiece,
  readTimeline,
} from '../../use-cases/read-timeline.ts';
import type { App } from '../app-type.ts';
import type { DoubtedFootage } from '../doubted-footage.ts';
import type { NodeFootage } from '../node-footage.ts';
import { picturesOfPiece } from '../picture-access.ts';
import {
  answers,
  CameraParamsSchema,
  FootageParamsSchema,
  FootageQuerySchema,
  TimelineQuerySchema,
  TimelineSchema,
} from '../schemas.ts';

const openPieceWithinMs = 2_000;
const longestPieceMs = 600_000;

/** The timeline and the footage itself, which comes from the media nodes through here. */
export function addFootageRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly nodes: NodeFootage;
    readonly doubted: DoubtedFootage;
    readonly recordingNode: (cameraId: CameraId) => string | null;
  },
): void {
  const { sql, nodes, doubted, recordingNode } = options;

  const readOpenPiece = async (cameraId: CameraId): Promise<OpenPiece | null> => {
    const nodeId = recordingNode(cameraId);
    if (nodeId === null) return null;
    try {
      const signal = AbortSignal.timeout(openPieceWithinMs);
      return toOpenPiece(await nodes.askJson(nodeId, `/footage/${cameraId}/open`, { signal }));
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
    async (request) => {
      const { cameraId, fromMs, toMs } = checkTimelineRange({
        cameraId: Number(request.params.id),
        fromMs: Number(request.query.fromMs),
        toMs: Number(request.query.toMs),
      });
      // A piece that reaches into the range began before it.
      const doubts = await doubted.withheld(request, cameraId, fromMs - longestPieceMs, toMs);
      return await readTimeline(sql, readOpenPiece, { cameraId, fromMs, toMs }, doubts);
    },
  );

  app.get(
    '/api/cameras/:id/footage/:startUs.mp4',
    {
      config: { access: 'footage.play', rateLimit: false, pictures: picturesOfPiece },
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
      await doubted.requirePiece(request, cameraId, startUs);
      const nodeId = await findFootageNode(sql, recordingNode, cameraId, startUs);
      const { range, 'if-range': ifRange } = request.headers;
      const query = request.query.media === undefined ? '' : `?media=${request.query.media}`;
      return await nodes.pass(reply, nodeId, `/footage/${cameraId}/${startUs}.mp4${query}`, {
        headers: {
          ...(range === undefined ? {} : { range }),
          ...(typeof ifRange === 'string' ? { 'if-range': ifRange } : {}),
        },
      });
    },
  );
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
