import {
  type HealthConditions,
  type HealthFinding,
  judgeClock,
  judgeMeasure,
  noteFindings,
  reasonsOf,
  settleConditions,
  suspendStreamConditions,
} from './camera-health.ts';
import {
  type CameraDecision,
  type CameraEffect,
  type CameraObservation,
  type CameraState,
  type CameraStateDetail,
  type CameraStateKind,
  type CameraStatePolicy,
  defaultCameraStatePolicy,
  isDown,
} from './camera-state.ts';
import { type Connection, decideConnection } from './camera-state-connection.ts';
import { decideFlap, unsteadyFinding } from './camera-state-flap.ts';
import type { FaultCode } from './faults.ts';
import type { ViewVerdict } from './watch-orders.ts';

/**
 * The next state of a camera, and what is to be done. Pure; the order of effects is the order to do
 * them. What is shown is the gravest of: no connection, a view that shows nothing, a suspicion, a view
 * that is not the approved one, a condition that degrades the picture.
 */
export function decideCameraState(
  state: CameraState,
  observation: CameraObservation,
  nowMs: number,
  policy: CameraStatePolicy = defaultCameraStatePolicy,
): CameraDecision {
  if (observation.kind === 'tick' && isCalm(state)) return { state, effects: [] };
  const noted = noteObservation(state.detail, observation, nowMs, policy);
  const former = connectionOf(state);
  const decided = decideConnection(former, noted, observation, nowMs, policy);
  const { connection } = decided;
  const flap = decideFlap(noted.flap, former, connection, nowMs, policy.flap);
  const unsteady = noteFindings(
    noted.conditions,
    unsteadyFinding(flap, noted.conditions, policy.flap),
    nowMs,
  );
  const conditions =
    connection.kind === 'ONLINE' ? settleConditions(unsteady, nowMs, policy.health) : unsteady;
  const detail: CameraStateDetail = {
    ...noted,
    connection: same(state.detail.connection, connection)
      ? state.detail.connection
      : {
          kind: connection.kind,
          sinceMs: connection.sinceMs,
          fault: connection.fault,
          evidence: connection.evidence,
        },
    flap,
    conditions,
  };
  const shown = appearanceOf(connection, detail, policy);
  const changed = shown.kind !== state.kind;
  const effects: CameraEffect[] = [];
  if (changed) effects.push({ kind: 'changed', from: state.kind, to: shown.kind });
  if (decided.probe) effects.push({ kind: 'probe' });
  return {
    state: {
      ...connection,
      ...shown,
      sinceMs: changed ? nowMs : state.sinceMs,
      detail,
    },
    effects,
  };
}

/** Nothing is pending: time alone changes nothing. It is so of nearly every camera nearly always. */
export function isCalm(state: CameraState): boolean {
  const { flap } = state.detail;
  return isWell(state) && flap.lastDown === null && flap.breaks.length === 0;
}

/** All that time changes is that it forgets its last outages. */
export function isWell({
  kind,
  flowingSinceMs,
  detail: { connection, conditions, flap },
}: CameraState): boolean {
  return (
    kind === 'ONLINE' &&
    connection.kind === 'ONLINE' &&
    flowingSinceMs !== null &&
    flap.sinceMs === null &&
    Object.keys(conditions).length === 0
  );
}

function connectionOf({ detail, ...state }: CameraState): Connection {
  return { ...state, ...detail.connection };
}

function same(a: CameraStateDetail['connection'], b: CameraStateDetail['connection']): boolean {
  return (
    a.kind === b.kind && a.sinceMs === b.sinceMs && a.fault === b.fault && a.evidence === b.evidence
  );
}

/** Facts of one sort that come within this of a newer one are late, not news. */
const lateWithinMs = 60_000;

function isLate(atMs: number, newest: { readonly atMs: number } | null): boolean {
  return newest !== null && atMs < newest.atMs && newest.atMs - atMs <= lateWithinMs;
}

