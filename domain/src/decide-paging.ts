import type { AlertSeverity } from './api/alert-types.ts';

/** An open alert that nobody was told of. */
export interface UnpagedAlert {
  readonly alertId: number;
  readonly districtCode: string;
  /** When it opened, or opened again. */
  readonly beganAtMs: number;
  readonly reopened: boolean;
  readonly severity: AlertSeverity;
  readonly expected: boolean;
  readonly acknowledged: boolean;
  readonly incidentId: number | null;
  /** Nothing is told before. */
  readonly quietUntilMs: number | null;
}

export interface PagingPolicy {
  /** An alert is held so long: it may turn out to be part of an incident, or end. */
  readonly holdMs: number;
  /** One that came back is held longer. */
  readonly reopenedHoldMs: number;
  /** While a district's alerts keep coming all of them wait for the incident, but not for ever. */
  readonly risingMs: number;
  readonly risingAlerts: number;
  readonly longestHoldMs: number;
  /** So many new alerts everywhere within the longest hold are a storm: all wait for its incident. */
  readonly stormAlerts: number;
  readonly stormHoldMs: number;
}

/** Clocks of several servers differ by less. */
const clockSlackMs = 60_000;
/** Nobody keeps an alert quiet for longer: then the clock was set back. */
const longestQuietMs = 600_000;

export const defaultPagingPolicy: PagingPolicy = {
  holdMs: 5_000,
  reopenedHoldMs: 30_000,
  risingMs: 3_000,
  risingAlerts: 3,
  longestHoldMs: 15_000,
  stormAlerts: 100,
  stormHoldMs: 60_000,
};

/**
 * Alerts of which people are to be told now. Not of what is expected, acknowledged, part of an
 * incident (which is told itself), or only worth knowing. What is expected makes no incident, so nothing
 * waits for it either.
 */
export function decidePaging(
  alerts: readonly UnpagedAlert[],
  nowMs: number,
  policy: PagingPolicy = defaultPagingPolicy,
): readonly number[] {
  const fresh = new Map<string, number>();
  const unexpected = alerts.filter((alert) => !alert.expected);
  for (const alert of unexpected) {
    if (ageOf(alert, nowMs) > policy.risingMs) continue;
    fresh.set(alert.districtCode, (fresh.get(alert.districtCode) ?? 0) + 1);
  }
  const young = unexpected.filter((alert) => ageOf(alert, nowMs) <= policy.longestHoldMs);
  const storm = young.length >= policy.stormAlerts;
  return alerts
    .filter((alert) => {
      if (!isPageable(alert) || quietForMs(alert, nowMs) > 0) return false;
      const ageMs = ageOf(alert, nowMs);
      if (ageMs < (alert.reopened ? policy.reopenedHoldMs : policy.holdMs)) return false;
      if (storm && ageMs < policy.stormHoldMs) return false;
      const rising = (fresh.get(alert.districtCode) ?? 0) >= policy.risingAlerts;
      return !rising || ageMs >= policy.longestHoldMs;
    })
    .map((alert) => alert.alertId);
}

function isPageable(alert: UnpagedAlert): boolean {
  const { expected, acknowledged, incidentId, severity } = alert;
  return !expected && !acknowledged && incidentId === null && severity !== 'info';
}

/** 0: it is not kept quiet. */
function quietForMs({ quietUntilMs }: UnpagedAlert, nowMs: number): number {
  const forMs = (quietUntilMs ?? 0) - nowMs;
  return forMs > 0 && forMs <= longestQuietMs ? forMs : 0;
}

/** What began far in the future began before the clock was set back: old enough for everything. */
function ageOf({ beganAtMs }: UnpagedAlert, nowMs: number): number {
  const ageMs = nowMs - beganAtMs;
  return ageMs < -clockSlackMs ? Number.POSITIVE_INFINITY : ageMs;
}

/** When the next held alert may be due, so that somebody looks again; null: none is held. */
export function nextPagingMs(
  alerts: readonly UnpagedAlert[],
  nowMs: number,
  policy: PagingPolicy = defaultPagingPolicy,
): number | null {
  const due = alerts.filter(isPageable).map((alert) => {
    const holdMs = alert.reopened ? policy.reopenedHoldMs : policy.holdMs;
    const heldForMs = holdMs - ageOf(alert, nowMs);
    return nowMs + Math.max(heldForMs, quietForMs(alert, nowMs), 1_000);
  });
  return due.length === 0 ? null : due.reduce((least, ms) => Math.min(least, ms));
}
