import type {
  CameraObservation,
  CameraState,
  CameraStateDetail,
  CameraStatePolicy,
  ConnectionKind,
  FailedOutcome,
  ProbeOutcome,
} from './camera-state.ts';
import type { FaultCode } from './faults.ts';

/** The part of a camera's state that says whether its stream, or the camera itself, is there. */
export interface Connection
  extends Pick<
    CameraState,
    | 'flowingSinceMs'
    | 'stoppedAtMs'
    | 'streamFault'
    | 'streamEvidence'
    | 'lastFrameMs'
    | 'probingSinceMs'
    | 'probedAtMs'
  > {
  readonly kind: ConnectionKind;
  readonly sinceMs: number;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
}

export interface ConnectionDecision {
  readonly connection: Connection;
  /** True: the camera is to be probed now. */
  readonly probe: boolean;
}

type Known = Pick<CameraStateDetail, 'sweep' | 'registered' | 'registration' | 'foreseen'>;

/**
 * The next connection. A stream that is pulled decides alone, with the probes made for it; only of a
 * camera without one do the sweep and the registration decide (`known`, already with this observation).
 */
export function decideConnection(
  connection: Connection,
  known: Known,
  observation: CameraObservation,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  switch (observation.kind) {
    case 'frames-flowing':
      return decideFlowing(connection, nowMs, policy);
    case 'frames-stopped':
      return decideStopped(connection, known, observation, nowMs, policy);
    case 'stream-unwatched':
      return decideUnwatched(
        { ...connection, flowingSinceMs: null, stoppedAtMs: null },
        known,
        nowMs,
        policy,
      );
    case 'probe-answered':
      return decideProbed(connection, observation, nowMs);
    case 'swept':
    case 'registration-failed':
    case 'registered':
      return decideUnwatched(connection, known, nowMs, policy);
    case 'tick':
      return decideTick(connection, known, nowMs, policy);
    default:
      return { connection, probe: false };
  }
}

function decideFlowing(
  connection: Connection,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  const flowing: Connection = {
    ...connection,
    flowingSinceMs: connection.flowingSinceMs ?? nowMs,
    stoppedAtMs: null,
    streamFault: null,
    streamEvidence: null,
    probingSinceMs: null,
    lastFrameMs: Math.max(connection.lastFrameMs ?? nowMs, nowMs),
  };
  // A suspicion is no outage: nobody was told, so nothing has to settle.
  if (connection.kind === 'UNKNOWN' || connection.kind === 'SUSPECTED') {
    return { connection: online(flowing, nowMs), probe: false };
  }
  return decideFlowingTick(flowing, nowMs, policy);
}

function decideStopped(
  connection: Connection,
  known: Known,
  observation: Extract<CameraObservation, { kind: 'frames-stopped' }>,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  const { fault, evidence } = observation;
  const stopped: Connection = {
    ...connection,
    flowingSinceMs: null,
    stoppedAtMs: connection.stoppedAtMs ?? nowMs,
    streamFault: fault,
    streamEvidence: evidence,
    lastFrameMs: observation.lastFrameMs ?? connection.lastFrameMs,
  };
  if (connection.kind === 'ONLINE' || connection.kind === 'UNKNOWN') {
    const { foreseen } = known;
    if (foreseen !== null && nowMs - foreseen.atMs <= policy.foreseenForMs) {
      const verdict = verdictOf(foreseen.outcome, stopped);
      return { connection: { ...down(stopped, verdict, nowMs), probedAtMs: nowMs }, probe: false };
    }
    const suspected = { kind: 'SUSPECTED' as const, sinceMs: nowMs, fault, evidence };
    return { connection: { ...stopped, ...suspected, probingSinceMs: nowMs }, probe: true };
  }
  if (connection.kind === 'SUSPECTED') {
    return {
      connection: {
        ...stopped,
        fault,
        evidence,
        probingSinceMs: connection.probingSinceMs ?? nowMs,
      },
      probe: connection.probingSinceMs === null,
    };
  }
  // It was coming back and stopped again: the cause may be another one now.
  if (connection.flowingSinceMs !== null) {
    return { connection: { ...stopped, probingSinceMs: nowMs }, probe: true };
  }
  return { connection: stopped, probe: false };
}

function decideProbed(
  connection: Connection,
  observation: Extract<CameraObservation, { kind: 'probe-answered' }>,
  nowMs: number,
): ConnectionDecision {
  const { stoppedAtMs, probingSinceMs } = connection;
  const ofThisOutage = stoppedAtMs !== null && observation.askedAtMs >= stoppedAtMs;
  if (!ofThisOutage) return { connection, probe: false };
  const answersLatest = observation.askedAtMs === probingSinceMs;
  const probed: Connection = {
    ...connection,
    probingSinceMs: answersLatest ? null : probingSinceMs,
    probedAtMs: nowMs,
  };
  return {
    connection: down(probed, verdictOf(observation.outcome, connection), nowMs),
    probe: false,
  };
}

