import type { HealthTable } from '@nigehban/domain/api/health-types.ts';
import type { CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId, Placement } from '@nigehban/domain/camera.ts';
import { degradedReasonKinds } from '@nigehban/domain/camera-health.ts';
import { type CameraStateKind, cameraStateKinds, isDown } from '@nigehban/domain/camera-state.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import { foldText } from '../stations/station-list.ts';
import { healthPresets } from './health-search.ts';

/** Beyond this a camera's clock counts as drifting. */
export const driftFromMs = 2_000;
/** A camera of which nothing was heard for so long, or for two sweeps, is stale. */
export const staleFromMs = 30_000;

const notKnown = Number.NaN;
const presetBit = new Map(healthPresets.map((preset, index) => [preset, 1 << index]));
const tamperReported = 1 << degradedReasonKinds.indexOf('tamper-reported');
const tampered: readonly CameraStateKind[] = ['COVERED', 'DARK', 'MOVED', 'BLURRED'];

/**
 * The province's cameras column by column, in typed arrays: 29,000 rows filter and sort within a
 * key press. What the health table told is renewed by what the link tells; rows never change place.
 */
export class HealthRows {
  readonly asOfMs: number;
  readonly size: number;
  readonly ids: Int32Array;
  readonly codes: readonly string[];
  readonly placements: readonly Placement[];
  readonly booths: Int16Array;
  readonly stations: readonly StationView[];
  readonly station: Int32Array;
  readonly states: Uint8Array;
  /** Bits: 1 << index into `degradedReasonKinds`. */
  readonly reasons: Int32Array;
  readonly sinceMs: Float64Array;
  readonly faults: (FaultCode | null)[];
  /** NaN where a number is not known, here and below. */
  readonly frameRateFps: Float64Array;
  readonly bitrateKbps: Float64Array;
  readonly lossPercent: Float64Array;
  readonly clockOffsetMs: Float64Array;
  readonly lastSeenMs: Float64Array;
  readonly flapping: Uint8Array;
  readonly registered: Uint8Array;
  readonly recording: Uint8Array;
  readonly unapproved: Uint8Array;
  readonly firmwares: readonly string[];
  readonly firmware: Int32Array;
  /** What a query is looked for in, by station and by camera. */
  readonly stationTexts: readonly string[];
  readonly codeTexts: readonly string[];
  /** Bits of the presets that a row answers; see {@link judgePresets}. */
  readonly presets: Uint8Array;
  readonly #rowOf = new Map<CameraId, number>();

