import {
  type CameraHealthPolicy,
  defaultCameraHealthPolicy,
  type HealthConditions,
  type StreamMeasure,
} from './camera-health.ts';
import type { FaultCode } from './faults.ts';
import type { CameraEventKind, ViewVerdict } from './watch-orders.ts';

/**
 * What the system knows of a camera.
 * - UNKNOWN: never seen to work, nothing proven against it yet.
 * - ONLINE: frames arrive.
 * - SUSPECTED: frames stopped; the probe that tells why is under way.
 * - UNREACHABLE: the network does not lead to it.
 * - REFUSED: it answers and refuses our credentials.
 * - FAILED: it answers wrongly.
 * - SILENT: it answers ONVIF and RTSP well and sends no frames.
 * - FROZEN: it sends the same picture again and again.
 * - COVERED, DARK: the picture shows nothing of the approved view.
 * - MOVED, BLURRED: the picture shows something, but not the approved view.
 * - DEGRADED: the picture is there and something about it is not as it must be (its reasons tell).
 */
export const cameraStateKinds = [
  'UNKNOWN',
  'ONLINE',
  'SUSPECTED',
  'UNREACHABLE',
  'REFUSED',
  'FAILED',
  'SILENT',
  'FROZEN',
  'COVERED',
  'DARK',
  'MOVED',
  'BLURRED',
  'DEGRADED',
] as const;
export type CameraStateKind = (typeof cameraStateKinds)[number];

/** States in which a camera shows nothing of use for sure: they count for its station's outage. */
export const downStates = [
  'UNREACHABLE',
  'REFUSED',
  'FAILED',
  'SILENT',
  'FROZEN',
  'COVERED',
  'DARK',
] as const satisfies readonly CameraStateKind[];

/** States in which the view is not the approved one: they raise the station's TAMPERED alert. */
export const tamperedStates = ['MOVED', 'BLURRED'] as const satisfies readonly CameraStateKind[];

export function isDown(kind: CameraStateKind): boolean {
  return (downStates as readonly CameraStateKind[]).includes(kind);
}

/** What the link to a camera says, before its picture is looked at. */
export type ConnectionKind = Extract<
  CameraStateKind,
  'UNKNOWN' | 'ONLINE' | 'SUSPECTED' | 'UNREACHABLE' | 'REFUSED' | 'FAILED' | 'SILENT'
>;

export interface CameraState {
  readonly kind: CameraStateKind;
  /** Since when this kind holds, milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** Why: the fault that was found; null when ONLINE or nothing is known. */
  readonly fault: FaultCode | null;
  /** Evidence in one line, safe to show. */
  readonly evidence: string | null;
  /** Frames flow since then without a break; null when they do not. */
  readonly flowingSinceMs: number | null;
  /** When the present lack of frames was first told; null while they flow or nothing was told. */
  readonly stoppedAtMs: number | null;
  /** What the stream itself said last about its failure: kept apart from what a probe finds. */
  readonly streamFault: FaultCode | null;
  readonly streamEvidence: string | null;
  readonly lastFrameMs: number | null;
  /** When the probe under way was asked for; null when none is. */
  readonly probingSinceMs: number | null;
  /** When the last probe answered; null when none did. */
  readonly probedAtMs: number | null;
  readonly detail: CameraStateDetail;
}

/** What a camera's state is made of, beyond what is asked for by column: it survives a restart. */
export interface CameraStateDetail {
  readonly connection: {
    readonly kind: ConnectionKind;
    readonly sinceMs: number;
    readonly fault: FaultCode | null;
    readonly evidence: string | null;
  };
  /** The sweep's last word; null while a stream tells whether the camera lives. */
  readonly sweep: {
    readonly atMs: number;
    /** Null: it answers. */
    readonly lost: FailedOutcome | null;
  } | null;
  readonly registered: boolean;
  /** Why the camera could not be registered; null when it is, or nothing was tried. */
  readonly registration: { readonly atMs: number; readonly outcome: FailedOutcome } | null;
  /** What its pictures show; null while none was judged. */
  readonly view: {
    readonly atMs: number;
    readonly verdict: ViewVerdict;
    readonly evidence: string;
  } | null;
  /** The camera itself reports tampering; null: it does not. */
  readonly tamper: { readonly atMs: number; readonly evidence: string } | null;
  readonly conditions: HealthConditions;
  readonly flap: CameraFlap;
  /** What a check found because a sibling failed, while the camera's own frames still seemed to flow. */
  readonly foreseen: { readonly atMs: number; readonly outcome: FailedOutcome } | null;
}

