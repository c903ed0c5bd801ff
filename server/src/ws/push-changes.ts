import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { phaseWithoutClock } from '@nigehban/domain/election-phase.ts';
import { readAlerts } from '../store/alert-store.ts';
import { type CameraDelta, readCameraDeltas } from '../store/camera-delta-store.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { readIncidents } from '../store/incident-store.ts';
import { readDistrictPhases } from '../store/phase-store.ts';
import { readStationDeltas } from '../store/station-state-store.ts';
import type { BrowserHub, Push } from './browser-hub.ts';

/** A lone change is told at once; */
const gatherForMs = 30;
/** while they keep coming so long lies between two passes, so that a storm is read in few statements, */
const gatherInStormForMs = 200;
/** and so long at most where reading and telling takes its time: what comes first is storing. */
const longestGatherMs = 1_500;
/** While many cameras are registered the plan changes all the time: browsers load lists so often. */
const reloadEveryMs = 2_000;
/** An incident's numbers change with every station that joins it, and reading it reads its alerts. */
const incidentsEveryMs = 1_000;
/** More at once than this are cheaper to load anew, for the browser too. */
const mostChanges = 40_000;

/** Ids of what changed and is not told yet. */
interface Waiting {
  readonly cameras: Set<number>;
  readonly stations: Set<number>;
  readonly alerts: Set<number>;
  readonly incidents: Set<number>;
}

/** Turns changes of the database into what browsers are told, in batches. */
export function createChangePusher(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** From memory; null when only the database knows. */
  readonly cameraDelta: (cameraId: CameraId) => CameraDelta | null;
  readonly hub: Pick<BrowserHub, 'pushAll' | 'clients'>;
}): { readonly changed: (change: Change) => void; readonly stop: () => Promise<void> } {
  const { sql, clock, log, cameraDelta, hub } = options;
  const nothing = (): Waiting => ({
    cameras: new Set(),
    stations: new Set(),
    alerts: new Set(),
    incidents: new Set(),
  });
  let changes = nothing();
  let phases = false;
  let reload = false;
  let reloadedAtMs = Number.NEGATIVE_INFINITY;
  let incidentsAtMs = Number.NEGATIVE_INFINITY;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  let running: Promise<void> | null = null;
  let stopped = false;
  let waiting: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  /** Until so long after the last time; at once when the clock was set back since. */
  const waitMsAfter = (lastMs: number, everyMs: number) => {
    const sinceMs = clock.nowMs() - lastMs;
    return sinceMs < 0 ? 0 : everyMs - sinceMs;
  };
  const reloadWaitMs = () => waitMsAfter(reloadedAtMs, reloadEveryMs);
  const incidentsWaitMs = () => waitMsAfter(incidentsAtMs, incidentsEveryMs);
  const countUrgent = () => changes.cameras.size + changes.stations.size + changes.alerts.size;
  const count = () => countUrgent() + changes.incidents.size;

  const pass = async () => {
    if (count() > mostChanges) {
      reload = true;
      changes = nothing();
    }
    const { cameras, stations, alerts } = changes;
    const incidents = incidentsWaitMs() <= 0 ? changes.incidents : new Set<number>();
    if (incidents.size > 0) incidentsAtMs = clock.nowMs();
    const tellPhases = phases;
    changes = {
      ...nothing(),
      incidents: incidents.size > 0 ? new Set() : changes.incidents,
    };
    phases = false;
    const messages: Push[] = [];
    if (reload && reloadWaitMs() <= 0) {
      reload = false;
      reloadedAtMs = clock.nowMs();
      messages.push({ type: 'reload' });
    }
    if (hub.clients() === 0) {
      changes = nothing();
      return;
    }
    const known = new Map<CameraId, CameraDelta>();
    for (const id of cameras) {
      const delta = cameraDelta(id);
      if (delta !== null) known.set(id, delta);
    }
    const unknown = [...cameras].filter((id) => !known.has(id));
    // Together: what a browser is told of a station is as old as what it is told of its alert.
    const [alertViews, cameraViews, incidentViews] = await Promise.all([
      alerts.size === 0 ? [] : readAlerts(sql, { ids: [...alerts], limit: alerts.size }),
      unknown.length === 0 ? [] : readCameraDeltas(sql, unknown),
      incidents.size === 0
        ? []
        : readIncidents(sql, { ids: [...incidents], limit: incidents.size }),
    ]);
    const stationViews =
      cameras.size + stations.size + alerts.size === 0
        ? []
        : await readStationDeltas(sql, {
            cameraIds: [...cameras],
            stationIds: [...stations],
            alertIds: [...alerts],
          });
    // Oldest first, as they happened.
    for (const alert of alertViews.toReversed()) messages.push({ type: 'alert', alert });
    for (const incident of incidentViews.toReversed())
      messages.push({ type: 'incident', incident });
    for (const camera of [...known.values(), ...cameraViews]) {
      messages.push({ type: 'camera', ...camera });
    }
    for (const station of stationViews) messages.push({ type: 'station', ...station });
    if (tellPhases) {
      const districts = await readDistrictPhases(sql);
      messages.push({
        type: 'phase',
        districts: districts.map(({ districtCode, phase }) => ({
          districtCode,
          phase: phase ?? phaseWithoutClock,
        })),
      });
    }
    hub.pushAll(messages);
  };

  const schedule = () => {
    if (stopped || running !== null) return;
    const sinceMs = clock.nowMs() - endedAtMs;
    const inStormMs = Math.min(longestGatherMs, Math.max(gatherInStormForMs, 2 * tookMs));
    // Not from now on: stores that come as often as this are each told when they are there.
    const isStorm = sinceMs >= 0 && sinceMs < 2 * gatherInStormForMs;
    const gatherMs = isStorm ? Math.max(gatherForMs, inStormMs - sinceMs) : gatherForMs;
    const urgent = countUrgent() > 0 || phases;
    const laterMs = Math.min(
      reload ? reloadWaitMs() : Number.POSITIVE_INFINITY,
      changes.incidents.size > 0 ? incidentsWaitMs() : Number.POSITIVE_INFINITY,
    );
    const waitMs = urgent ? gatherMs : Math.max(gatherMs, laterMs);
    const dueMs = clock.nowMs() + waitMs;
    if (waiting !== null && waiting.dueMs <= dueMs) return;
    waiting?.cancel();
    const cancel = clock.after(waitMs, () => {
      waiting = null;
      const beganMs = clock.nowMs();
      running = pass()
        .catch((error) => {
          // What was missed is not known any more: browsers load everything again.
          log.warn({ err: error }, 'changes could not be read');
          hub.pushAll([{ type: 'reload' }]);
        })
        .finally(() => {
          running = null;
          endedAtMs = clock.nowMs();
          tookMs = Math.max(0, endedAtMs - beganMs);
          if (count() > 0 || phases || reload) schedule();
        });
    });
    waiting = { dueMs, cancel };
  };

  const add = (set: Set<number>, ids: readonly number[]) => {
    for (const id of ids) set.add(id);
  };
  return {
    changed(change) {
      switch (change.topic) {
        case 'cameras':
          add(changes.cameras, change.ids);
          break;
        case 'stations':
          add(changes.stations, change.ids);
          break;
        case 'alerts':
          add(changes.alerts, change.ids);
          break;
        case 'incidents':
          add(changes.incidents, change.ids);
          break;
        case 'phases':
          phases = true;
          break;
        case 'plan':
        case 'resumed':
          reload = true;
          break;
        default:
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
