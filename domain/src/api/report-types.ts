import type { DowntimeCause } from '../availability.ts';
import type { Placement } from '../camera.ts';
import type { CameraStateKind } from '../camera-state.ts';
import type { PollPhase } from '../election-phase.ts';
import type { FaultCode } from '../faults.ts';
import type { AlertSeverity } from './alert-types.ts';

/**
 * Reports from what was recorded and seen. All need `report.read`.
 *
 *   GET /api/reports/availability?fromMs&toMs&groupBy&district&phase&required&limit → AvailabilityReport
 *   GET /api/reports/alerts?fromMs&toMs&groupBy&district&phase                      → AlertReport
 *   GET /api/reports/causes?fromMs&toMs&district                                    → CauseReport
 *
 * The same with `.csv` after the name (`/api/reports/availability.csv?…`): every row, UTF-8 with a byte
 * order mark, `Content-Disposition: attachment`.
 *
 * - `fromMs` (inclusive), `toMs` (exclusive): Unix milliseconds, at most 400 days. Availability is kept
 *   by days of Pakistan's time: its range is widened to whole days, the answer states which.
 * - `district`: a district's code; absent: the province.
 * - `groupBy`: see availabilityGroups and alertGroups; absent: `district`.
 * - `phase`: only that poll phase. `required=true`: only cameras that the phase requires.
 * - `limit`: at most so many rows, the worst first (absent: 500); `total` is of all, `rowsInAll` says how
 *   many there are.
 */
export const availabilityGroups = ['district', 'station', 'camera', 'phase', 'day'] as const;
export type AvailabilityGroup = (typeof availabilityGroups)[number];

export const alertGroups = ['district', 'severity', 'phase', 'day'] as const;
export type AlertGroup = (typeof alertGroups)[number];

/** What the rows of a report are about; only the fields of the group are not null. */
export interface ReportSubject {
  /** Unique in its report: district, station or camera code, phase, severity, day (`2024-02-08`). */
  readonly key: string;
  readonly districtCode: string | null;
  readonly district: string | null;
  readonly districtUr: string | null;
  readonly stationCode: string | null;
  readonly station: string | null;
  readonly stationUr: string | null;
  readonly cameraId: number | null;
  readonly placement: Placement | null;
}

/**
 * Camera time, in milliseconds. up + down + expected + ours + unknown = observed.
 * Availability is up / (up + down): what was announced, our own or unknown counts for nobody and is
 * stated.
 */
export interface AvailabilityFigures {
  /** Cameras that the figures are of. */
  readonly cameras: number;
  readonly observedMs: number;
  /** A picture came: recorded, or seen by the watch of the camera. */
  readonly upMs: number;
  /** None came, and it was neither announced nor for us. */
  readonly downMs: number;
  /** None came, as was announced (load-shedding, network cut, maintenance, silence). */
  readonly expectedMs: number;
  /** Our own fault: the system did not watch and did not record. */
  readonly oursMs: number;
  /** Nothing is known. */
  readonly unknownMs: number;
  /** Parts of `downMs`. */
  readonly downByCauseMs: Readonly<Record<DowntimeCause, number>>;
  /** Part of `upMs` with a picture that was not as it must be (moved, blurred, degraded). */
  readonly impairedMs: number;
  /** Time that is on record (index of the footage). */
  readonly recordedMs: number;
  /** Time that is not on record for a fault of ours (disk, restart). */
  readonly notRecordedOursMs: number;
  /** Outages that began. */
  readonly outages: number;
  /** 0…100; null when nothing was up or down. */
  readonly availabilityPercent: number | null;
  /** recorded / (observed − expected), 0…100; null when there was nothing to record. */
  readonly recordedPercent: number | null;
}

export interface AvailabilityRow extends ReportSubject, AvailabilityFigures {}

export interface AvailabilityReport {
  readonly groupBy: AvailabilityGroup;
  /** What the figures are of: whole days, up to the time that facts are in for. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Days of the range that nothing was kept of. */
  readonly missingDays: readonly string[];
  readonly rows: readonly AvailabilityRow[];
  readonly rowsInAll: number;
  readonly total: AvailabilityFigures;
}

/** Alerts and how soon people answered. Times are means, medians and 90th percentiles. */
export interface AlertFigures {
  /** Times that an alert opened or opened again in the range. */
  readonly opened: number;
  /** Of them: announced darkness, which pages nobody; not in the times below. */
  readonly expected: number;
  readonly acknowledged: number;
  readonly closed: number;
  /** Not closed yet. */
  readonly open: number;
  readonly escalated: number;
  /** Opened again after its end. */
  readonly reopened: number;
  /** Time to acknowledge; null when none was. */
  readonly mttaMs: number | null;
  readonly medianAcknowledgeMs: number | null;
  readonly p90AcknowledgeMs: number | null;
  /** Time to recover (opened until closed); null when none was. */
  readonly mttrMs: number | null;
  readonly medianRecoverMs: number | null;
  readonly p90RecoverMs: number | null;
}

export interface AlertRow extends ReportSubject, AlertFigures {
  readonly phase: PollPhase | null;
  readonly severity: AlertSeverity | null;
}

export interface AlertReport {
  readonly groupBy: AlertGroup;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly AlertRow[];
  readonly total: AlertFigures;
}

/** What cameras went down with, the most frequent first. */
export interface FaultRow {
  readonly state: CameraStateKind;
  readonly fault: FaultCode | null;
  readonly times: number;
  readonly cameras: number;
  readonly stations: number;
}

export type IncidentCauseKind =
  | 'building'
  | 'feeder'
  | 'uplink'
  | 'district'
  | 'province'
  | 'media-node'
  | 'gateway'
  | 'server';

/** What alerts had in common, the longest station time first. */
export interface IncidentCauseRow {
  readonly causeKind: IncidentCauseKind;
  /** Of the building, feeder, uplink, district, node. */
  readonly causeKey: string;
  readonly incidents: number;
  /** Within the range, also of those that last. */
  readonly durationMs: number;
  readonly peakStations: number;
}

export interface CauseReport {
  readonly fromMs: number;
  readonly toMs: number;
  /** Downtime of cameras by whose doing it was, as the availability report states it. */
  readonly downByCauseMs: Readonly<Record<DowntimeCause, number>>;
  readonly expectedMs: number;
  readonly oursMs: number;
  readonly unknownMs: number;
  readonly faults: readonly FaultRow[];
  readonly incidents: readonly IncidentCauseRow[];
}