  constructor(
    table: HealthTable,
    cameras: readonly CameraView[],
    stationOf: (code: string) => StationView | null,
  ) {
    const { cameras: columns } = table;
    const views = new Map(cameras.map((camera) => [camera.id, camera]));
    this.asOfMs = table.nowMs;
    this.size = columns.id.length;
    this.ids = Int32Array.from(columns.id);
    this.codes = columns.code;
    this.placements = columns.placement;
    this.booths = Int16Array.from(columns.id, (id) => views.get(id)?.booth ?? 0);
    const districtOf: string[] = [];
    columns.station.forEach((station, row) => {
      districtOf[station] = table.districts[columns.district[row] ?? -1] ?? '';
    });
    this.stations = table.stations.map(
      (code, index) => stationOf(code) ?? unknownStation(code, districtOf[index] ?? ''),
    );
    this.station = Int32Array.from(columns.station);
    const stateOf = table.states.map((kind) => Math.max(0, cameraStateKinds.indexOf(kind)));
    this.states = Uint8Array.from(columns.state, (index) => stateOf[index] ?? 0);
    this.reasons = Int32Array.from(columns.reasons);
    this.sinceMs = Float64Array.from(columns.sinceMs);
    this.faults = columns.fault.map((index) => table.faults[index] ?? null);
    this.frameRateFps = numbers(columns.frameRateFps);
    this.bitrateKbps = numbers(columns.bitrateKbps);
    this.lossPercent = numbers(columns.lossPercent);
    this.clockOffsetMs = numbers(columns.clockOffsetMs);
    this.lastSeenMs = numbers(columns.lastSeenMs);
    this.flapping = Uint8Array.from(columns.flapping);
    this.registered = Uint8Array.from(columns.registered);
    this.recording = Uint8Array.from(columns.recording);
    this.unapproved = new Uint8Array(this.size);
    this.firmwares = table.firmwares;
    this.firmware = Int32Array.from(columns.firmware);
    this.stationTexts = this.stations.map((one) =>
      foldText([one.code, one.name, one.nameUr, one.constituency, one.district].join(' ')),
    );
    this.codeTexts = this.codes.map((code) => code.toLowerCase());
    this.presets = new Uint8Array(this.size);
    columns.id.forEach((id, row) => void this.#rowOf.set(id, row));
    this.take(cameras);
  }

  rowOf(id: CameraId): number | null {
    return this.#rowOf.get(id) ?? null;
  }

  stateOf(row: number): CameraStateKind {
    return cameraStateKinds[this.states[row] ?? 0] ?? 'UNKNOWN';
  }

  stationOf(row: number): StationView {
    return this.stations[this.station[row] ?? -1] ?? unknownStation('', '');
  }

  /** Takes over what the link told of the cameras. Returns how many rows have another state now. */
  take(cameras: readonly CameraView[]): number {
    let changed = 0;
    for (const camera of cameras) {
      const row = this.#rowOf.get(camera.id);
      if (row === undefined) continue;
      const state = cameraStateKinds.indexOf(camera.state);
      if (this.states[row] !== state) {
        this.states[row] = state;
        changed += 1;
      }
      // The reasons come with the table only; a camera that is well again has none.
      if (camera.state === 'ONLINE') this.reasons[row] = 0;
      this.sinceMs[row] = camera.sinceMs;
      this.faults[row] = camera.fault;
      this.recording[row] = camera.recording ? 1 : 0;
      this.registered[row] = camera.registered ? 1 : 0;
      this.unapproved[row] = camera.approval === 'unapproved' ? 1 : 0;
      const seenMs = this.lastSeenMs[row] ?? notKnown;
      if (camera.lastFrameMs !== null && !(camera.lastFrameMs <= seenMs)) {
        this.lastSeenMs[row] = camera.lastFrameMs;
      }
    }
    return changed;
  }

  /** Finds anew which presets each row answers. `staleAfterMs` follows the sweep's period. */
  judgePresets(staleAfterMs: number): void {
    for (let row = 0; row < this.size; row += 1) {
      this.presets[row] = this.#presetsOf(row, staleAfterMs);
    }
  }

  /**
   * Whether nothing was heard of the camera lately though nobody calls it down, judged at the
   * table's own moment: between two tables the link tells of changes only.
   */
  isStale(row: number, staleAfterMs: number): boolean {
    if (this.registered[row] === 0 || isDown(this.stateOf(row))) return false;
    return !(this.asOfMs - (this.lastSeenMs[row] ?? notKnown) <= staleAfterMs);
  }

  #presetsOf(row: number, staleAfterMs: number): number {
    const state = this.stateOf(row);
    const reasons = this.reasons[row] ?? 0;
    const bit = (preset: (typeof healthPresets)[number]): number => presetBit.get(preset) ?? 0;
    return (
      (isDown(state) ? bit('offline') : 0) |
      (this.isStale(row, staleAfterMs) ? bit('stale') : 0) |
      (state === 'DEGRADED' || reasons !== 0 ? bit('degraded') : 0) |
      (this.registered[row] === 1 && this.recording[row] === 0 ? bit('not-recording') : 0) |
      (Math.abs(this.clockOffsetMs[row] ?? 0) > driftFromMs ? bit('drift') : 0) |
      (tampered.includes(state) || (reasons & tamperReported) !== 0 ? bit('tampered') : 0) |
      (this.unapproved[row] === 1 ? bit('unapproved') : 0)
    );
  }
}

function numbers(column: readonly (number | null)[]): Float64Array {
  return Float64Array.from(column, (value) => value ?? notKnown);
}

/** A station that the lists do not know yet: the table may be newer than they are. */
function unknownStation(code: string, districtCode: string): StationView {
  return {
    code,
    name: code,
    nameUr: '',
    districtCode,
    district: districtCode,
    districtUr: '',
    constituency: '',
    category: 'NORMAL',
    lat: null,
    lon: null,
    state: 'OK',
    sinceMs: null,
    cameras: 0,
    down: 0,
    openAlertId: null,
  };
}
