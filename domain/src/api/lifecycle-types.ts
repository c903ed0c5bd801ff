import type { CameraId, Placement } from '../camera.ts';
import type { ViewApproval } from '../view-approval.ts';
import type { ReferenceView } from './view-types.ts';

/**
 * Camera assets and their assignments. A camera asset has an id and a code for life; where it serves
 * from when to when is its assignments. Footage stays with the asset and belongs to the station that
 * it served at that time.
 *
 *   GET  /api/assets?lifecycle=spare|retired|in-service  → AssetView[]            status.read
 *   POST /api/assets                SpareBody → AssetView (a spare)               camera.register
 *   POST /api/cameras/:id/transfer  TransferBody → AssignmentView                 camera.register
 *   POST /api/cameras/:id/replace   ReplaceBody → AssignmentView (of the new one) camera.register
 *   POST /api/cameras/:id/retire    RetireBody → AssetView                        camera.register
 *   POST /api/cameras/:id/reinstate TransferBody → AssignmentView                 camera.register
 *   GET  /api/cameras/:id/history   → CameraHistory                               status.read
 *   GET  /api/stations/:code/cameras-at?atMs        → StationCameraAt[]           status.read
 *   GET  /api/stations/:code/assignments?fromMs&toMs → AssignmentView[]           status.read
 *   POST /api/credentials           CredentialsBody → CredentialsReport           camera.register
 *   POST /api/credentials/reseal    → ResealReport                                camera.register
 *   GET  /api/credentials/reseal    → ResealReport                                camera.register
 *
 * Faults: CAMERA_UNKNOWN, STATION_UNKNOWN, ASSIGNMENT_CONFLICT (it serves elsewhere, not at all, or
 * there already), REQUEST_INVALID.
 */
export const lifecycles = ['in-service', 'spare', 'retired'] as const;
export type Lifecycle = (typeof lifecycles)[number];

export interface AssetView {
  readonly id: CameraId;
  readonly code: string;
  readonly lifecycle: Lifecycle;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly address: string | null;
  readonly hasCredentials: boolean;
  /** Where it serves; null for a spare or retired one. */
  readonly stationCode: string | null;
  /** When it last changed its lifecycle or place. */
  readonly sinceMs: number;
}

export interface SpareBody {
  /** A tag of its own, as on the sticker. */
  readonly code: string;
  readonly serial: string | null;
  readonly mac: string | null;
}

export interface TransferBody {
  readonly stationCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly reason: string;
}

/** The camera of the address is replaced; the replacement has to be a spare. */
export interface ReplaceBody {
  readonly replacementId: CameraId;
  readonly replacedBecomes: 'spare' | 'retired';
  /** Where the replacement is reached; absent: where the replaced one was. */
  readonly address?: string;
  readonly reason: string;
}

export interface RetireBody {
  readonly becomes: 'spare' | 'retired';
  readonly reason: string;
}

export type AssignmentEnd = 'transfer' | 'replace' | 'retire' | 'spare';

export interface AssignmentView {
  readonly id: number;
  readonly cameraId: CameraId;
  readonly cameraCode: string;
  readonly stationCode: string;
  readonly stationName: string;
  readonly stationNameUr: string;
  readonly districtCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly fromMs: number;
  /** Null: it lasts. */
  readonly toMs: number | null;
  /** Who decided it and why; null when a plan did. */
  readonly approvedBy: string | null;
  readonly reason: string | null;
  readonly endedBy: string | null;
  readonly endReason: string | null;
  readonly endedHow: AssignmentEnd | null;
  readonly approval: ViewApproval;
}

export const historyKinds = [
  'registered',
  'address',
  'identity',
  'credentials',
  'lifecycle',
  'replaced',
  'replaces',
] as const;
export type HistoryKind = (typeof historyKinds)[number];

export interface HistoryEvent {
  readonly id: number;
  readonly atMs: number;
  readonly kind: HistoryKind;
  /** Null: the system itself. */
  readonly actor: string | null;
  /** What changed, as `from` and `to`; of credentials only that they did. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Everything that is known of an asset's life, newest first. */
export interface CameraHistory {
  readonly asset: AssetView;
  readonly assignments: readonly AssignmentView[];
  readonly events: readonly HistoryEvent[];
  readonly views: readonly ReferenceView[];
}

/** A camera that served a station at a time: its footage of then is the station's. */
export interface StationCameraAt {
  readonly cameraId: CameraId;
  readonly cameraCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** New credentials for cameras: exactly one of the scopes. They are never told again. */
export interface CredentialsBody {
  readonly username: string;
  readonly password: string;
  readonly cameraIds?: readonly CameraId[];
  readonly stationCode?: string;
  readonly districtCode?: string;
}

export interface CredentialsReport {
  /** Cameras that have new credentials now. */
  readonly changed: number;
  /** Cameras of the scope that had the same ones. */
  readonly unchanged: number;
}

/** How far everything sealed is sealed with the current key. */
export interface ResealReport {
  readonly done: boolean;
  readonly resealed: number;
  readonly remaining: number;
  /** Codes of cameras whose secrets open with none of the keys: they need credentials again. */
  readonly lost: readonly string[];
}
