import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readIncidents } from '../../store/incident-store.ts';
import { escalateIncident } from '../../use-cases/escalate-by-hand.ts';
import {
  acknowledgeIncident,
  assignIncident,
  noteIncident,
  readIncidentDetail,
} from '../../use-cases/incident-life.ts';
import { signedIn } from '../access.ts';
import {
  AlertParamsSchema,
  AssignBodySchema,
  EscalateBodySchema,
  IncidentAcknowledgeBodySchema,
  IncidentViewSchema,
  incidentAcknowledgedSchema,
  incidentDetailSchema,
  ListQuerySchema,
  NoteBodySchema,
} from '../alert-schemas.ts';
import type { App } from '../app-type.ts';
import { AlertViewSchema, answers } from '../schemas.ts';

const limits = { usual: 100, most: 1_000 } as const;
const IncidentDetailSchema = incidentDetailSchema(AlertViewSchema);

/** Incidents: station alerts with one likely cause, and faults of our own. */
export function addIncidentRoutes(app: App, { sql, clock }: { sql: Sql; clock: Clock }): void {
  app.get(
    '/api/incidents',
    {
      config: { access: 'alert.read' },
      schema: {
        summary: 'Incidents, newest first; `open` includes acknowledged ones',
        querystring: ListQuerySchema,
        response: answers(Type.Array(IncidentViewSchema)),
      },
    },
    async (request) => {
      const { state, before, limit } = request.query;
      const incidents = await readIncidents(sql, {
        ...(state === 'open' || state === 'closed' ? { state } : {}),
        ...(before === undefined ? {} : { before: Number(before) }),
        limit: Math.min(limit === undefined ? limits.usual : Number(limit), limits.most),
      });
      return [...incidents];
    },
  );

  app.get(
    '/api/incidents/:id',
    {
      config: { access: 'alert.read' },
      schema: { params: AlertParamsSchema, response: answers(IncidentDetailSchema) },
    },
    async (request) => await readIncidentDetail(sql, Number(request.params.id)),
  );

  app.post(
    '/api/incidents/:id/acknowledge',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        summary: 'Acknowledges the incident and its alerts; tells of those that changed meanwhile',
        params: AlertParamsSchema,
        body: IncidentAcknowledgeBodySchema,
        response: answers(incidentAcknowledgedSchema()),
      },
    },
    async (request) => {
      const { username } = signedIn(request);
      const incidentId = Number(request.params.id);
      const given = { ...request.body, username, address: request.ip, incidentId };
      return await acknowledgeIncident(sql, given, clock.nowMs());
    },
  );

  app.post(
    '/api/incidents/:id/assign',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: AlertParamsSchema,
        body: AssignBodySchema,
        response: answers(IncidentViewSchema),
      },
    },
    async (request) => {
      const { username } = signedIn(request);
      const incidentId = Number(request.params.id);
      const given = { ...request.body, username, address: request.ip, incidentId };
      return await assignIncident(sql, given, clock.nowMs());
    },
  );

  app.post(
    '/api/incidents/:id/escalate',
    {
      config: { access: 'alert.escalate' },
      schema: {
        summary: 'Hands it one level up, with a reason that the people there are told',
        params: AlertParamsSchema,
        body: EscalateBodySchema,
        response: answers(IncidentViewSchema),
      },
    },
    async (request) => {
      const { username, role, displayName } = signedIn(request);
      const incidentId = Number(request.params.id);
      const given = { ...request.body, username, role, displayName, address: request.ip };
      return await escalateIncident(sql, { ...given, incidentId }, clock.nowMs());
    },
  );

  app.post(
    '/api/incidents/:id/notes',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: AlertParamsSchema,
        body: NoteBodySchema,
        response: answers(IncidentDetailSchema),
      },
    },
    async (request) => {
      const { username } = signedIn(request);
      const incidentId = Number(request.params.id);
      const given = { ...request.body, username, address: request.ip, incidentId };
      return await noteIncident(sql, given, clock.nowMs());
    },
  );
}
