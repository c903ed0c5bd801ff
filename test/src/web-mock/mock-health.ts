import type { CameraAvailability, HealthTable } from '@nigehban/domain/api/health-types.ts';
import { planAvailabilityDays, sumAvailability } from '@nigehban/domain/availability.ts';
import { degradedReasonKinds, faultOfReason } from '@nigehban/domain/camera-health.ts';
import { cameraStateKinds, isDown } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { defaultWatchPolicy } from '@nigehban/domain/watch-orders.ts';
import type { MockFleet } from './mock-fleet.ts';
import type { MockPart } from './mock-part.ts';

const dayMs = 86_400_000;
const firmwares = ['5.7.14 build 231120', '5.7.9', 'V2.840.0000000.28.R'];
const pakistanMs = 5 * 3_600_000;

/** Cameras whose clock is wrong, until a technician sets it. */
export type MockClocks = Map<number, number>;

export function clockOf(clocks: MockClocks, id: number): number {
  return clocks.get(id) ?? (id % 7 === 4 ? 8_240 : -84);
}

/** How every camera is: table, details, availability. */
export function createMockHealth(fleet: MockFleet, clocks: MockClocks): MockPart {
  return ({ path: [resource, id, part], query, nowMs }) => {
    if (resource === 'settings') return defaultWatchPolicy;
    if (resource === 'health') return healthTable(fleet, clocks, nowMs);
    if (part === 'states') return [];
    if (part !== 'availability') return undefined;
    const fromMs = Number(query.get('fromMs'));
    return availability(Number(id), fromMs, Math.min(nowMs, Number(query.get('toMs'))));
  };
}

function healthTable(fleet: MockFleet, clocks: MockClocks, nowMs: number): HealthTable {
  const { cameras } = fleet;
  const stations = fleet.stations.map(({ code }) => code);
  const stationAt = new Map(stations.map((code, index) => [code, index]));
  const districts = [...new Set(fleet.stations.map(({ districtCode }) => districtCode))];
  const faults = [...new Set(cameras.flatMap(({ fault }) => fault ?? []))] as FaultCode[];
  const station = cameras.map(({ stationCode }) => stationAt.get(stationCode) ?? 0);
  const down = cameras.map(({ state }) => isDown(state));
  const reasonOf = (id: number, index: number): number =>
    cameras[index]?.state === 'DEGRADED'
      ? 1 << degradedReasonKinds.indexOf(id % 2 === 0 ? 'packet-loss' : 'low-frame-rate')
      : Math.abs(clockOf(clocks, id)) > 5_000 && cameras[index]?.state === 'ONLINE'
        ? 1 << degradedReasonKinds.indexOf('clock-offset')
        : 0;
  return {
    nowMs,
    states: cameraStateKinds,
    reasonKinds: degradedReasonKinds,
    stations,
    districts,
    faults,
    firmwares,
    counts: cameraStateKinds.map((kind) => cameras.filter(({ state }) => state === kind).length),
    cameras: {
      id: cameras.map(({ id }) => id),
      code: cameras.map(({ code }) => code),
      placement: cameras.map(({ placement }) => placement),
      station,
      district: station.map((at) => districts.indexOf(fleet.stations[at]?.districtCode ?? '')),
      state: cameras.map(({ state }) => cameraStateKinds.indexOf(state)),
      reasons: cameras.map(({ id }, index) => reasonOf(id, index)),
      sinceMs: cameras.map(({ sinceMs }) => sinceMs),
      fault: cameras.map(({ fault }) => (fault === null ? -1 : faults.indexOf(fault))),
      frameRateFps: down.map((is, index) => (is ? null : index % 9 === 3 ? 7.4 : 15)),
      bitrateKbps: down.map((is, index) => (is ? null : 820 + ((index * 37) % 400))),
      lossPercent: down.map((is, index) => (is ? null : index % 11 === 5 ? 4.2 : 0.1)),
      clockOffsetMs: cameras.map(({ id }) => clockOf(clocks, id)),
      lastSeenMs: cameras.map(({ sinceMs }, index) =>
        down[index] ? sinceMs : nowMs - (index % 13 === 12 ? 95_000 : 300),
      ),
      flapping: cameras.map(({ id }) => (id % 17 === 0 ? 1 : 0)),
      registered: cameras.map(({ registered }) => (registered ? 1 : 0)),
      recording: cameras.map(({ recording }) => (recording ? 1 : 0)),
      firmware: cameras.map(({ id }) => id % firmwares.length),
    },
  };
}

/** Fourteen days: nothing known at first, an outage on the fourth day before today. */
function availability(id: number, fromMs: number, toMs: number): CameraAvailability {
  const outageMs = toMs - 4.4 * dayMs;
  const interval = (startMs: number, endMs: number, kind: 'up' | 'down' | 'unknown') => ({
    fromMs: startMs,
    toMs: endMs,
    verdict: kind,
    cause: kind === 'down' ? ('network' as const) : null,
    state: kind === 'up' ? 'ONLINE' : kind === 'down' ? 'UNREACHABLE' : 'UNKNOWN',
    fault: kind === 'down' ? ('CAMERA_UNREACHABLE' as const) : null,
  });
  const knownMs = fromMs + 2.5 * dayMs;
  const intervals = [
    interval(fromMs, knownMs, 'unknown'),
    interval(knownMs, outageMs, 'up'),
    interval(outageMs, outageMs + 0.2 * dayMs, 'down'),
    interval(outageMs + 0.2 * dayMs, toMs - dayMs - 300_000, 'up'),
    interval(toMs - dayMs - 300_000, toMs - dayMs, 'down'),
    interval(toMs - dayMs, toMs, 'up'),
  ] as const satisfies readonly unknown[];
  const list = intervals as unknown as CameraAvailability['intervals'];
  return {
    ...sumAvailability(list, fromMs, toMs),
    cameraId: id,
    upSinceMs: toMs - dayMs,
    days: planAvailabilityDays(fromMs, toMs, pakistanMs).map((day) =>
      sumAvailability(list, day.fromMs, day.toMs),
    ),
    intervals: list,
  };
}

/** The reason that a wrong clock is, as the camera's page gets it. */
export function clockReason(offsetMs: number, nowMs: number) {
  return {
    kind: 'clock-offset' as const,
    fault: faultOfReason['clock-offset'],
    sinceMs: nowMs - 600_000,
    evidence: `its clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs < 0 ? 'behind' : 'ahead'}`,
    nextAction: 'Set the camera’s clock (NTP).',
  };
}
