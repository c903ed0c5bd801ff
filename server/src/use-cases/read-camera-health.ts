import type {
  CameraHealthView,
  DegradedReasonView,
  HealthTable,
} from '@nigehban/domain/api/health-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import {
  degradedReasonKinds,
  type HealthConditions,
  reasonsOf,
} from '@nigehban/domain/camera-health.ts';
import {
  type CameraState,
  cameraStateKinds,
  initialCameraState,
} from '@nigehban/domain/camera-state.ts';
import { Fault, type FaultCode, faultCatalogue } from '@nigehban/domain/faults.ts';
import { loadCameraStates } from '../store/camera-state-store.ts';
import type { Queryable } from '../store/database.ts';
import { type HealthFilter, readHealthRows } from '../store/health-store.ts';
import type { CameraMonitor } from './camera-monitor.ts';

export interface CameraHealthPorts {
  readonly sql: Queryable;
  readonly monitor: Pick<CameraMonitor, 'state' | 'measure' | 'status'>;
  /** True when this process decides about the camera: what it remembers is newest. */
  readonly owns: (cameraId: CameraId) => boolean;
}

/** Reasons in force with what to do about each. */
export function viewReasons(conditions: HealthConditions): readonly DegradedReasonView[] {
  return reasonsOf(conditions).map((reason) => ({
    ...reason,
    nextAction: faultCatalogue[reason.fault].nextAction,
  }));
}

/** @throws Fault CAMERA_UNKNOWN */
export async function readCameraHealth(
  { sql, monitor, owns }: CameraHealthPorts,
  cameraId: CameraId,
  known: (cameraId: CameraId) => boolean,
  nowMs: number,
): Promise<CameraHealthView> {
  if (!known(cameraId)) throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId} in the plan`);
  const own = owns(cameraId) ? monitor.state(cameraId) : null;
  const state =
    own ?? (await loadCameraStates(sql, [cameraId]))[0]?.state ?? initialCameraState(nowMs);
  const { detail } = state;
  const { view, tamper, flap, sweep } = detail;
  const { lastFrameMs } = monitor.status(cameraId);
  return {
    cameraId,
    state: state.kind,
    sinceMs: state.sinceMs,
    fault: state.fault,
    evidence: state.evidence,
    nextAction: state.fault === null ? null : faultCatalogue[state.fault].nextAction,
    reasons: viewReasons(detail.conditions),
    watchedBy: isStreamWatched(state) ? 'stream' : 'sweep',
    sweep: sweep === null ? null : { atMs: sweep.atMs, answers: sweep.lost === null },
    view:
      view === null ? null : { verdict: view.verdict, sinceMs: view.atMs, evidence: view.evidence },
    tamper: tamper === null ? null : { sinceMs: tamper.atMs, evidence: tamper.evidence },
    flapping: flap.sinceMs === null ? null : { sinceMs: flap.sinceMs, breaks: flap.breaks.length },
    lastSeenMs: latest(
      lastFrameMs,
      state.lastFrameMs,
      sweep !== null && sweep.lost === null ? sweep.atMs : null,
    ),
    measure: monitor.measure(cameraId),
  };
}

function isStreamWatched({ flowingSinceMs, stoppedAtMs, detail }: CameraState): boolean {
  return (
    flowingSinceMs !== null || stoppedAtMs !== null || (detail.sweep === null && detail.registered)
  );
}

/** The health of all cameras, or of those of the filter, column by column. */
export async function readHealthTable(
  { sql, monitor }: CameraHealthPorts,
  filter: HealthFilter,
  nowMs: number,
): Promise<HealthTable> {
  const rows = await readHealthRows(sql, filter);
  const stations = new Dictionary<string>();
  const districts = new Dictionary<string>();
  const faults = new Dictionary<FaultCode>();
  const firmwares = new Dictionary<string>();
  const states = new Map(cameraStateKinds.map((kind, index) => [kind, index]));
  const counts: number[] = cameraStateKinds.map(() => 0);
  for (const row of rows) {
    const index = states.get(row.state) ?? 0;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const measures = rows.map((row) => monitor.measure(row.cameraId));
  return {
    nowMs,
    states: cameraStateKinds,
    reasonKinds: degradedReasonKinds,
    counts,
    cameras: {
      id: rows.map((row) => row.cameraId),
      code: rows.map((row) => row.code),
      placement: rows.map((row) => row.placement),
      station: rows.map((row) => stations.index(row.stationCode)),
      district: rows.map((row) => districts.index(row.districtCode)),
      state: rows.map((row) => states.get(row.state) ?? 0),
      reasons: rows.map((row) => bitsOf(row.conditions)),
      sinceMs: rows.map((row) => row.sinceMs),
      fault: rows.map((row) => (row.fault === null ? -1 : faults.index(row.fault))),
      frameRateFps: measures.map((measure) => rounded(measure?.frameRateFps, 10)),
      bitrateKbps: measures.map((measure) => rounded(measure?.bitrateKbps, 1)),
      lossPercent: measures.map((measure) =>
        rounded(measure?.lossShare == null ? null : measure.lossShare * 100, 100),
      ),
      clockOffsetMs: rows.map((row, index) =>
        rounded(measures[index]?.clockOffsetMs ?? row.clockOffsetMs, 1),
      ),
      lastSeenMs: rows.map((row) =>
        latest(monitor.status(row.cameraId).lastFrameMs, row.lastFrameMs, row.sweptMs),
      ),
      flapping: rows.map((row) => (row.flappingSinceMs === null ? 0 : 1)),
      registered: rows.map((row) => (row.registered ? 1 : 0)),
      recording: rows.map((row) => (row.recording ? 1 : 0)),
      firmware: rows.map((row) => (row.firmware === null ? -1 : firmwares.index(row.firmware))),
    },
    stations: stations.values,
    districts: districts.values,
    faults: faults.values,
    firmwares: firmwares.values,
  };
}

class Dictionary<T> {
  readonly values: T[] = [];
  readonly #indices = new Map<T, number>();

  index(value: T): number {
    const known = this.#indices.get(value);
    if (known !== undefined) return known;
    const index = this.values.push(value) - 1;
    this.#indices.set(value, index);
    return index;
  }
}

function bitsOf(conditions: HealthConditions | null): number {
  if (conditions === null) return 0;
  return reasonsOf(conditions).reduce(
    (bits, reason) => bits | (1 << degradedReasonKinds.indexOf(reason.kind)),
    0,
  );
}

function latest(...times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function rounded(value: number | null | undefined, scale: number): number | null {
  return value == null ? null : Math.round(value * scale) / scale;
}
