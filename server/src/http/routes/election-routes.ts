import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Sql } from '../../store/database.ts';
import {
  addElection,
  changeElection,
  readPhases,
  removeElection,
} from '../../use-cases/manage-elections.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  ElectionBodySchema,
  ElectionChangeSchema,
  ElectionParamsSchema,
  ElectionRemovalSchema,
  PhasesViewSchema,
} from '../election-schemas.ts';
import { answers } from '../schemas.ts';

/** Elections, their poll-phase clocks, and where every district stands. */
export function addElectionRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  const personOf = (request: Parameters<typeof signedIn>[0]) => ({
    username: signedIn(request).username,
    address: request.ip,
  });
  const config = { access: 'phase.manage' } as const;
  const response = answers(PhasesViewSchema);

  app.get(
    '/api/phases',
    { config: { access: 'status.read' }, schema: { response } },
    async () => await readPhases(sql, clock.nowMs()),
  );

  app.post(
    '/api/elections',
    { config, schema: { body: ElectionBodySchema, response } },
    async (request) => await addElection(sql, request.body, personOf(request), clock.nowMs()),
  );

  app.put(
    '/api/elections/:id',
    { config, schema: { params: ElectionParamsSchema, body: ElectionChangeSchema, response } },
    async (request) => {
      const id = Number(request.params.id);
      return await changeElection(sql, id, request.body, personOf(request), clock.nowMs());
    },
  );

  app.delete(
    '/api/elections/:id',
    {
      config,
      schema: { params: ElectionParamsSchema, querystring: ElectionRemovalSchema, response },
    },
    async (request) => {
      const seen = { id: Number(request.params.id), version: Number(request.query.version) };
      return await removeElection(sql, seen, personOf(request), clock.nowMs());
    },
  );
}
