import type { AlertKind } from '../alert-severity.ts';
import type { CameraId, CameraIdentity, Placement, StreamQuality } from '../camera.ts';
import type { CameraStateKind } from '../camera-state.ts';
import type { FaultCode, FaultMessage } from '../faults.ts';
import type { ExportedFile, ExportedGap } from '../footage-export.ts';
import type { CameraCounters, DiscoveredCamera, OnvifCallReport } from '../link-messages.ts';
import type { Action, Role } from '../permissions.ts';
import type { StationStateKind } from '../station-state.ts';
import type { ViewApproval } from '../view-approval.ts';
import type { AlertAdditions } from './alert-types.ts';
import type { DegradedReasonView } from './health-types.ts';

/**
 * Shapes of the HTTP API, shared by server and browser. All times are milliseconds since the Unix
 * epoch. Errors have one shape, {@link ErrorBody}, with the fault's HTTP status. These are the routes
 * whose shapes are here; each `*-types.ts` beside this file lists its own, and `/api/openapi.json`
 * all of them.
 *
 *   POST   /api/session            SignInBody → SessionView (sets the cookie); GET → SessionView; DELETE
 *   GET    /api/stations           StationView[]
 *   GET    /api/stations/:code     StationDetail
 *   GET    /api/cameras            CameraView[]
 *   GET    /api/cameras/:id        CameraDetail
 *   POST   /api/cameras/:id/probe  → CameraProbeView                              camera.probe
 *   GET    /api/cameras/:id/snapshot.jpg                                          live.watch
 *   PUT    /api/cameras/:id/transport  { transport } → { transport }              camera.service
 *   GET    /api/cameras/:id/timeline?fromMs&toMs → Timeline (footage.ts)          footage.play
 *   GET    /api/cameras/:id/footage/:startUs.mp4  (Range)                         footage.play
 *   GET    /api/cameras/:id/stream.mp4?fromMs&toMs&media&codec                    footage.play
 *   GET    /api/cameras/:id/playlist.m3u8?fromMs&toMs&media (HLS)                 footage.play
 *   GET    /api/cameras/:id/hls/:startUs/init.mp4, /api/cameras/:id/hls/:startUs/media.m4s (a playlist's pieces)
 *   GET    /api/cameras/:id/still.jpg?atMs                                        footage.play
 *   POST   /api/exports            ExportBody → ExportView                        footage.export
 *   GET    /api/exports            ExportView[]                                   footage.export
 *   GET    /api/exports/:id        ExportView; DELETE cancels                     footage.export
 *   GET    /api/exports/:id/files/:cameraId.mp4?part  (Range)                     footage.export
 *   GET    /api/exports/:id/manifests                 ExportManifest[]            footage.export
 *   GET    /api/holds                                 HoldView[]                 footage.hold
 *   POST   /api/holds              HoldBody → HoldView                            footage.hold
 *   DELETE /api/holds/:id                             HoldView                    footage.hold
 *   POST   /api/discovery          DiscoveryBody → DiscoveryView                  camera.register
 *   POST   /api/plan               text/csv → PlanReport                          plan.import
 *   GET    /api/time               { nowMs }
 *   GET    /healthz, /metrics, /api/openapi.json
 *   WS     /api/ws                 ws-messages.ts
 */
export interface ErrorBody {
  readonly error: FaultMessage & { readonly requestId: string };
}

export interface SignInBody {
  readonly username: string;
  readonly password: string;
}

export interface SessionView {
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
  readonly actions: readonly Action[];
  readonly expiresAtMs: number;
  /** Signed in with a one-time password: nothing else is allowed but to change it. */
  readonly mustChangePassword: boolean;
}

export interface StationView {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly districtCode: string;
  readonly district: string;
  readonly districtUr: string;
  readonly constituency: string;
  readonly category: 'HIGHLY_SENSITIVE' | 'SENSITIVE' | 'NORMAL';
  readonly lat: number | null;
  readonly lon: number | null;
  readonly state: StationStateKind;
  readonly sinceMs: number | null;
  readonly cameras: number;
  readonly down: number;
  readonly openAlertId: number | null;
}

