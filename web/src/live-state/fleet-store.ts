import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView, CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import type { ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';

/** Changes of state that a server message can carry. */
export type FleetDelta = Extract<
  ServerMessage,
  { type: 'camera' | 'station' | 'alert' | 'incident' }
>;

/** The whole of what the console knows at one moment; a new object after each change. */
export interface FleetSnapshot {
  readonly loaded: boolean;
  readonly stations: readonly StationView[];
  readonly cameras: readonly CameraView[];
  /** Alerts that are not closed, newest first. */
  readonly openAlerts: readonly AlertView[];
  /** Incidents that are not closed, in no order. */
  readonly openIncidents: readonly IncidentView[];
  readonly unacknowledged: number;
  /** Server time of the last complete load; null before the first. */
  readonly asOfMs: number | null;
}

export interface FleetLists {
  readonly stations: readonly StationView[];
  readonly cameras: readonly CameraView[];
  readonly openAlerts: readonly AlertView[];
  readonly openIncidents: readonly IncidentView[];
}

const emptySnapshot: FleetSnapshot = {
  loaded: false,
  stations: [],
  cameras: [],
  openAlerts: [],
  openIncidents: [],
  unacknowledged: 0,
  asOfMs: null,
};

/**
 * State of stations, cameras and open alerts: loaded as lists, kept by deltas. Single items are told
 * of at once, lists at most once for each `schedule` call, so that a thousand deltas in a second
 * cost a few renders. Deltas that arrive during a load are applied again after it: they are
 * absolute, so twice does no harm and none is lost.
 */
export class FleetStore {
  readonly #schedule: (run: () => void) => void;
  readonly #cameras = new Map<CameraId, CameraView>();
  readonly #stations = new Map<string, StationView>();
  readonly #alerts = new Map<number, AlertView>();
  readonly #incidents = new Map<number, IncidentView>();
  readonly #listeners = new Set<() => void>();
  readonly #cameraListeners = new Map<CameraId, Set<() => void>>();
  #snapshot: FleetSnapshot = emptySnapshot;
  #loaded = false;
  #asOfMs: number | null = null;
  #scheduled = false;
  #duringLoad: FleetDelta[] | null = null;

  /** `schedule` runs the publication of lists later, for example 100 ms from now. */
  constructor(schedule: (run: () => void) => void) {
    this.#schedule = schedule;
  }

  readonly snapshot = (): FleetSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  camera(id: CameraId): CameraView | null {
    return this.#cameras.get(id) ?? null;
  }

  station(code: string): StationView | null {
    return this.#stations.get(code) ?? null;
  }

  subscribeCamera(id: CameraId, listener: () => void): () => void {
    const listeners = this.#cameraListeners.get(id) ?? new Set();
    listeners.add(listener);
    this.#cameraListeners.set(id, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#cameraListeners.delete(id);
    };
  }

  /** From here to {@link finishLoad} deltas are also kept aside. */
  beginLoad(): void {
    this.#duringLoad = [];
  }

  abandonLoad(): void {
    this.#duringLoad = null;
  }

  finishLoad(lists: FleetLists, nowMs: number): void {
    const aside = this.#duringLoad ?? [];
    this.#duringLoad = null;
    replaceAll(this.#stations, lists.stations, (station) => station.code);
    replaceAll(this.#cameras, lists.cameras, (camera) => camera.id);
    replaceAll(this.#alerts, lists.openAlerts, (alert) => alert.id);
    replaceAll(this.#incidents, lists.openIncidents, (incident) => incident.id);
    for (const delta of aside) this.#apply(delta);
    this.#loaded = true;
    this.#asOfMs = nowMs;
    this.#publish();
    for (const id of this.#cameraListeners.keys()) this.#tellCamera(id);
  }

  apply(delta: FleetDelta): void {
    this.#duringLoad?.push(delta);
    this.#apply(delta);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#publish();
    });
  }

  /** For sign-out: nothing of one person's view may be seen by the next. */
  clear(): void {
    this.#cameras.clear();
    this.#stations.clear();
    this.#alerts.clear();
    this.#incidents.clear();
    this.#loaded = false;
    this.#asOfMs = null;
    this.#duringLoad = null;
    this.#publish();
  }

  #apply(delta: FleetDelta): void {
    switch (delta.type) {
      case 'camera': {
        const camera = this.#cameras.get(delta.id);
        if (camera === undefined) return;
        this.#cameras.set(delta.id, {
          ...camera,
          state: delta.state,
          sinceMs: delta.sinceMs,
          fault: delta.fault,
          lastFrameMs: delta.lastFrameMs,
          recording: delta.recording,
        });
        this.#tellCamera(delta.id);
        return;
      }
      case 'station': {
        const station = this.#stations.get(delta.code);
        if (station === undefined) return;
        this.#stations.set(delta.code, {
          ...station,
          state: delta.state,
          sinceMs: delta.sinceMs,
          cameras: delta.cameras,
          down: delta.down,
          openAlertId: delta.openAlertId,
        });
        return;
      }
      case 'alert':
        applyNewer(this.#alerts, delta.alert);
        return;
      case 'incident':
        applyNewer(this.#incidents, delta.incident);
    }
  }

  #tellCamera(id: CameraId): void {
    for (const listener of this.#cameraListeners.get(id) ?? []) listener();
  }

  #publish(): void {
    const openAlerts = [...this.#alerts.values()].sort(
      (a, b) => b.openedAtMs - a.openedAtMs || b.id - a.id,
    );
    this.#snapshot = {
      loaded: this.#loaded,
      stations: [...this.#stations.values()],
      cameras: [...this.#cameras.values()],
      openAlerts,
      openIncidents: [...this.#incidents.values()],
      unacknowledged: openAlerts.filter((alert) => alert.state === 'open').length,
      asOfMs: this.#asOfMs,
    };
    for (const listener of this.#listeners) listener();
  }
}

/** Takes what is not older than what is known; what is closed leaves. */
function applyNewer<Item extends AlertView | IncidentView>(
  map: Map<number, Item>,
  item: Item,
): void {
  const known = map.get(item.id);
  if (known !== undefined && known.version > item.version) return;
  if (item.state === 'closed') map.delete(item.id);
  else map.set(item.id, item);
}

function replaceAll<Key, Item>(
  map: Map<Key, Item>,
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): void {
  map.clear();
  for (const item of items) map.set(keyOf(item), item);
}
