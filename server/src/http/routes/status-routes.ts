import type { ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import type { CameraMonitor } from '../../use-cases/camera-monitor.ts';
import { listCameras, listStations, readCamera, readStation } from '../../use-cases/read-status.ts';
import type { App } from '../app-type.ts';
import {
  answers,
  CameraDetailSchema,
  CameraParamsSchema,
  CameraViewSchema,
  StationDetailSchema,
  StationParamsSchema,
  StationViewSchema,
} from '../schemas.ts';

/** Stations and cameras as people see them. */
export function addStatusRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly monitor: CameraMonitor;
    readonly viewApproval: ViewApprovalPolicy;
  },
): void {
  const { sql, monitor, viewApproval } = options;
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
    async (request) => await readStation(sql, monitor, request.params.code, viewApproval),
  );

  app.get(
    '/api/cameras',
    {
      config: { access: 'status.read' },
      schema: { response: answers(Type.Array(CameraViewSchema)) },
    },
    async () => await listCameras(sql, monitor, {}, viewApproval),
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
    async (request) => await readCamera(sql, monitor, Number(request.params.id), viewApproval),
  );
}
