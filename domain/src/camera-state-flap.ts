import type { HealthConditions, HealthFinding } from './camera-health.ts';
import { type CameraFlap, type CameraStatePolicy, isDown } from './camera-state.ts';
import type { Connection } from './camera-state-connection.ts';

/**
 * Counts how often a camera was lost. One that is lost too often flaps: until it was well for the
 * calm time it stays in the state of its last outage, so that its alert opens once.
 */
export function decideFlap(
  flap: CameraFlap,
  former: Connection,
  connection: Connection,
  nowMs: number,
  policy: CameraStatePolicy['flap'],
): CameraFlap {
  let next = flap;
  const [oldest] = flap.breaks;
  if (oldest !== undefined && nowMs - oldest >= policy.withinMs) {
    next = { ...next, breaks: next.breaks.filter((atMs) => nowMs - atMs < policy.withinMs) };
  }
  if (former.kind === 'ONLINE' && connection.kind !== 'ONLINE') {
    // As many as are needed to tell.
    next = { ...next, breaks: [...next.breaks, nowMs].slice(-2 * policy.breaks) };
  }
  const { kind, fault, evidence, sinceMs } = connection;
  const known = next.lastDown;
  if (isDown(kind) && fault !== null) {
    if (known?.kind !== kind || known.fault !== fault || known.evidence !== evidence) {
      next = { ...next, lastDown: { kind, atMs: nowMs, fault, evidence } };
    }
  }
  if (next.sinceMs === null) {
    if (next.breaks.length < policy.breaks) return dropOld(next, connection, nowMs, policy);
    return { ...next, sinceMs: nowMs, episodes: next.episodes + 1 };
  }
  if (kind !== 'ONLINE' || nowMs - sinceMs < policy.calmMs) return next;
  return { ...next, sinceMs: null, breaks: [], lastDown: null };
}

/** An outage of long ago is not what a camera that only stutters falls back to. */
function dropOld(
  flap: CameraFlap,
  connection: Connection,
  nowMs: number,
  policy: CameraStatePolicy['flap'],
): CameraFlap {
  const { lastDown } = flap;
  if (lastDown === null || connection.kind !== 'ONLINE') return flap;
  return nowMs - lastDown.atMs < policy.withinMs ? flap : { ...flap, lastDown: null };
}

/** A camera that flaps without a proven outage is unsteady: it is lost for moments only. */
export function unsteadyFinding(
  flap: CameraFlap,
  conditions: HealthConditions,
  policy: CameraStatePolicy['flap'],
): readonly HealthFinding[] {
  const flapping = flap.sinceMs !== null && flap.lastDown === null;
  if (!flapping && conditions.unsteady === undefined) return [];
  const minutes = Math.round(policy.withinMs / 60_000);
  const evidence = `interrupted ${flap.breaks.length} times in ${minutes} min`;
  return [{ kind: 'unsteady', level: flapping ? 'bad' : 'good', evidence }];
}