export interface CameraView {
  readonly id: CameraId;
  /** `GE24-NA117-PS042-B2-C1` */
  readonly code: string;
  readonly stationCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly state: CameraStateKind;
  readonly sinceMs: number;
  readonly fault: FaultCode | null;
  readonly lastFrameMs: number | null;
  readonly registered: boolean;
  readonly recording: boolean;
  /** Qualities that a browser can be given by WebRTC (H.264). */
  readonly live: readonly StreamQuality[];
  /** `unapproved`: its pictures are shown to approvers only (view-types.ts). */
  readonly approval: ViewApproval;
}

export interface StationDetail extends StationView {
  /** What it hangs on; null: not known. */
  readonly uplink: string | null;
  readonly feeder: string | null;
  readonly cameraList: readonly CameraView[];
  readonly alerts: readonly AlertView[];
}

export interface CameraDetail extends CameraView {
  readonly station: StationView;
  readonly address: string | null;
  readonly identity: CameraIdentity | null;
  readonly streams: readonly {
    readonly quality: StreamQuality;
    readonly codec: string;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly frameRateFps: number | null;
  }[];
  readonly clockOffsetMs: number | null;
  readonly evidence: string | null;
  /** What a technician does next about {@link CameraView.fault}; null when well. */
  readonly nextAction: string | null;
  /** What degrades its picture now, the gravest first, each with what to do about it. */
  readonly reasons: readonly DegradedReasonView[];
  /** Since when it comes and goes; null while it is calm. */
  readonly flappingSinceMs: number | null;
  readonly counters: readonly CameraCounters[];
  readonly history: readonly CameraTransition[];
}

export interface CameraTransition {
  readonly atMs: number;
  readonly from: CameraStateKind;
  readonly to: CameraStateKind;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
}

export interface CameraProbeView {
  readonly identity: CameraIdentity | null;
  readonly clockOffsetMs: number | null;
  readonly calls: readonly OnvifCallReport[];
  readonly fault: FaultMessage | null;
}

export type AlertStateKind = 'open' | 'acknowledged' | 'closed';

export interface AlertView extends AlertAdditions {
  readonly id: number;
  readonly stationCode: string;
  readonly stationName: string;
  readonly stationNameUr: string;
  readonly districtCode: string;
  readonly kind: AlertKind;
  readonly state: AlertStateKind;
  readonly openedAtMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly closedAtMs: number | null;
  readonly cameras: number;
  readonly down: number;
  readonly lostPlacements: readonly Placement[];
  /** Cameras down, with what was found. */
  readonly causes: readonly {
    readonly cameraId: CameraId;
    readonly cameraCode: string;
    readonly state: CameraStateKind;
    readonly fault: FaultCode | null;
  }[];
  /** Grows with every change; an acknowledgement names the one it saw. */
  readonly version: number;
}

export interface ExportBody {
  readonly cameras: readonly CameraId[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

/** Keeps a camera's footage that reaches into a range. */
export interface HoldBody {
  readonly cameraId: CameraId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

export interface HoldView extends HoldBody {
  readonly id: number;
  readonly placedBy: string;
  readonly placedAtMs: number;
  readonly releasedBy: string | null;
  readonly releasedAtMs: number | null;
}

export type ExportStateKind = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface ExportView {
  readonly id: string;
  readonly state: ExportStateKind;
  /** 0 to 1. */
  readonly progress: number;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cameras: readonly {
    readonly cameraId: CameraId;
    readonly cameraCode: string;
    readonly state: ExportStateKind;
    readonly fault: FaultCode | null;
    /** In order of time; `part` is the number to ask the file by. */
    readonly files: readonly ExportedFile[];
    readonly gaps: readonly ExportedGap[];
  }[];
}

export interface AcknowledgeBody {
  readonly version: number;
}

export interface DiscoveryBody {
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
}

export interface DiscoveryView {
  readonly found: readonly (DiscoveredCamera & {
    readonly identity: CameraIdentity | null;
    /** Camera of the plan that this device was bound to, by serial or MAC; null when none fits. */
    readonly boundTo: string | null;
    readonly fault: FaultMessage | null;
  })[];
}

export interface PlanReport {
  readonly rows: number;
  readonly stations: number;
  readonly cameras: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly errors: readonly {
    readonly row: number;
    readonly field: string;
    readonly message: string;
  }[];
}
