import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  type FootageOutline,
  type FootageOutlines,
  longestPlaybackMs,
} from '@nigehban/domain/footage-outline.ts';
import { buildPlaylist } from '@nigehban/domain/hls-playlist.ts';
import { formatSpans } from '@nigehban/domain/identity-doubt.ts';
import type { Sql } from '../../store/database.ts';
import { findSegmentAt } from '../../store/footage-store.ts';
import { locateFootage, locatePicture } from '../../use-cases/locate-footage.ts';
import { findFootageNode } from '../../use-cases/read-timeline.ts';
import type { App } from '../app-type.ts';
import type { DoubtedFootage } from '../doubted-footage.ts';
import type { NodeFootage } from '../node-footage.ts';
import { type PictureScope, picturesOfPiece, picturesOfQuery } from '../picture-access.ts';
import {
  answers,
  CameraParamsSchema,
  FootageParamsSchema,
  FootageQuerySchema,
  PlaylistPieceQuerySchema,
  PlaylistQuerySchema,
  StillQuerySchema,
  StreamQuerySchema,
} from '../schemas.ts';

/** Recordings for players: one stream from any time, HLS, and stills (`docs/playback.md`). */
export function addPlaybackRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly nodes: NodeFootage;
    readonly doubted: DoubtedFootage;
    readonly recordingNode: (cameraId: CameraId) => string | null;
  },
): void {
  const { sql, clock, nodes, doubted, recordingNode } = options;
  const config = { access: 'footage.play', rateLimit: false } as const;
  /** A still is of the last picture before its time, which may be long before it. */
  const picturesBefore: PictureScope = async (request) => {
    const cameraId = Number((request.params as { id: string }).id);
    const atMs = Number((request.query as { atMs: string }).atMs);
    const atUs = atMs * 1_000;
    checkTime(atUs);
    const segment = await findSegmentAt(sql, cameraId, atUs);
    const fromMs = segment === null ? atMs : Math.floor(segment.startUs / 1_000);
    return [{ cameraId, fromMs: Math.min(fromMs, atMs), toMs: atMs }];
  };

  app.get(
    '/api/cameras/:id/stream.mp4',
    {
      config: { ...config, pictures: picturesOfQuery },
      schema: {
        summary: 'One continuous fragmented MP4 of a range; X-Footage-Next-Ms tells how to go on',
        params: CameraParamsSchema,
        querystring: StreamQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const cameraId = Number(request.params.id);
      const { fromUs, toUs } = rangeOf(request.query);
      const without = await doubted.withheld(request, cameraId, ...reachOf(request.query));
      const parts = await locateFootage(sql, recordingNode(cameraId), { cameraId, fromUs, toUs });
      const [part, next] = parts;
      if (part === undefined) {
        throw new Fault('FOOTAGE_UNKNOWN', `Nothing of camera ${cameraId} is recorded there`);
      }
      const query = new URLSearchParams({ fromUs: String(fromUs), toUs: String(part.toUs) });
      if (without.length > 0) query.set('without', formatSpans(without));
      if (request.query.media !== undefined) query.set('media', request.query.media);
      if (request.query.codec !== undefined) query.set('codec', request.query.codec);
      return await nodes.pass(reply, part.nodeId, `/footage/${cameraId}/stream.mp4?${query}`, {
        ...(next === undefined ? {} : { nextMs: Math.ceil(next.fromUs / 1_000) }),
      });
    },
  );

  app.get(
    '/api/cameras/:id/playlist.m3u8',
    {
      config: { ...config, pictures: picturesOfQuery },
      schema: {
        summary: 'HLS playlist of a range of at most six hours',
        params: CameraParamsSchema,
        querystring: PlaylistQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const cameraId = Number(request.params.id);
      const { fromUs, toUs } = rangeOf(request.query);
      if (toUs - fromUs > longestPlaybackMs * 1_000) {
        throw new Fault('REQUEST_INVALID', 'A playlist is of at most six hours');
      }
      const without = await doubted.withheld(request, cameraId, ...reachOf(request.query));
      const parts = await locateFootage(sql, recordingNode(cameraId), { cameraId, fromUs, toUs });
      const pieces: FootageOutline[] = [];
      for (const part of parts) {
        const query = `fromUs=${part.fromUs}&toUs=${part.toUs}${doubted.query(without)}`;
        const answer = await nodes.askJson(part.nodeId, `/footage/${cameraId}/outline?${query}`);
        pieces.push(...(answer as FootageOutlines).pieces);
      }
      const text = buildPlaylist({
        pieces,
        fromUs,
        ended: toUs <= clock.nowMs() * 1_000,
        videoOnly: request.query.media === 'video',
      });
      return reply.header('content-type', 'application/vnd.apple.mpegurl').send(text);
    },
  );

  app.get(
    '/api/cameras/:id/hls/:startUs/init.mp4',
    {
      config: { ...config, pictures: picturesOfPiece },
      schema: {
        summary: 'Initialisation of a playlist',
        params: FootageParamsSchema,
        querystring: FootageQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const { id, startUs } = request.params;
      await doubted.requirePiece(request, Number(id), Number(startUs));
      const nodeId = await findFootageNode(sql, recordingNode, Number(id), Number(startUs));
      const query = request.query.media === undefined ? '' : '?media=video';
      return await nodes.pass(reply, nodeId, `/footage/${id}/hls/${startUs}/init.mp4${query}`);
    },
  );

  app.get(
    '/api/cameras/:id/hls/:startUs/media.m4s',
    {
      config: { ...config, pictures: picturesOfPiece },
      schema: {
        summary: 'Media segment of a playlist; Range',
        params: FootageParamsSchema,
        querystring: PlaylistPieceQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const { id, startUs } = request.params;
      const { atUs, bytes, media } = request.query;
      await doubted.requirePiece(request, Number(id), Number(startUs));
      const nodeId = await findFootageNode(sql, recordingNode, Number(id), Number(startUs));
      const query = new URLSearchParams({ atUs, bytes, ...(media === undefined ? {} : { media }) });
      const { range } = request.headers;
      const path = `/footage/${id}/hls/${startUs}/media.m4s?${query}`;
      return await nodes.pass(reply, nodeId, path, {
        ...(range === undefined ? {} : { headers: { range } }),
      });
    },
  );

  app.get(
    '/api/cameras/:id/still.jpg',
    {
      config: { access: 'footage.play', pictures: picturesBefore },
      schema: {
        summary: 'JPEG of the key frame at or before a time; X-Picture-Time-Us tells its time',
        params: CameraParamsSchema,
        querystring: StillQuerySchema,
        response: answers(null),
      },
    },
    async (request, reply) => {
      const cameraId = Number(request.params.id);
      const atUs = Number(request.query.atMs) * 1_000;
      checkTime(atUs);
      const atMs = atUs / 1_000;
      const without = await doubted.withheld(request, cameraId, 0, atMs + 1);
      const nodeId = await locatePicture(sql, recordingNode(cameraId), cameraId, atUs);
      return await nodes.pass(
        reply,
        nodeId,
        `/footage/${cameraId}/stills?atUs=${atUs}${doubted.query(without)}`,
      );
    },
  );
}

/** A piece that reaches into the range may begin so much before it. */
const longestPieceMs = 600_000;

function reachOf(query: { readonly fromMs: string; readonly toMs: string }): [number, number] {
  return [Number(query.fromMs) - longestPieceMs, Number(query.toMs)];
}

function rangeOf(query: { readonly fromMs: string; readonly toMs: string }) {
  const fromUs = Number(query.fromMs) * 1_000;
  const toUs = Number(query.toMs) * 1_000;
  checkTime(fromUs);
  checkTime(toUs);
  if (toUs <= fromUs) throw new Fault('REQUEST_INVALID', 'The range must begin before it ends');
  return { fromUs, toUs };
}

/** From 2001 to 2286: what has sixteen digits in microseconds at most, and ten at least. */
function checkTime(atUs: number): void {
  if (atUs < 1e15 || atUs >= 1e16) {
    throw new Fault('REQUEST_INVALID', 'Times are milliseconds since 1970');
  }
}
