import type { FaultCode } from './faults.ts';

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
}

export type ProbeOutcome =
  | { readonly kind: 'answers' }
  | { readonly kind: 'unreachable'; readonly fault: FaultCode; readonly evidence: string }
  | { readonly kind: 'refused'; readonly fault: FaultCode; readonly evidence: string }
  | { readonly kind: 'failed'; readonly fault: FaultCode; readonly evidence: string };

/** Facts about one camera, in the past tense. */
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
  /** The probe asked for at `askedAtMs` answered; one of an earlier outage counts for nothing. */
  | {
      readonly kind: 'probe-answered';
      readonly askedAtMs: number;
      readonly outcome: ProbeOutcome;
    }
  /** Time passed. */
  | { readonly kind: 'tick' };

export interface CameraStatePolicy {
  /** Frames must flow this long before a camera that was down is ONLINE again. */
  readonly recoverAfterMs: number;
  /** After this without an answer the stream's own words decide about a suspected camera. */
  readonly probeTimeoutMs: number;
  /** A camera that is down is probed again after this, so that its cause stays true. */
  readonly reprobeAfterMs: number;
}

export const defaultCameraStatePolicy: CameraStatePolicy = {
  recoverAfterMs: 3_000,
  probeTimeoutMs: 5_000,
  reprobeAfterMs: 30_000,
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
  };
}

/** The next state of a camera, and what is to be done. Pure; the order of effects is the order to do them. */
export function decideCameraState(
  state: CameraState,
  observation: CameraObservation,
  nowMs: number,
  policy: CameraStatePolicy = defaultCameraStatePolicy,
): CameraDecision {
  switch (observation.kind) {
    case 'frames-flowing':
      return decideFlowing(state, nowMs, policy);
    case 'frames-stopped':
      return decideStopped(state, observation, nowMs);
    case 'probe-answered':
      return decideProbed(state, observation, nowMs);
    case 'tick':
      return decideTick(state, nowMs, policy);
  }
}

function decideFlowing(
  state: CameraState,
  nowMs: number,
  policy: CameraStatePolicy,
): CameraDecision {
  const flowing: CameraState = {
    ...state,
    flowingSinceMs: state.flowingSinceMs ?? nowMs,
    stoppedAtMs: null,
    streamFault: null,
    streamEvidence: null,
    probingSinceMs: null,
    lastFrameMs: Math.max(state.lastFrameMs ?? nowMs, nowMs),
  };
  // A suspicion is no outage: nobody was told, so nothing has to settle.
  if (state.kind === 'UNKNOWN' || state.kind === 'SUSPECTED') return goOnline(flowing, nowMs);
  return decideTick(flowing, nowMs, policy);
}

function decideStopped(
  state: CameraState,
  observation: Extract<CameraObservation, { kind: 'frames-stopped' }>,
  nowMs: number,
): CameraDecision {
  const stopped: CameraState = {
    ...state,
    flowingSinceMs: null,
    stoppedAtMs: state.stoppedAtMs ?? nowMs,
    streamFault: observation.fault,
    streamEvidence: observation.evidence,
    lastFrameMs: observation.lastFrameMs ?? state.lastFrameMs,
  };
  if (state.kind === 'ONLINE' || state.kind === 'UNKNOWN') {
    return {
      state: {
        ...stopped,
        kind: 'SUSPECTED',
        sinceMs: nowMs,
        fault: observation.fault,
        evidence: observation.evidence,
        probingSinceMs: nowMs,
      },
      effects: [{ kind: 'changed', from: state.kind, to: 'SUSPECTED' }, { kind: 'probe' }],
    };
  }
  if (state.kind === 'SUSPECTED') {
    return {
      state: {
        ...stopped,
        fault: observation.fault,
        evidence: observation.evidence,
        probingSinceMs: state.probingSinceMs ?? nowMs,
      },
      effects: state.probingSinceMs === null ? [{ kind: 'probe' }] : [],
    };
  }
  // It was coming back and stopped again: the cause may be another one now.
  if (state.flowingSinceMs !== null) {
    return { state: { ...stopped, probingSinceMs: nowMs }, effects: [{ kind: 'probe' }] };
  }
  return { state: stopped, effects: [] };
}

