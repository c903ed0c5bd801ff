import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../../store/audit-store.ts';
import type { Sql } from '../../store/database.ts';
import { readTransitionsBefore } from '../../store/health-store.ts';
import { readWatchPolicy, storeWatchPolicy } from '../../store/watch-store.ts';
import type { CameraMonitor } from '../../use-cases/camera-monitor.ts';
import { readAvailability } from '../../use-cases/read-availability.ts';
import { readCameraHealth, readHealthTable } from '../../use-cases/read-camera-health.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  AvailabilityQuerySchema,
  CameraAvailabilitySchema,
  CameraHealthViewSchema,
  CameraTransitionsSchema,
  HealthQuerySchema,
  HealthTableSchema,
  StatesQuerySchema,
  WatchPolicySchema,
} from '../health-schemas.ts';
import { answers, CameraParamsSchema } from '../schemas.ts';

const transitionsLimit = { usual: 100, most: 1_000 } as const;
/** A view is not taken while another one of the same camera is still on its way. */
const shortestViewMs = 10_000;

/** How cameras are: now, lately and over time; and how often they are looked at. */
export function addHealthRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly monitor: CameraMonitor;
    readonly owns: (cameraId: CameraId) => boolean;
    readonly known: (cameraId: CameraId) => boolean;
  },
): void {
  const { sql, clock, monitor, owns, known } = options;

  app.get(
    '/api/health/cameras',
    {
      config: { access: 'status.read' },
      schema: {
        summary: 'Health of every camera, column by column',
        querystring: HealthQuerySchema,
        response: answers(HealthTableSchema),
      },
    },
    async (request) => {
      const { state, district, station } = request.query;
      const wanted = state?.split(',') ?? [];
      const states = cameraStateKinds.filter((kind) => wanted.includes(kind));
      if (states.length < wanted.length) {
        throw new Fault('REQUEST_INVALID', `state: there is no state ${state}`);
      }
      return await readHealthTable(
        { sql, monitor, owns },
        {
          ...(state === undefined ? {} : { states }),
          ...(district === undefined ? {} : { districtCode: district }),
          ...(station === undefined ? {} : { stationCode: station }),
        },
        clock.nowMs(),
      );
    },
  );

  app.get(
    '/api/cameras/:id/health',
    {
      config: { access: 'status.read' },
      schema: { params: CameraParamsSchema, response: answers(CameraHealthViewSchema) },
    },
    async (request) =>
      await readCameraHealth(
        { sql, monitor, owns },
        Number(request.params.id),
        known,
        clock.nowMs(),
      ),
  );

  app.get(
    '/api/cameras/:id/states',
    {
      config: { access: 'status.read' },
      schema: {
        summary: 'Transitions of the state, newest first',
        params: CameraParamsSchema,
        querystring: StatesQuerySchema,
        response: answers(CameraTransitionsSchema),
      },
    },
    async (request) => {
      const { before, limit } = request.query;
      return await readTransitionsBefore(
        sql,
        Number(request.params.id),
        before === undefined ? clock.nowMs() + 1 : Number(before),
        Math.min(Number(limit ?? transitionsLimit.usual), transitionsLimit.most),
      );
    },
  );

  app.get(
    '/api/cameras/:id/availability',
    {
      config: { access: 'status.read' },
      schema: {
        params: CameraParamsSchema,
        querystring: AvailabilityQuerySchema,
        response: answers(CameraAvailabilitySchema),
      },
    },
    async (request) =>
      await readAvailability(
        sql,
        Number(request.params.id),
        { fromMs: Number(request.query.fromMs), toMs: Number(request.query.toMs) },
        clock.nowMs(),
      ),
  );

  app.get(
    '/api/settings/watch',
    { config: { access: 'status.read' }, schema: { response: answers(WatchPolicySchema) } },
    async () => await readWatchPolicy(sql),
  );

  app.put(
    '/api/settings/watch',
    {
      config: { access: 'setting.manage' },
      schema: { body: WatchPolicySchema, response: answers(WatchPolicySchema) },
    },
    async (request) => {
      const policy = request.body;
      if (policy.viewEveryMs !== 0 && policy.viewEveryMs < shortestViewMs) {
        throw new Fault('REQUEST_INVALID', 'viewEveryMs must be 0 or at least 10000');
      }
      const nowMs = clock.nowMs();
      await sql.begin(async (tx) => {
        await storeWatchPolicy(tx, policy, nowMs);
        await addAudit(
          tx,
          {
            actor: signedIn(request).username,
            address: request.ip,
            action: 'setting.watch',
            subject: null,
            details: { sweepEveryMs: policy.sweepEveryMs, viewEveryMs: policy.viewEveryMs },
          },
          nowMs,
        );
      });
      return policy;
    },
  );
}
