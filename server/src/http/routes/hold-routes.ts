import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readHolds } from '../../store/hold-store.ts';
import { placeHold, releaseFootage } from '../../use-cases/hold-footage.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import { answers, CameraParamsSchema, HoldBodySchema, HoldViewSchema } from '../schemas.ts';

/** Legal holds: what is kept whatever the policy or a full disk says. */
export function addHoldRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  const config = { access: 'footage.hold' } as const;

  app.get(
    '/api/holds',
    {
      config,
      schema: {
        summary: 'Holds in force, then released ones, newest first',
        response: answers(Type.Array(HoldViewSchema)),
      },
    },
    async () => [...(await readHolds(sql))],
  );

  app.post(
    '/api/holds',
    { config, schema: { body: HoldBodySchema, response: answers(HoldViewSchema) } },
    async (request) => {
      const person = { username: signedIn(request).username, address: request.ip };
      return await placeHold(sql, request.body, person, clock.nowMs());
    },
  );

  app.delete(
    '/api/holds/:id',
    { config, schema: { params: CameraParamsSchema, response: answers(HoldViewSchema) } },
    async (request) => {
      const person = { username: signedIn(request).username, address: request.ip };
      return await releaseFootage(sql, Number(request.params.id), person, clock.nowMs());
    },
  );
}