/** How restless a camera is. */
export interface CameraFlap {
  /** When it was lost within the policy's window, ascending. */
  readonly breaks: readonly number[];
  /** Since when it counts as flapping: it stays in the worse state until calm. Null: it does not. */
  readonly sinceMs: number | null;
  /** How often it was found to flap. */
  readonly episodes: number;
  /** The last outage's verdict, which a flapping camera keeps. */
  readonly lastDown: {
    readonly kind: ConnectionKind;
    readonly atMs: number;
    readonly fault: FaultCode;
    readonly evidence: string | null;
  } | null;
}

export type ProbeOutcome =
  | { readonly kind: 'answers' }
  | { readonly kind: 'unreachable'; readonly fault: FaultCode; readonly evidence: string }
  | { readonly kind: 'refused'; readonly fault: FaultCode; readonly evidence: string }
  | { readonly kind: 'failed'; readonly fault: FaultCode; readonly evidence: string };

export type FailedOutcome = Exclude<ProbeOutcome, { kind: 'answers' }>;

/**
 * Facts about one camera, in the past tense. Each may come twice. Those that carry `atMs` may also
 * come out of order within a minute: of one sort the newest counts.
 */
export type CameraObservation =
  /** The media node receives packets (again). */
  | { readonly kind: 'frames-flowing' }
  /** The media node receives none, since `lastFrameMs`. */
  | {
      readonly kind: 'frames-stopped';
      readonly lastFrameMs: number | null;
      readonly fault: FaultCode | null;
      readonly evidence: string | null;
    }
  /** No media node tells of the camera's stream any more: from now on the sweep does. */
  | { readonly kind: 'stream-unwatched' }
  /** The probe asked for at `askedAtMs` answered; one of an earlier outage counts for nothing. */
  | {
      readonly kind: 'probe-answered';
      readonly askedAtMs: number;
      readonly outcome: ProbeOutcome;
    }
  /** A check that was made because another camera of the station failed. */
  | { readonly kind: 'sibling-checked'; readonly outcome: ProbeOutcome }
  /** The sweep's news; `lost` null: it answers. */
  | {
      readonly kind: 'swept';
      readonly atMs: number;
      readonly lost: FailedOutcome | null;
      readonly registered: boolean;
      readonly clockOffsetMs: number | null;
    }
  | {
      readonly kind: 'registration-failed';
      readonly atMs: number;
      readonly outcome: FailedOutcome;
    }
  | { readonly kind: 'registered' }
  | {
      readonly kind: 'view-judged';
      readonly atMs: number;
      readonly verdict: ViewVerdict;
      readonly evidence: string;
    }
  | {
      readonly kind: 'camera-event';
      readonly atMs: number;
      readonly event: CameraEventKind;
      readonly active: boolean;
      readonly evidence: string;
    }
  /** Measures of the recorded stream over the last seconds. */
  | { readonly kind: 'stream-measured'; readonly measure: StreamMeasure }
  /** Time passed. */
  | { readonly kind: 'tick' };

export interface CameraStatePolicy {
  /** Frames must flow this long before a camera that was down is ONLINE again. */
  readonly recoverAfterMs: number;
  /** After this without an answer the stream's own words decide about a suspected camera. */
  readonly probeTimeoutMs: number;
  /** A camera that is down is probed again after this, so that its cause stays true. */
  readonly reprobeAfterMs: number;
  /** A registration that fails counts as the camera's failure when it still does after this. */
  readonly registrationGraceMs: number;
  /** A check made because of a sibling stands for the probe of an outage that follows so soon. */
  readonly foreseenForMs: number;
  readonly flap: {
    /** Losses within the window that make a camera flapping. */
    readonly breaks: number;
    readonly withinMs: number;
    /** Without a loss for this long it is calm again. */
    readonly calmMs: number;
  };
  readonly health: CameraHealthPolicy;
}

