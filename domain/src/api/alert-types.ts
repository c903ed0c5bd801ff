import type { CameraId, Placement } from '../camera.ts';
import type { PollPhase } from '../election-phase.ts';
import type { ExpectedDarkKind, ExpectedDarkScope } from '../expected-dark.ts';
import type { IncidentCause, IncidentEvidence, IncidentKind } from '../incident.ts';
import type { EscalatedByHand, EscalationLevel } from '../notice-occasion.ts';
import type { StationCategory } from '../station-state.ts';
import type { AlertView, CameraTransition } from './http-types.ts';

/**
 * Alerts, incidents and expected darkness over HTTP. Times are milliseconds since the
 * Unix epoch. A change that names another `version` than the present one is refused: ALERT_CHANGED.
 *
 *   GET    /api/alerts?state&before&limit&incident&rank=worst  AlertView[]        alert.read
 *   GET    /api/alerts/:id                          AlertDetail                    alert.read
 *   POST   /api/alerts/:id/acknowledge  AcknowledgeBody → AlertView                alert.acknowledge
 *   POST   /api/alerts/:id/assign       AssignBody → AlertView                     alert.acknowledge
 *   POST   /api/alerts/:id/notes        NoteBody → AlertDetail                     alert.acknowledge
 *   POST   /api/alerts/:id/escalate     EscalateBody → AlertView                   alert.escalate
 *   POST   /api/alerts/:id/resolve      ResolveBody → AlertView                    alert.manage
 *   GET    /api/incidents?state=open|closed&before&limit  IncidentView[]          alert.read
 *   GET    /api/incidents/:id                       IncidentDetail                 alert.read
 *   POST   /api/incidents/:id/acknowledge  IncidentAcknowledgeBody → IncidentAcknowledged
 *   POST   /api/incidents/:id/assign       AssignBody → IncidentView               alert.acknowledge
 *   POST   /api/incidents/:id/notes        NoteBody → IncidentDetail               alert.acknowledge
 *   POST   /api/incidents/:id/escalate     EscalateBody → IncidentView             alert.escalate
 *   GET    /api/expected-dark?state=all             ExpectedDarkView[]             alert.read
 *   POST   /api/expected-dark          ExpectedDarkBody → ExpectedDarkView         alert.manage
 *   PUT    /api/expected-dark/:id      ExpectedDarkBody → ExpectedDarkView         alert.manage
 *   DELETE /api/expected-dark/:id                   ExpectedDarkView               alert.manage
 *   PATCH  /api/stations/:code/supply  StationSupplyBody → StationSupplyView       plan.import
 *
 * `escalate` hands it one level up. Refused: ALERT_CHANGED with what was done last (`step`, `by`, `atMs`,
 * `level`) and the present `version` and `state`; ALERT_CLOSED; ESCALATION_TOP_REACHED.
 *
 * `rank=worst` sorts by {@link AlertAdditions.rank}, the worst first; else the newest first.
 */

