import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { acknowledgeAlert } from '../../use-cases/acknowledge-alert.ts';
import type { CameraMonitor } from '../../use-cases/monitor-cameras.ts';
import {
  listAlerts,
  listCameras,
  listStations,
  readCamera,
  readStation,
} from '../../use-cases/read-status.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  AcknowledgeBodySchema,
  AlertsQuerySchema,
  AlertViewSchema,
  answers,
  CameraDetailSchema,
  CameraParamsSchema,
  CameraViewSchema,
  StationDetailSchema,
  StationParamsSchema,
  StationViewSchema,
} from '../schemas.ts';

const alertsLimit = { usual: 200, most: 1_000 } as const;

/** Stations, cameras and alerts as people see them. */
export function addStatusRoutes(
  app: App,
  { sql, clock, monitor }: { sql: Sql; clock: Clock; monitor: CameraMonitor },
): void {
  app.get(
    '/api/stations',
    {
      config: { access: 'status.read' },
      schema: { response: answers(Type.Array(StationViewSchema)) },
    },
    async () => await listStations(sql),
  );

  app.get(
    '/api/stations/:code',
    {
      config: { access: 'status.read' },
      schema: {
        params: StationParamsSchema,
        response: answers(StationDetailSchema),
      },
    },
    async (request) => await readStation(sql, monitor, request.params.code),
  );

  app.get(
    '/api/cameras',
    {
      config: { access: 'status.read' },
      schema: { response: answers(Type.Array(CameraViewSchema)) },
    },
    async () => await listCameras(sql, monitor),
  );

  app.get(
    '/api/cameras/:id',
    {
      config: { access: 'status.read' },
      schema: {
        params: CameraParamsSchema,
        response: answers(CameraDetailSchema),
      },
    },
    async (request) => await readCamera(sql, monitor, Number(request.params.id)),
  );

  app.get(
    '/api/alerts',
    {
      config: { access: 'alert.read' },
      schema: {
        summary: 'Alerts, newest first; `open` includes acknowledged ones',
        querystring: AlertsQuerySchema,
        response: answers(Type.Array(AlertViewSchema)),
      },
    },
    async (request) => {
      const { state, before, limit } = request.query;
      return await listAlerts(sql, {
        ...(state === 'open' || state === 'closed' ? { state } : {}),
        ...(before === undefined ? {} : { before: Number(before) }),
        limit: Math.min(limit === undefined ? alertsLimit.usual : Number(limit), alertsLimit.most),
      });
    },
  );

  app.post(
    '/api/alerts/:id/acknowledge',
    {
      config: { access: 'alert.acknowledge' },
      schema: {
        params: CameraParamsSchema,
        body: AcknowledgeBodySchema,
        response: answers(AlertViewSchema),
      },
    },
    async (request) =>
      await acknowledgeAlert(
        sql,
        {
          alertId: Number(request.params.id),
          version: request.body.version,
          username: signedIn(request).username,
          address: request.ip,
        },
        clock.nowMs(),
      ),
  );
}