export const defaultCameraStatePolicy: CameraStatePolicy = {
  recoverAfterMs: 3_000,
  probeTimeoutMs: 5_000,
  reprobeAfterMs: 30_000,
  registrationGraceMs: 20_000,
  foreseenForMs: 15_000,
  flap: { breaks: 6, withinMs: 600_000, calmMs: 120_000 },
  health: defaultCameraHealthPolicy,
};

export type CameraEffect =
  | { readonly kind: 'probe' }
  | { readonly kind: 'changed'; readonly from: CameraStateKind; readonly to: CameraStateKind };

export interface CameraDecision {
  readonly state: CameraState;
  readonly effects: readonly CameraEffect[];
}

export function initialCameraState(nowMs: number): CameraState {
  return {
    kind: 'UNKNOWN',
    sinceMs: nowMs,
    fault: null,
    evidence: null,
    flowingSinceMs: null,
    stoppedAtMs: null,
    streamFault: null,
    streamEvidence: null,
    lastFrameMs: null,
    probingSinceMs: null,
    probedAtMs: null,
    detail: {
      connection: { kind: 'UNKNOWN', sinceMs: nowMs, fault: null, evidence: null },
      sweep: null,
      registered: false,
      registration: null,
      view: null,
      tamper: null,
      conditions: {},
      flap: { breaks: [], sinceMs: null, episodes: 0, lastDown: null },
      foreseen: null,
    },
  };
}

/** What is stored in columns of its own. */
export type CameraStateColumns = Pick<
  CameraState,
  'kind' | 'sinceMs' | 'fault' | 'evidence' | 'streamFault' | 'streamEvidence' | 'lastFrameMs'
>;

/**
 * What of a state's detail is stored: only what restoring would not give by itself. Most cameras have
 * little of it, and in a storm all of them are stored at once.
 */
export function detailToStore(state: CameraState): Partial<CameraStateDetail> {
  const { connection, registered, conditions, flap, ...rest } = state.detail;
  const given = restoredConnection(state);
  const isGiven =
    connection.kind === given.kind &&
    connection.sinceMs === given.sinceMs &&
    connection.fault === given.fault &&
    connection.evidence === given.evidence;
  const { breaks, sinceMs, episodes, lastDown } = flap;
  const isCalm = breaks.length === 0 && sinceMs === null && episodes === 0 && lastDown === null;
  return {
    ...(isGiven ? {} : { connection }),
    ...(registered ? { registered } : {}),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
    ...(isCalm ? {} : { flap }),
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
  };
}

/**
 * A stored state as it goes on after a restart: what was under way (a probe, flowing frames) begins
 * anew. `detail` is what {@link detailToStore} gave, or what an earlier release stored.
 */
export function restoreCameraState(
  columns: CameraStateColumns,
  detail: Partial<CameraStateDetail>,
): CameraState {
  const initial = initialCameraState(columns.sinceMs);
  const restored = { ...initial.detail, connection: restoredConnection(columns), ...detail };
  const lost = restored.connection.kind === 'SUSPECTED' || isDown(restored.connection.kind);
  const byStream = restored.sweep === null && restored.registration === null;
  return {
    ...initial,
    ...columns,
    stoppedAtMs: lost && byStream ? restored.connection.sinceMs : null,
    detail: restored,
  };
}

function restoredConnection({
  kind,
  sinceMs,
  fault,
  evidence,
}: CameraStateColumns): CameraStateDetail['connection'] {
  return isConnectionKind(kind)
    ? { kind, sinceMs, fault, evidence }
    : { kind: 'ONLINE', sinceMs, fault: null, evidence: null };
}

function isConnectionKind(kind: CameraStateKind): kind is ConnectionKind {
  return (
    kind === 'UNKNOWN' ||
    kind === 'ONLINE' ||
    kind === 'SUSPECTED' ||
    kind === 'UNREACHABLE' ||
    kind === 'REFUSED' ||
    kind === 'FAILED' ||
    kind === 'SILENT'
  );
}
