import type { IncidentAcknowledged, IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { severityRank } from '@nigehban/domain/notice-occasion.ts';
import { ConsoleFault } from '../api/console-fault.ts';
import { alertApi } from './alert-api.ts';

/** The incident as it was seen, with the alerts of it that were known then. */
export interface SeenIncident {
  readonly id: number;
  readonly version: number;
  readonly alerts: readonly AlertView[];
}

export interface IncidentOutcome {
  readonly incident: IncidentView;
  /** Ids of the alerts that this acknowledged. */
  readonly acknowledged: readonly number[];
  /** The others, as they are now. */
  readonly conflicts: readonly AlertView[];
}

/** What is asked of the server. Every call throws ConsoleFault. */
export type AcknowledgeCalls = Pick<
  typeof alertApi,
  'acknowledge' | 'acknowledgeIncident' | 'detail' | 'incident'
>;

/** The engine pages, escalates and counts cameras while a person decides: tried so often in all. */
const attempts = 4;

export const isConflict = (fault: unknown): boolean =>
  fault instanceof ConsoleFault && fault.code === 'ALERT_CHANGED';

/**
 * Whether an alert that has another version by now is still what a person saw: open, with nobody
 * who took it, and not worse. Then the person's answer stands; else it is to be looked at again.
 */
export function isStillAsSeen(seen: AlertView, now: AlertView): boolean {
  return (
    now.state === 'open' &&
    now.assignee === seen.assignee &&
    now.reopened === seen.reopened &&
    severityRank(now.severity) <= severityRank(seen.severity) &&
    (now.kind === seen.kind || now.kind === 'PARTIAL')
  );
}

/**
 * Acknowledges an alert for what a person saw of it.
 * @throws ConsoleFault ALERT_CHANGED when somebody was quicker, or it is not what was seen any more
 */
export async function acknowledgeAlertAsSeen(
  seen: AlertView,
  calls: AcknowledgeCalls = alertApi,
): Promise<AlertView> {
  let { version } = seen;
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.acknowledge(seen.id, { version });
    } catch (fault) {
      if (!isConflict(fault) || attempt === attempts) throw fault;
      const now = await calls.detail(seen.id);
      if (!isStillAsSeen(seen, now)) throw fault;
      version = now.version;
    }
  }
}

/**
 * Acknowledges the alerts of an incident for what a person saw of them. Conflicts are those that
 * somebody else took, that got worse, or that joined since.
 * @throws ConsoleFault ALERT_CHANGED when the incident is closed, or changes without end
 */
export async function acknowledgeIncidentAsSeen(
  seen: SeenIncident,
  calls: AcknowledgeCalls = alertApi,
): Promise<IncidentOutcome> {
  const known = new Map(seen.alerts.map((alert) => [alert.id, alert]));
  let result = await askForIncident(calls, seen);
  const acknowledged = [...result.acknowledged];
  for (let round = 1; ; round++) {
    const { incident } = result;
    if (result.conflicts.length === 0) return { incident, acknowledged, conflicts: [] };
    const now = await calls.incident(seen.id);
    const told = new Set(result.conflicts);
    const conflicts = now.alerts.filter(({ id }) => told.has(id));
    const again = conflicts.filter((alert) => {
      const before = known.get(alert.id);
      return before !== undefined && isStillAsSeen(before, alert);
    });
    if (again.length === 0 || round === attempts) return { incident, acknowledged, conflicts };
    result = await askForIncident(calls, { id: seen.id, version: now.version, alerts: again });
    acknowledged.push(...result.acknowledged);
  }
}

/** An incident that grows changes each second: what was seen of its alerts is what counts. */
async function askForIncident(
  calls: AcknowledgeCalls,
  { id, version: seenVersion, alerts }: SeenIncident,
): Promise<IncidentAcknowledged> {
  const seen = alerts.map(({ id, version }) => ({ id, version }));
  let version = seenVersion;
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.acknowledgeIncident(id, { version, seen });
    } catch (fault) {
      if (!isConflict(fault) || attempt === attempts) throw fault;
      const now = await calls.incident(id);
      if (now.state === 'closed') throw fault;
      version = now.version;
    }
  }
}
