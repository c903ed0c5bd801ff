import type { CameraId } from '@nigehban/domain/camera.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ViewGate } from '../use-cases/view-gate.ts';
import { signedIn } from './access.ts';

/** Pictures that a route would give: of this moment when no time is named. */
export interface PictureRange {
  readonly cameraId: CameraId;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Which pictures a request asks for, read from its checked params, query and body. */
export type PictureScope = (
  request: FastifyRequest,
) => readonly PictureRange[] | Promise<readonly PictureRange[]>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route that gives pictures of a camera names them: the view gate stands before it. */
    pictures?: PictureScope;
  }
}

/**
 * Puts the view gate before every route that declares `pictures`; to be called before the routes are
 * added. Returns the addresses of those routes as they are declared.
 */
export function guardPictures(app: FastifyInstance, gate: ViewGate): readonly string[] {
  const guarded: string[] = [];
  app.addHook('onRoute', (route) => {
    if (route.config?.pictures === undefined) return;
    for (const method of [route.method].flat()) guarded.push(`${method} ${route.url}`);
  });
  app.addHook('preHandler', async (request) => {
    const scope = request.routeOptions.config.pictures;
    if (scope === undefined) return;
    const { role } = signedIn(request);
    for (const { cameraId, fromMs, toMs } of await scope(request)) {
      if (fromMs === undefined) await gate.now(role, cameraId);
      else await gate.range(role, cameraId, fromMs, toMs ?? fromMs);
    }
  });
  return guarded;
}

/** A recorded piece is no longer than this (NIGEHBAN_SEGMENT_SECONDS). */
const longestPieceMs = 300_000;

/** `/api/cameras/:id/…` of this moment. */
export const picturesOfNow: PictureScope = (request) => [{ cameraId: idOf(request) }];

/** `/api/cameras/:id/…?fromMs&toMs` */
export const picturesOfQuery: PictureScope = (request) => {
  const { fromMs, toMs } = request.query as Record<string, string>;
  return [{ cameraId: idOf(request), fromMs: Number(fromMs), toMs: Number(toMs) }];
};

/** `/api/cameras/:id/…/:startUs…`: the whole piece, however much of it is asked for. */
export const picturesOfPiece: PictureScope = (request) => {
  const { startUs } = request.params as Record<string, string>;
  const fromMs = Math.floor(Number(startUs) / 1_000);
  return [{ cameraId: idOf(request), fromMs, toMs: fromMs + longestPieceMs }];
};

/** A body with `cameras`, `fromMs` and `toMs`. */
export const picturesOfBody: PictureScope = (request) => {
  const { cameras, fromMs, toMs } = request.body as {
    cameras: readonly CameraId[];
    fromMs: number;
    toMs: number;
  };
  return cameras.map((cameraId) => ({ cameraId, fromMs, toMs }));
};

function idOf(request: FastifyRequest): CameraId {
  return Number((request.params as Record<string, string>).id);
}
