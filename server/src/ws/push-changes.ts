import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { readAlerts } from '../store/alert-store.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { readStations } from '../store/station-store.ts';
import type { CameraMonitor } from '../use-cases/monitor-cameras.ts';
import { listCameras } from '../use-cases/read-status.ts';
import type { BrowserHub } from './browser-hub.ts';

/** Changes gather this long, so that a storm is read in few statements. */
const gatherForMs = 30;
/** While many cameras are registered the plan changes all the time: browsers load lists so often. */
const reloadEveryMs = 2_000;

/** Turns changes of the database into what browsers are told. */
export function createChangePusher(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly monitor: CameraMonitor;
  readonly hub: Pick<BrowserHub, 'push' | 'clients'>;
}): { readonly changed: (change: Change) => void; readonly stop: () => Promise<void> } {
  const { sql, clock, log, monitor, hub } = options;
  let cameraIds = new Set<CameraId>();
  let alertIds = new Set<number>();
  let reload = false;
  let reloadedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;
  let stopped = false;
  let waiting: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  const reloadWaitMs = () => reloadedAtMs + reloadEveryMs - clock.nowMs();

  const pass = async () => {
    const [cameras, alerts] = [cameraIds, alertIds];
    [cameraIds, alertIds] = [new Set(), new Set()];
    if (reload && reloadWaitMs() <= 0) {
      reload = false;
      reloadedAtMs = clock.nowMs();
      hub.push({ type: 'reload' });
    }
    if (hub.clients() === 0) return;
    const pushed = new Set<string>();
    if (alerts.size > 0) {
      const views = await readAlerts(sql, { ids: [...alerts], limit: alerts.size });
      // Oldest first, as they happened.
      for (const alert of views.toReversed()) {
        hub.push({ type: 'alert', alert });
        pushed.add(alert.stationCode);
      }
    }
    if (cameras.size > 0) {
      for (const view of await listCameras(sql, monitor, { ids: [...cameras] })) {
        const { id, state, sinceMs, fault, lastFrameMs, recording } = view;
        hub.push({ type: 'camera', id, state, sinceMs, fault, lastFrameMs, recording });
      }
    }
    const stations = [
      ...(cameras.size > 0 ? await readStations(sql, { cameraIds: [...cameras] }) : []),
      ...(pushed.size > 0 ? await readStations(sql, { codes: [...pushed] }) : []),
    ];
    for (const station of new Map(stations.map((view) => [view.code, view])).values()) {
      const { code, state, sinceMs, cameras: count, down, openAlertId } = station;
      hub.push({ type: 'station', code, state, sinceMs, cameras: count, down, openAlertId });
    }
  };

  const schedule = () => {
    if (stopped || running !== null) return;
    const onlyReload = cameraIds.size === 0 && alertIds.size === 0;
    const waitMs = onlyReload ? Math.max(gatherForMs, reloadWaitMs()) : gatherForMs;
    const dueMs = clock.nowMs() + waitMs;
    if (waiting !== null && waiting.dueMs <= dueMs) return;
    waiting?.cancel();
    const cancel = clock.after(waitMs, () => {
      waiting = null;
      running = pass()
        .catch((error) => {
          // What was missed is not known any more: browsers load everything again.
          log.warn({ err: error }, 'changes could not be read');
          hub.push({ type: 'reload' });
        })
        .finally(() => {
          running = null;
          if (cameraIds.size > 0 || alertIds.size > 0 || reload) schedule();
        });
    });
    waiting = { dueMs, cancel };
  };

  return {
    changed(change) {
      switch (change.topic) {
        case 'cameras':
          for (const id of change.ids) cameraIds.add(id);
          break;
        case 'alert':
          alertIds.add(change.id);
          break;
        case 'plan':
        case 'resumed':
          reload = true;
          break;
        case 'outbox':
          return;
      }
      schedule();
    },
    async stop() {
      stopped = true;
      waiting?.cancel();
      await running;
    },
  };
}
