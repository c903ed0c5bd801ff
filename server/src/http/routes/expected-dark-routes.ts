import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readExpectedDark } from '../../store/expected-dark-store.ts';
import { readSupplies } from '../../store/supply-store.ts';
import {
  addExpectedDark,
  changeExpectedDark,
  endExpectedDark,
} from '../../use-cases/expected-dark.ts';
import { setStationSupply } from '../../use-cases/station-supply.ts';
import { signedIn } from '../access.ts';
import {
  AlertParamsSchema,
  ExpectedDarkBodySchema,
  ExpectedDarkQuerySchema,
  ExpectedDarkViewSchema,
  StationSupplyBodySchema,
  StationSupplyViewSchema,
} from '../alert-schemas.ts';
import type { App } from '../app-type.ts';
import { answers, StationParamsSchema } from '../schemas.ts';
import { SupplyListViewSchema } from '../supply-schemas.ts';

/** What alerts depend on besides cameras and elections: expected darkness, supplies. */
export function addExpectedDarkRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  const personOf = (request: Parameters<typeof signedIn>[0]) => ({
    username: signedIn(request).username,
    address: request.ip,
  });

  app.get(
    '/api/expected-dark',
    {
      config: { access: 'alert.read' },
      schema: {
        summary: 'Expected darkness in force and ahead; `state=all`: also past and cancelled',
        querystring: ExpectedDarkQuerySchema,
        response: answers(Type.Array(ExpectedDarkViewSchema)),
      },
    },
    async (request) => [
      ...(await readExpectedDark(
        sql,
        request.query.state === 'all' ? {} : { endingAfterMs: clock.nowMs() },
      )),
    ],
  );

  app.post(
    '/api/expected-dark',
    {
      config: { access: 'alert.manage' },
      schema: { body: ExpectedDarkBodySchema, response: answers(ExpectedDarkViewSchema) },
    },
    async (request) => await addExpectedDark(sql, request.body, personOf(request), clock.nowMs()),
  );

  app.put(
    '/api/expected-dark/:id',
    {
      config: { access: 'alert.manage' },
      schema: {
        params: AlertParamsSchema,
        body: ExpectedDarkBodySchema,
        response: answers(ExpectedDarkViewSchema),
      },
    },
    async (request) => {
      const id = Number(request.params.id);
      return await changeExpectedDark(sql, id, request.body, personOf(request), clock.nowMs());
    },
  );

  app.delete(
    '/api/expected-dark/:id',
    {
      config: { access: 'alert.manage' },
      schema: { params: AlertParamsSchema, response: answers(ExpectedDarkViewSchema) },
    },
    async (request) =>
      await endExpectedDark(sql, Number(request.params.id), personOf(request), clock.nowMs()),
  );

  app.get(
    '/api/supplies',
    {
      config: { access: 'status.read' },
      schema: {
        summary: 'The uplinks and power feeders that stations hang on',
        response: answers(SupplyListViewSchema),
      },
    },
    async () => await readSupplies(sql),
  );

  app.patch(
    '/api/stations/:code/supply',
    {
      config: { access: 'plan.import' },
      schema: {
        summary: 'Names the uplink and power feeder that a station hangs on',
        params: StationParamsSchema,
        body: StationSupplyBodySchema,
        response: answers(StationSupplyViewSchema),
      },
    },
    async (request) => {
      const { code } = request.params;
      const view = await setStationSupply(
        sql,
        code,
        request.body,
        personOf(request),
        clock.nowMs(),
      );
      if (view === null) throw new Fault('STATION_UNKNOWN', `No polling station ${code}`);
      return view;
    },
  );
}
