import type { CameraStateKind } from './camera-state.ts';
import type { IncidentCause, IncidentCauseKind } from './incident.ts';

/** What a polling station shares with others, and so what can fail for all of them at once. */
export interface StationTies {
  readonly stationId: number;
  readonly districtCode: string;
  readonly buildingId: number | null;
  readonly uplink: string | null;
  readonly feeder: string | null;
  /** Media node of most of its cameras; null: none has one. */
  readonly nodeId: string | null;
}

/** Stations that share something. */
export interface OutageGroup {
  readonly cause: IncidentCause;
  readonly stationIds: readonly number[];
}

/** Stations by what they share, made once for a plan. */
export interface OutageContext {
  readonly groups: ReadonlyMap<string, OutageGroup>;
  readonly groupsOf: ReadonlyMap<number, readonly string[]>;
  readonly districtOf: ReadonlyMap<number, string>;
  readonly nodeOf: ReadonlyMap<number, string | null>;
  readonly districtSizes: ReadonlyMap<string, number>;
}

export function groupKey({ kind, key }: IncidentCause): string {
  return `${kind} ${key}`;
}

/** Groups stations by building, feeder, uplink, district, media node, and all of them as the province. */
export function buildOutageContext(stations: readonly StationTies[]): OutageContext {
  const lists = new Map<string, { cause: IncidentCause; stationIds: number[] }>();
  const groupsOf = new Map<number, string[]>();
  const districtSizes = new Map<string, number>();
  const join = (station: StationTies, kind: IncidentCauseKind, key: string | null) => {
    if (key === null) return;
    const cause = { kind, key };
    const name = groupKey(cause);
    const group = lists.get(name) ?? { cause, stationIds: [] };
    lists.set(name, group);
    group.stationIds.push(station.stationId);
    const own = groupsOf.get(station.stationId) ?? [];
    groupsOf.set(station.stationId, own);
    own.push(name);
  };
  for (const station of stations) {
    join(station, 'building', station.buildingId === null ? null : String(station.buildingId));
    join(station, 'feeder', station.feeder);
    join(station, 'uplink', station.uplink);
    join(station, 'district', station.districtCode);
    join(station, 'media-node', station.nodeId);
    join(station, 'province', '');
    const size = districtSizes.get(station.districtCode) ?? 0;
    districtSizes.set(station.districtCode, size + 1);
  }
  return {
    groups: lists,
    groupsOf,
    districtOf: new Map(stations.map((s) => [s.stationId, s.districtCode])),
    nodeOf: new Map(stations.map((s) => [s.stationId, s.nodeId])),
    districtSizes,
  };
}

/** An open outage alert of a station. */
export interface OutageAlert {
  readonly alertId: number;
  readonly stationId: number;
  /** When it opened, or opened again. */
  readonly beganAtMs: number;
  /** Of its first camera that is down; null: none is. */
  readonly state: CameraStateKind | null;
  readonly expected: boolean;
  /** Share of the station's cameras that are down, 0 to 1. */
  readonly downShare: number;
  readonly incidentId: number | null;
}

/** Percent of the alerts by state, the most frequent first. */
export function shareByState(members: readonly OutageAlert[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { state } of members) {
    if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const percent = [...counts].map(
    ([state, count]) => [state, Math.round((100 * count) / members.length)] as const,
  );
  return Object.fromEntries(percent.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