/** What an observation says by itself, whatever the connection. */
function noteObservation(
  detail: CameraStateDetail,
  observation: CameraObservation,
  nowMs: number,
  policy: CameraStatePolicy,
): CameraStateDetail {
  const found = (findings: readonly HealthFinding[]): HealthConditions =>
    noteFindings(detail.conditions, findings, nowMs);
  switch (observation.kind) {
    case 'frames-flowing':
      // The stream is the heartbeat now: a camera that sends is there, and was registered.
      return { ...detail, sweep: null, registration: null, registered: true, foreseen: null };
    case 'frames-stopped':
      return {
        ...detail,
        sweep: null,
        registration: null,
        registered: true,
        conditions: suspendStreamConditions(detail.conditions, nowMs),
      };
    case 'stream-unwatched':
      return { ...detail, conditions: suspendStreamConditions(detail.conditions, nowMs) };
    case 'sibling-checked':
      return {
        ...detail,
        foreseen:
          observation.outcome.kind === 'answers'
            ? null
            : { atMs: nowMs, outcome: observation.outcome },
      };
    case 'swept': {
      if (isLate(observation.atMs, detail.sweep)) return detail;
      const { atMs, lost, registered, clockOffsetMs } = observation;
      return {
        ...detail,
        registered,
        sweep: { atMs, lost },
        ...(clockOffsetMs === null
          ? {}
          : { conditions: found([judgeClock(clockOffsetMs, policy.health)]) }),
      };
    }
    case 'registration-failed': {
      const { atMs, outcome } = observation;
      const former = detail.registration;
      // How long it fails counts, not how often.
      const sinceMs = former?.outcome.kind === outcome.kind ? former.atMs : atMs;
      return { ...detail, registered: false, registration: { atMs: sinceMs, outcome } };
    }
    case 'registered':
      return { ...detail, registered: true, registration: null };
    case 'view-judged': {
      if (isLate(observation.atMs, detail.view)) return detail;
      const { atMs, verdict, evidence } = observation;
      return {
        ...detail,
        view: { atMs, verdict, evidence },
        conditions: found(tamperFinding(detail.tamper, true)),
      };
    }
    case 'camera-event':
      return noteEvent(detail, observation, nowMs);
    case 'stream-measured':
      return { ...detail, conditions: found(judgeMeasure(observation.measure, policy.health)) };
    case 'probe-answered':
    case 'tick':
      return detail;
  }
}

function noteEvent(
  detail: CameraStateDetail,
  { event, active, atMs, evidence }: Extract<CameraObservation, { kind: 'camera-event' }>,
  nowMs: number,
): CameraStateDetail {
  if (event === 'storage-failure') {
    const finding = { kind: 'storage', level: active ? 'bad' : 'good', evidence } as const;
    return { ...detail, conditions: noteFindings(detail.conditions, [finding], nowMs) };
  }
  if (event !== 'tamper' || isLate(atMs, detail.tamper)) return detail;
  const tamper = active ? { atMs, evidence } : null;
  const findings = tamperFinding(tamper ?? { atMs, evidence }, detail.view !== null || !active);
  return { ...detail, tamper, conditions: noteFindings(detail.conditions, findings, nowMs) };
}

/** A camera's own tamper event supports what its pictures show; alone it counts where nobody looks at them. */
function tamperFinding(
  tamper: CameraStateDetail['tamper'],
  settled: boolean,
): readonly HealthFinding[] {
  if (tamper === null) return [];
  const { evidence } = tamper;
  return [{ kind: 'tamper-reported', level: settled ? 'good' : 'bad', evidence }];
}

interface Appearance {
  readonly kind: CameraStateKind;
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
}

const faultOfView: Readonly<Record<Exclude<ViewVerdict, 'WELL'>, FaultCode>> = {
  FROZEN: 'CAMERA_FROZEN',
  COVERED: 'CAMERA_COVERED',
  DARK: 'CAMERA_DARK',
  MOVED: 'CAMERA_MOVED',
  BLURRED: 'CAMERA_BLURRED',
};

function appearanceOf(
  connection: Connection,
  detail: CameraStateDetail,
  policy: CameraStatePolicy,
): Appearance {
  const { kind, fault, evidence } = connection;
  if (isDown(kind) || kind === 'UNKNOWN') return { kind, fault, evidence };
  const { flap } = detail;
  const held = flap.sinceMs === null ? null : flap.lastDown;
  if (held !== null) {
    const minutes = Math.round(policy.flap.withinMs / 60_000);
    const times = `comes and goes: lost ${flap.breaks.length} times in ${minutes} min`;
    return {
      kind: held.kind,
      fault: held.fault,
      evidence: held.evidence === null ? times : `${times}; last: ${held.evidence}`,
    };
  }
  // A suspicion hides no finding about the view: else its alert would close and open again.
  const { view, tamper } = detail;
  if (view !== null && view.verdict !== 'WELL') {
    const reported = tamper === null ? '' : `; the camera reports tampering: ${tamper.evidence}`;
    return {
      kind: view.verdict,
      fault: faultOfView[view.verdict],
      evidence: `${view.evidence}${reported}`,
    };
  }
  if (kind === 'SUSPECTED') return { kind, fault, evidence };
  const reasons = reasonsOf(detail.conditions);
  const [first, second] = reasons;
  if (first === undefined) return { kind: 'ONLINE', fault: null, evidence: null };
  return {
    kind: 'DEGRADED',
    fault: second === undefined ? first.fault : 'CAMERA_DEGRADED',
    evidence: reasons.map((reason) => reason.evidence).join('; '),
  };
}
