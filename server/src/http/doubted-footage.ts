import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type FootageSpan, formatSpans, isDoubted } from '@nigehban/domain/identity-doubt.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { FastifyRequest } from 'fastify';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import { readDoubts } from '../store/identity-doubt-store.ts';
import { signedIn } from './access.ts';

/**
 * Footage of which it is not proved whose it is: left out for everybody. Who may hold footage as
 * evidence sees it with `doubted=1`, which is recorded.
 */
export interface DoubtedFootage {
  /** What is to be left out of a range. @throws Fault PERMISSION_DENIED for who may not ask for all of it */
  withheld(
    request: FastifyRequest,
    cameraId: CameraId,
    fromMs: number,
    toMs: number,
  ): Promise<readonly FootageSpan[]>;
  /** As a node's query. */
  query(spans: readonly FootageSpan[]): string;
  /** @throws Fault FOOTAGE_DOUBTED when the piece that begins there is withheld */
  requirePiece(request: FastifyRequest, cameraId: CameraId, startUs: number): Promise<void>;
}

export function createDoubtedFootage(sql: Sql, clock: Clock): DoubtedFootage {
  const withheld: DoubtedFootage['withheld'] = async (request, cameraId, fromMs, toMs) => {
    const doubts = await readDoubts(sql, cameraId, fromMs, toMs);
    const wish = request.query as { readonly doubted?: string };
    if (wish.doubted !== '1') return doubts;
    const { username: actor, role } = signedIn(request);
    if (!can(role, 'footage.hold')) {
      throw new Fault(
        'PERMISSION_DENIED',
        'Doubted footage is shown to who may hold it as evidence',
      );
    }
    const details = { fromMs, toMs, path: request.routeOptions.url ?? '' };
    const subject = String(cameraId);
    await addAudit(
      sql,
      { actor, address: request.ip, action: 'footage.doubted', subject, details },
      clock.nowMs(),
    );
    return [];
  };
  return {
    withheld,
    query: (spans) => (spans.length === 0 ? '' : `&without=${formatSpans(spans)}`),
    async requirePiece(request, cameraId, startUs) {
      const atMs = Math.floor(startUs / 1_000);
      const doubts = await withheld(request, cameraId, atMs, atMs + 1);
      if (!isDoubted(startUs, doubts)) return;
      throw new Fault('FOOTAGE_DOUBTED', `It is not proved that this is of camera ${cameraId}`);
    },
  };
}
