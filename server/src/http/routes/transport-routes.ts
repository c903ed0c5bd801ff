import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { streamTransports } from '@nigehban/domain/link-messages.ts';
import { Type } from 'typebox';
import { addAudit } from '../../store/audit-store.ts';
import { announce } from '../../store/change-feed.ts';
import type { Sql } from '../../store/database.ts';
import { storeTransport } from '../../store/transport-store.ts';
import type { App } from '../app-type.ts';
import { personOf } from '../person-of.ts';
import { answers, CameraParamsSchema } from '../schemas.ts';

const TransportSchema = Type.Object({
  transport: Type.Union(streamTransports.map((transport) => Type.Literal(transport))),
});

/** How a camera's packets are to travel. Its stream is dialled anew; UDP falls back by itself. */
export function addTransportRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  app.put(
    '/api/cameras/:id/transport',
    {
      config: { access: 'camera.service' } as const,
      schema: {
        summary: 'Wish that a camera is pulled over TCP or UDP',
        params: CameraParamsSchema,
        body: TransportSchema,
        response: answers(TransportSchema),
      },
    },
    async (request) => {
      const cameraId = Number(request.params.id);
      const { transport } = request.body;
      const { username: actor, address } = personOf(request);
      await sql.begin(async (tx) => {
        if (!(await storeTransport(tx, cameraId, transport))) {
          throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId}`);
        }
        const action = 'camera.transport';
        const subject = String(cameraId);
        await addAudit(
          tx,
          { actor, address, action, subject, details: { transport } },
          clock.nowMs(),
        );
        await announce(tx, { topic: 'plan' });
      });
      return { transport };
    },
  );
}