export const alertSeverities = ['critical', 'major', 'minor', 'info'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** Why an alert ended: `recovered` by itself, the others in the words of a person. */
export const resolutionCauses = [
  'recovered',
  'power',
  'network',
  'camera',
  'recorder',
  'tampering',
  'weather',
  'maintenance',
  'false-alarm',
  'other',
] as const;
export type ResolutionCause = (typeof resolutionCauses)[number];

/** What an alert tells besides the state of its station; part of every {@link AlertView}. */
export interface AlertAdditions {
  readonly severity: AlertSeverity;
  /** Higher is worse: severity, then expected or not, then category, kind and share lost. */
  readonly rank: number;
  /** Phase of the district, as of the last change of the alert. */
  readonly phase: PollPhase;
  readonly category: StationCategory;
  /** Since when the first of the cameras that are down is down. */
  readonly sinceMs: number;
  /** Required placements that nobody sees, planned or not. */
  readonly missingPlacements: readonly Placement[];
  /** Share of the required placements that a camera covers, 0 to 1. */
  readonly coverageShare: number;
  /** The incident that it belongs to, also after both ended. */
  readonly incidentId: number | null;
  /** The darkness is expected: it does not page and ranks last. */
  readonly expected: {
    readonly id: number;
    readonly kind: ExpectedDarkKind;
    readonly endsAtMs: number;
    readonly reason: string;
  } | null;
  readonly assignee: string | null;
  readonly escalationLevel: number;
  /** How often it came back within the window and stayed one alert. */
  readonly reopened: number;
  /** When somebody was told of it; null: nobody was (yet, or because of its incident). */
  readonly pagedAtMs: number | null;
  readonly notes: number;
  readonly resolution: {
    readonly cause: ResolutionCause;
    readonly note: string | null;
    /** Null: it ended by itself. */
    readonly by: string | null;
  } | null;
}

export const alertSteps = [
  'opened',
  'changed',
  'acknowledged',
  'assigned',
  'escalated',
  'noted',
  'grouped',
  'paged',
  'reopened',
  'resolved',
  'closed',
] as const;
export type AlertStepKind = (typeof alertSteps)[number];

/** One step of an alert's life. `actor`: null when the system did it. */
export interface AlertStep {
  readonly id: number;
  readonly atMs: number;
  readonly step: AlertStepKind;
  readonly actor: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AlertDetail extends AlertView {
  /** Oldest first. */
  readonly timeline: readonly AlertStep[];
  readonly incident: IncidentView | null;
  /** What its station's cameras went through since shortly before it opened, oldest first. */
  readonly transitions: readonly (CameraTransition & {
    readonly cameraId: CameraId;
    readonly cameraCode: string;
  })[];
}

export type IncidentStateKind = 'open' | 'acknowledged' | 'closed';

export interface IncidentView {
  readonly id: number;
  readonly kind: IncidentKind;
  readonly cause: IncidentCause;
  /** Name of what failed, to show: a district's name, an uplink, a node's id. */
  readonly causeName: string;
  readonly causeNameUr: string;
  /** Districts of its alerts; of an OWN incident those of the cameras concerned. */
  readonly districtCodes: readonly string[];
  readonly state: IncidentStateKind;
  /** That of its worst alert that is not expected. */
  readonly severity: AlertSeverity;
  readonly rank: number;
  readonly startedAtMs: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly mergedInto: number | null;
  /** Stations of it that have an open alert now; of an OWN incident those that nobody watches. */
  readonly stations: number;
  readonly ofStations: number;
  readonly peakStations: number;
  readonly evidence: IncidentEvidence;
  readonly unacknowledgedAlerts: number;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly assignee: string | null;
  readonly escalationLevel: number;
  /** Whose it is: the wider of what it climbed to and what it reaches. */
  readonly level: EscalationLevel;
  readonly pagedAtMs: number | null;
  readonly version: number;
}

export interface IncidentStep extends Omit<AlertStep, 'step'> {
  readonly step:
    | 'opened'
    | 'changed'
    | 'acknowledged'
    | 'assigned'
    | 'escalated'
    | 'noted'
    | 'merged'
    | 'paged'
    | 'closed';
}

export interface IncidentDetail extends IncidentView {
  readonly timeline: readonly IncidentStep[];
  /** Its alerts, the worst first; closed ones too while the incident is open. At most 2,000. */
  readonly alerts: readonly AlertView[];
}

export interface IncidentAcknowledgeBody {
  readonly version: number;
  /** Alerts as they were seen; one with another version now is reported and not acknowledged. */
  readonly seen?: readonly { readonly id: number; readonly version: number }[];
}

export interface IncidentAcknowledged {
  readonly incident: IncidentView;
  /** Alerts that this acknowledged. */
  readonly acknowledged: readonly number[];
  /** Alerts that changed since they were seen: to be looked at again. */
  readonly conflicts: readonly number[];
}

export interface AssignBody {
  readonly version: number;
  /** User name; null: to nobody. */
  readonly assignee: string | null;
}

export interface EscalateBody {
  readonly version: number;
  /** Why the next level is asked: 3 to 300 characters, told to everybody who is. */
  readonly reason: string;
}

export interface NoteBody {
  readonly text: string;
}

export interface ResolveBody {
  readonly version: number;
  readonly cause: Exclude<ResolutionCause, 'recovered'>;
  readonly note: string | null;
}

export interface ExpectedDarkBody {
  readonly kind: ExpectedDarkKind;
  readonly scope: ExpectedDarkScope;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly reason: string;
}

export interface ExpectedDarkView extends ExpectedDarkBody {
  readonly id: number;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly cancelledBy: string | null;
  readonly cancelledAtMs: number | null;
  /** Open alerts that it explains now. */
  readonly alerts: number;
}

/** What a station hangs on; a field that is left out stays as it is. */
export interface StationSupplyBody {
  readonly uplink?: string | null;
  readonly feeder?: string | null;
}

export interface StationSupplyView {
  readonly stationCode: string;
  readonly uplink: string | null;
  readonly feeder: string | null;
}

/**
 * What the engine puts into the outbox for whoever tells people. `key` is unique: the same step is
 * never put twice. `page`: tell of it now (the hold is over, it is no part of an incident, it is not
 * expected). The others only follow a page. `byHand`: a person escalated it; `begins`: nobody was told
 * of it before, and nobody has it in hand, so that its timers begin with this.
 */
export type AlertStepMessage =
  | {
      /** Outbox topic `alert-step`, key `alert-<id>-<version>-<step>`. */
      readonly alertId: number;
      readonly step: 'page' | 'changed' | 'acknowledged' | 'assigned' | 'escalated' | 'closed';
      readonly version: number;
      readonly byHand?: EscalatedByHand & { readonly begins: boolean };
    }
  | {
      /** Outbox topic `incident-step`, key `incident-<id>-<version>-<step>`. */
      readonly incidentId: number;
      readonly step: 'page' | 'changed' | 'acknowledged' | 'assigned' | 'escalated' | 'closed';
      readonly version: number;
      readonly byHand?: EscalatedByHand & { readonly begins: boolean };
    };