/** What sweep and registration say, of a camera whose stream nobody tells of. */
function decideUnwatched(
  connection: Connection,
  { sweep, registered, registration }: Known,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  const stay = { connection, probe: false };
  if (connection.flowingSinceMs !== null || connection.stoppedAtMs !== null) return stay;
  const say = (outcome: FailedOutcome) => ({
    connection: down(connection, verdictOf(outcome, connection), nowMs),
    probe: false,
  });
  if (sweep !== null && sweep.lost !== null) return say(sweep.lost);
  if (!registered && registration !== null) {
    // Who was looked for in vain had its time before.
    const { kind, fault } = registration.outcome;
    const certain = kind === 'refused' || fault === 'CAMERA_NOT_FOUND';
    if (certain || nowMs - registration.atMs >= policy.registrationGraceMs) {
      return say(registration.outcome);
    }
    return stay;
  }
  if (sweep === null) return stay;
  if (registered) {
    return connection.kind === 'ONLINE'
      ? stay
      : { connection: online(connection, nowMs), probe: false };
  }
  // It answers and nobody tried to register it: nothing is proven against it any more.
  if (connection.kind === 'UNKNOWN' || connection.kind === 'ONLINE') return stay;
  return {
    connection: { ...connection, kind: 'UNKNOWN', sinceMs: nowMs, fault: null, evidence: null },
    probe: false,
  };
}

interface Verdict {
  readonly kind: ConnectionKind;
  readonly fault: FaultCode;
  readonly evidence: string | null;
}

function verdictOf(outcome: ProbeOutcome, connection: Connection): Verdict {
  switch (outcome.kind) {
    case 'unreachable':
      return { kind: 'UNREACHABLE', fault: outcome.fault, evidence: outcome.evidence };
    case 'refused':
      return { kind: 'REFUSED', fault: outcome.fault, evidence: outcome.evidence };
    case 'failed':
      return { kind: 'FAILED', fault: outcome.fault, evidence: outcome.evidence };
    case 'answers': {
      const verdict = verdictOfStream(connection.streamFault, connection.streamEvidence);
      // The network leads to it: an unreachable stream is one that sends nothing.
      return verdict.kind === 'UNREACHABLE'
        ? { kind: 'SILENT', fault: 'CAMERA_SILENT', evidence: connection.streamEvidence }
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

function decideFlowingTick(
  connection: Connection,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  const flowingForMs = nowMs - (connection.flowingSinceMs ?? nowMs);
  if (connection.kind === 'ONLINE' || flowingForMs < policy.recoverAfterMs) {
    return { connection, probe: false };
  }
  return { connection: online(connection, nowMs), probe: false };
}

function decideTick(
  connection: Connection,
  known: Known,
  nowMs: number,
  policy: CameraStatePolicy,
): ConnectionDecision {
  if (connection.flowingSinceMs !== null) return decideFlowingTick(connection, nowMs, policy);
  const { kind, sinceMs, probingSinceMs } = connection;
  if (kind === 'SUSPECTED') {
    if (connection.stoppedAtMs === null) {
      const unwatched = decideUnwatched(connection, known, nowMs, policy);
      if (unwatched.connection.kind !== 'SUSPECTED') return unwatched;
    }
    if (nowMs < (probingSinceMs ?? sinceMs) + policy.probeTimeoutMs) {
      return { connection, probe: false };
    }
    const { streamFault, streamEvidence } = connection;
    const told = { ...connection, probingSinceMs: null, probedAtMs: nowMs };
    return {
      connection: down(told, verdictOfStream(streamFault, streamEvidence), nowMs),
      probe: false,
    };
  }
  // The sweep itself asks again.
  if (connection.stoppedAtMs === null) return decideUnwatched(connection, known, nowMs, policy);
  if (kind === 'ONLINE' || kind === 'UNKNOWN') return { connection, probe: false };
  const dueMs =
    probingSinceMs === null
      ? (connection.probedAtMs ?? sinceMs) + policy.reprobeAfterMs
      : probingSinceMs + policy.reprobeAfterMs;
  if (nowMs < dueMs) return { connection, probe: false };
  return { connection: { ...connection, probingSinceMs: nowMs }, probe: true };
}

function down(connection: Connection, verdict: Verdict, nowMs: number): Connection {
  const changed = verdict.kind !== connection.kind;
  return { ...connection, ...verdict, sinceMs: changed ? nowMs : connection.sinceMs };
}

function online(connection: Connection, nowMs: number): Connection {
  return {
    ...connection,
    kind: 'ONLINE',
    sinceMs: nowMs,
    fault: null,
    evidence: null,
    probingSinceMs: null,
  };
}