function decideProbed(
  state: CameraState,
  observation: Extract<CameraObservation, { kind: 'probe-answered' }>,
  nowMs: number,
): CameraDecision {
  const ofThisOutage = state.stoppedAtMs !== null && observation.askedAtMs >= state.stoppedAtMs;
  if (!ofThisOutage) return { state, effects: [] };
  const answersLatest = observation.askedAtMs === state.probingSinceMs;
  return goDown(
    {
      ...state,
      probingSinceMs: answersLatest ? null : state.probingSinceMs,
      probedAtMs: nowMs,
    },
    verdictOf(observation.outcome, state),
    nowMs,
  );
}

interface Verdict {
  readonly kind: CameraStateKind;
  readonly fault: FaultCode;
  readonly evidence: string | null;
}

function verdictOf(outcome: ProbeOutcome, state: CameraState): Verdict {
  switch (outcome.kind) {
    case 'unreachable':
      return { kind: 'UNREACHABLE', fault: outcome.fault, evidence: outcome.evidence };
    case 'refused':
      return { kind: 'REFUSED', fault: outcome.fault, evidence: outcome.evidence };
    case 'failed':
      return { kind: 'FAILED', fault: outcome.fault, evidence: outcome.evidence };
    case 'answers': {
      const verdict = verdictOfStream(state.streamFault, state.streamEvidence);
      // The network leads to it: an unreachable stream is one that sends nothing.
      return verdict.kind === 'UNREACHABLE'
        ? { kind: 'SILENT', fault: 'CAMERA_SILENT', evidence: state.streamEvidence }
        : verdict;
    }
  }
}

/** What the stream's own fault says of a camera that nobody else could ask. */
function verdictOfStream(fault: FaultCode | null, evidence: string | null): Verdict {
  switch (fault) {
    case 'CAMERA_UNREACHABLE':
    case 'CAMERA_TIMEOUT':
      return { kind: 'UNREACHABLE', fault, evidence };
    case 'CAMERA_AUTH_REFUSED':
      return { kind: 'REFUSED', fault, evidence };
    case 'CAMERA_SILENT':
    case null:
      return { kind: 'SILENT', fault: 'CAMERA_SILENT', evidence };
    default:
      return { kind: 'FAILED', fault, evidence };
  }
}

function decideTick(state: CameraState, nowMs: number, policy: CameraStatePolicy): CameraDecision {
  if (state.flowingSinceMs !== null) {
    if (state.kind === 'ONLINE') return { state, effects: [] };
    if (nowMs - state.flowingSinceMs < policy.recoverAfterMs) return { state, effects: [] };
    return goOnline(state, nowMs);
  }
  if (state.kind === 'ONLINE' || state.kind === 'UNKNOWN') return { state, effects: [] };
  if (state.kind === 'SUSPECTED') {
    if (nowMs < (state.probingSinceMs ?? state.sinceMs) + policy.probeTimeoutMs) {
      return { state, effects: [] };
    }
    return goDown(
      { ...state, probingSinceMs: null, probedAtMs: nowMs },
      verdictOfStream(state.streamFault, state.streamEvidence),
      nowMs,
    );
  }
  const dueMs =
    state.probingSinceMs === null
      ? (state.probedAtMs ?? state.sinceMs) + policy.reprobeAfterMs
      : state.probingSinceMs + policy.reprobeAfterMs;
  if (nowMs < dueMs) return { state, effects: [] };
  return { state: { ...state, probingSinceMs: nowMs }, effects: [{ kind: 'probe' }] };
}

function goDown(state: CameraState, verdict: Verdict, nowMs: number): CameraDecision {
  const changed = verdict.kind !== state.kind;
  return {
    state: {
      ...state,
      kind: verdict.kind,
      sinceMs: changed ? nowMs : state.sinceMs,
      fault: verdict.fault,
      evidence: verdict.evidence,
    },
    effects: changed ? [{ kind: 'changed', from: state.kind, to: verdict.kind }] : [],
  };
}

function goOnline(state: CameraState, nowMs: number): CameraDecision {
  return {
    state: {
      ...state,
      kind: 'ONLINE',
      sinceMs: nowMs,
      fault: null,
      evidence: null,
      probingSinceMs: null,
    },
    effects: [{ kind: 'changed', from: state.kind, to: 'ONLINE' }],
  };
}
