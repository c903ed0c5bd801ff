import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Type } from 'typebox';
import { type AlertFilter, readAlerts } from '../../store/alert-store.ts';
import type { Sql } from '../../store/database.ts';
import {
  type ActingPerson,
  acknowledgeAlert,
  assignAlert,
  noteAlert,
  readAlertDetail,
  resolveAlert,
} from '../../use-cases/alert-life.ts';
import { escalateAlert } from '../../use-cases/escalate-by-hand.ts';
import { readWorstAlerts } from '../../use-cases/worst-alerts.ts';
import { signedIn } from '../access.ts';
import {
  AlertParamsSchema,
  AssignBodySchema,
  alertDetailSchema,
  EscalateBodySchema,
  NoteBodySchema,
  ResolveBodySchema,
} from '../alert-schemas.ts';
import type { App } from '../app-type.ts';
import { AcknowledgeBodySchema, AlertsQuerySchema, AlertViewSchema, answers } from '../schemas.ts';

const limits = { usual: 200, most: 1_000 } as const;
const AlertDetailSchema = alertDetailSchema(AlertViewSchema.properties);

/** Alerts and what people do with them. */
export function addAlertRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  app.get(
    '/api/alerts',
    {
      config: { access: 'alert.read' },
      schema: {
        summary:
          'Alerts, newest first; `open` includes acknowledged ones; `rank=worst`: worst first',
        querystring: AlertsQuerySchema,
        response: answers(Type.Array(AlertViewSchema)),
      },
    },
    async (request) => {
      const { state, before, limit, incident, rank } = request.query;
      const filter: AlertFilter = {
        ...(state === 'open' || state === 'closed' ? { state } : {}),
        ...(before === undefined ? {} : { before: Number(before) }),
        ...(incident === undefined ? {} : { incidentId: Number(incident) }),
        limit: Math.min(limit === undefined ? limits.usual : Number(limit), limits.most),
      };
      return [...(await (rank === 'worst' ? readWorstAlerts : readAlerts)(sql, filter))];
    },
  );

  app.get(
    '/api/alerts/:id',
    {
      config: { access: 'alert.read' },
      schema: { params: AlertParamsSchema, response: answers(AlertDetailSchema) },
    },
    async (request) => await readAlertDetail(sql, Number(request.params.id)),
  );

  app.post(
    '/api/alerts/:id/acknowledge',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: AlertParamsSchema,
        body: AcknowledgeBodySchema,
        response: answers(AlertViewSchema),
      },
    },
    async (request) => {
      const given = { ...request.body, ...of(request), alertId: Number(request.params.id) };
      return await acknowledgeAlert(sql, given, clock.nowMs());
    },
  );

  app.post(
    '/api/alerts/:id/assign',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: AlertParamsSchema,
        body: AssignBodySchema,
        response: answers(AlertViewSchema),
      },
    },
    async (request) => {
      const given = { ...request.body, ...of(request), alertId: Number(request.params.id) };
      return await assignAlert(sql, given, clock.nowMs());
    },
  );

  app.post(
    '/api/alerts/:id/notes',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: AlertParamsSchema,
        body: NoteBodySchema,
        response: answers(AlertDetailSchema),
      },
    },
    async (request) => {
      const given = { ...request.body, ...of(request), alertId: Number(request.params.id) };
      return await noteAlert(sql, given, clock.nowMs());
    },
  );

  app.post(
    '/api/alerts/:id/escalate',
    {
      config: { access: 'alert.escalate' },
      schema: {
        summary: 'Hands it one level up, with a reason that the people there are told',
        params: AlertParamsSchema,
        body: EscalateBodySchema,
        response: answers(AlertViewSchema),
      },
    },
    async (request) => {
      const { role, displayName } = signedIn(request);
      const given = { ...request.body, ...of(request), role, displayName };
      return await escalateAlert(
        sql,
        { ...given, alertId: Number(request.params.id) },
        clock.nowMs(),
      );
    },
  );

  app.post(
    '/api/alerts/:id/resolve',
    {
      config: { access: 'alert.manage' },
      schema: {
        summary: 'Resolves with a cause; closes also while cameras are down',
        params: AlertParamsSchema,
        body: ResolveBodySchema,
        response: answers(AlertViewSchema),
      },
    },
    async (request) => {
      const given = { ...request.body, ...of(request), alertId: Number(request.params.id) };
      return await resolveAlert(sql, given, clock.nowMs());
    },
  );
}

function of(request: Parameters<typeof signedIn>[0]): ActingPerson {
  return { username: signedIn(request).username, address: request.ip };
}
