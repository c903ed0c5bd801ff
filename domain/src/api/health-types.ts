import type { AvailabilityInterval, AvailabilitySum } from '../availability.ts';
import type { CameraId, Placement } from '../camera.ts';
import type { DegradedReason, DegradedReasonKind, StreamMeasure } from '../camera-health.ts';
import type { CameraStateKind } from '../camera-state.ts';
import type { FaultCode } from '../faults.ts';
import type { ViewVerdict } from '../watch-orders.ts';

/**
 * Shapes of the health API. Times are milliseconds since the Unix epoch.
 *
 *   GET /api/health/cameras?state&district&station   HealthTable                  status.read
 *   GET /api/cameras/:id/health                      CameraHealthView             status.read
 *   GET /api/cameras/:id/states?before&limit         CameraTransition[]           status.read
 *   GET /api/cameras/:id/availability?fromMs&toMs    CameraAvailability           status.read
 *   GET /api/settings/watch                          WatchPolicy                  status.read
 *   PUT /api/settings/watch                          WatchPolicy → WatchPolicy    setting.manage
 */

/** A reason in force with what a technician does about it. */
export interface DegradedReasonView extends DegradedReason {
  readonly nextAction: string;
}

/** All that is known of one camera's health. */
export interface CameraHealthView {
  readonly cameraId: CameraId;
  readonly state: CameraStateKind;
  readonly sinceMs: number;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
  /** What to do about {@link fault}; null when well. */
  readonly nextAction: string | null;
  readonly reasons: readonly DegradedReasonView[];
  /** Who tells whether it lives: its stream or the sweep. */
  readonly watchedBy: 'stream' | 'sweep';
  readonly sweep: { readonly atMs: number; readonly answers: boolean } | null;
  /** What its pictures show; null while none was judged. */
  readonly view: {
    readonly verdict: ViewVerdict;
    readonly sinceMs: number;
    readonly evidence: string;
  } | null;
  /** The camera's own tamper event that lasts. */
  readonly tamper: { readonly sinceMs: number; readonly evidence: string } | null;
  /** Null: it is calm. */
  readonly flapping: { readonly sinceMs: number; readonly breaks: number } | null;
  readonly lastSeenMs: number | null;
  /** Over the last ten seconds; null when no media node told of it here. */
  readonly measure: StreamMeasure | null;
}

/**
 * The health of many cameras, column by column: `cameras.id[i]`, `cameras.code[i]`, … are of one
 * camera. Columns that name something are indices into the lists beside them; −1: none.
 */
export interface HealthTable {
  readonly nowMs: number;
  readonly states: readonly CameraStateKind[];
  readonly reasonKinds: readonly DegradedReasonKind[];
  readonly stations: readonly string[];
  readonly districts: readonly string[];
  readonly faults: readonly FaultCode[];
  readonly firmwares: readonly string[];
  /** How many cameras of the table are in each of `states`. */
  readonly counts: readonly number[];
  readonly cameras: {
    readonly id: readonly CameraId[];
    readonly code: readonly string[];
    readonly placement: readonly Placement[];
    readonly station: readonly number[];
    readonly district: readonly number[];
    readonly state: readonly number[];
    /** Bits: 1 << index into `reasonKinds`. */
    readonly reasons: readonly number[];
    readonly sinceMs: readonly number[];
    readonly fault: readonly number[];
    readonly frameRateFps: readonly (number | null)[];
    readonly bitrateKbps: readonly (number | null)[];
    /** Percent of the packets. */
    readonly lossPercent: readonly (number | null)[];
    readonly clockOffsetMs: readonly (number | null)[];
    readonly lastSeenMs: readonly (number | null)[];
    /** 1 while it comes and goes. */
    readonly flapping: readonly number[];
    readonly registered: readonly number[];
    readonly recording: readonly number[];
    readonly firmware: readonly number[];
  };
}

export interface CameraAvailability extends AvailabilitySum {
  readonly cameraId: CameraId;
  /** Up without a break until the end of the range; null when it is not up then. */
  readonly upSinceMs: number | null;
  /** Days of Pakistan (UTC+5), the first and the last cut to the range. */
  readonly days: readonly AvailabilitySum[];
  readonly intervals: readonly AvailabilityInterval[];
}
