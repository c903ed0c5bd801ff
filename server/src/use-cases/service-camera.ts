import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraProbeView } from '@nigehban/domain/api/http-types.ts';
import type {
  PingView,
  RebootView,
  TimeView,
  TryCredentialsBody,
  TryCredentialsView,
} from '@nigehban/domain/api/tool-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import { storeClockOffset } from '../store/health-store.ts';
import type { Person } from './approve-view.ts';
import { type CameraDirectory, streamOf } from './camera-directory.ts';
import type { Credentials } from './rotate-credentials.ts';

/** The technician's tools: every use is audited with its outcome. */
export interface CameraTools {
  /** @throws Fault CAMERA_UNKNOWN, CAMERA_TOOL_BUSY, GATEWAY_UNAVAILABLE */
  ping(cameraId: CameraId, person: Person): Promise<PingView>;
  probe(cameraId: CameraId, person: Person): Promise<CameraProbeView>;
  /** @throws Fault as ping, and CAMERA_… */
  setTime(cameraId: CameraId, person: Person): Promise<TimeView>;
  reboot(cameraId: CameraId, person: Person): Promise<RebootView>;
  /** One attempt; accepted ones are kept when that was asked for. */
  tryCredentials(
    cameraId: CameraId,
    body: TryCredentialsBody,
    person: Person,
  ): Promise<TryCredentialsView>;
  /** JPEG of this moment. */
  snapshot(cameraId: CameraId, person: Person): Promise<Buffer>;
}

const toolEveryMs = 2_000;
const rebootEveryMs = 60_000;
const pingWithinMs = 10_000;
const serviceWithinMs = 20_000;
const mostRemembered = 10_000;

export function createCameraTools(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly directory: CameraDirectory;
  readonly credentials: Credentials;
  readonly requestGateway: RequestGateway;
  readonly probe: (cameraId: CameraId) => Promise<CameraProbeView>;
  readonly snapshot: (cameraId: CameraId) => Promise<Buffer>;
}): CameraTools {
  const { sql, clock, directory, requestGateway } = options;
  /** When each camera may be asked again, by kind of use. */
  const freeAtMs = new Map<string, number>();

  const take = (key: string, everyMs: number) => {
    const nowMs = clock.nowMs();
    const free = freeAtMs.get(key) ?? 0;
    if (nowMs < free) {
      const waitMs = free - nowMs;
      throw new Fault('CAMERA_TOOL_BUSY', `The camera may be asked again in ${waitMs} ms`, {
        details: { waitMs },
      });
    }
    freeAtMs.delete(key);
    freeAtMs.set(key, nowMs + everyMs);
    const [oldest] = freeAtMs.keys();
    if (freeAtMs.size > mostRemembered && oldest !== undefined) freeAtMs.delete(oldest);
  };

  const use = async <T>(
    tool: string,
    cameraId: CameraId,
    person: Person,
    work: (
      target: { endpoint: NonNullable<ReturnType<CameraDirectory['get']>['endpoint']> } & Omit<
        ReturnType<CameraDirectory['get']>,
        'endpoint'
      >,
    ) => Promise<T>,
    detailsOf: (
      result: T,
    ) => Readonly<Record<string, string | number | boolean | null>> = () => ({}),
  ): Promise<T> => {
    const entry = directory.get(cameraId);
    const { endpoint } = entry;
    if (endpoint === null) {
      throw new Fault('CAMERA_UNREACHABLE', 'The plan gives no address of this camera');
    }
    take(String(cameraId), toolEveryMs);
    if (tool === 'reboot') take(`${cameraId} reboot`, rebootEveryMs);
    const { username: actor, address } = person;
    const note = (details: Readonly<Record<string, string | number | boolean | null>>) =>
      addAudit(
        sql,
        { actor, address, action: `camera.${tool}`, subject: entry.asset.code, details },
        clock.nowMs(),
      );
    try {
      const result = await work({ ...entry, endpoint });
      await note(detailsOf(result));
      return result;
    } catch (thrown) {
      await note({ fault: thrown instanceof Fault ? thrown.code : 'INTERNAL' });
      throw thrown;
    }
  };

  return {
    ping: (cameraId, person) =>
      use('ping', cameraId, person, ({ asset, endpoint }) => {
        const url = streamOf(asset, 'main')?.url;
        const rtspPort = url === undefined ? null : Number(new URL(url).port || 554);
        return requestGateway('gateway.ping', { endpoint, rtspPort }, pingWithinMs);
      }),
    probe: (cameraId, person) =>
      use(
        'probe',
        cameraId,
        person,
        () => options.probe(cameraId),
        (view) => ({
          fault: view.fault?.code ?? null,
        }),
      ),
    setTime: (cameraId, person) =>
      use(
        'time',
        cameraId,
        person,
        async ({ endpoint, credentials }) => {
          const set = await requestGateway(
            'gateway.set-time',
            { endpoint, credentials },
            serviceWithinMs,
          );
          await storeClockOffset(sql, cameraId, set.afterMs);
          return set;
        },
        (view) => ({ ...view }),
      ),
    reboot: (cameraId, person) =>
      use('reboot', cameraId, person, ({ endpoint, credentials }) =>
        requestGateway('gateway.reboot', { endpoint, credentials }, serviceWithinMs),
      ),
    async tryCredentials(cameraId, body, person) {
      const { username, password } = body;
      const tried = await use(
        'try-credentials',
        cameraId,
        person,
        ({ endpoint }) =>
          requestGateway(
            'gateway.try-credentials',
            { endpoint, credentials: { username, password } },
            serviceWithinMs,
          ),
        ({ accepted }) => ({ accepted, username }),
      );
      const stored = tried.accepted && body.store;
      if (stored) {
        await options.credentials.set({ username, password, cameraIds: [cameraId] }, person);
      }
      return { ...tried, stored };
    },
    snapshot: (cameraId, person) =>
      use('snapshot', cameraId, person, () => options.snapshot(cameraId)),
  };
}
