import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';

/** An incident with its station alerts, the worst first as of when it was taken into view. */
export interface IncidentEntry {
  readonly kind: 'incident';
  readonly incident: IncidentView;
  readonly alerts: readonly AlertView[];
}

export interface AlertEntry {
  readonly kind: 'alert';
  readonly alert: AlertView;
}

export type InboxEntry = IncidentEntry | AlertEntry;

/**
 * What the inbox shows. What a person reads never moves under the cursor: what came after the list
 * was taken waits, and what closed meanwhile stays where it is.
 */
export interface Inbox {
  /** In the order in which they are shown. */
  readonly entries: readonly InboxEntry[];
  /** Incidents, lone alerts, and alerts of unfolded incidents behind the "N new" pill. */
  readonly waiting: number;
}

/** What is open now; alerts in any order. */
export interface OpenAlerts {
  readonly alerts: readonly AlertView[];
  readonly incidents: readonly IncidentView[];
}

export const emptyInbox: Inbox = { entries: [], waiting: 0 };

/** Unacknowledged before acknowledged, the worst first, then the newest. */
function compareAlerts(a: AlertView, b: AlertView): number {
  return (
    Number(a.state !== 'open') - Number(b.state !== 'open') ||
    b.rank - a.rank ||
    b.openedAtMs - a.openedAtMs ||
    b.id - a.id
  );
}

interface EntryWeight {
  readonly handled: boolean;
  readonly rank: number;
  readonly wide: boolean;
  readonly openedAtMs: number;
}

function weigh(entry: InboxEntry): EntryWeight {
  if (entry.kind === 'alert') {
    const { state, rank, openedAtMs } = entry.alert;
    return { handled: state !== 'open', rank, wide: false, openedAtMs };
  }
  const { state, rank, openedAtMs, unacknowledgedAlerts } = entry.incident;
  const handled = state !== 'open' && unacknowledgedAlerts === 0;
  return { handled, rank, wide: true, openedAtMs };
}

function compareEntries(a: EntryWeight, b: EntryWeight): number {
  return (
    Number(a.handled) - Number(b.handled) ||
    b.rank - a.rank ||
    Number(b.wide) - Number(a.wide) ||
    b.openedAtMs - a.openedAtMs
  );
}

/** Takes everything into view: incidents with their alerts inside, lone alerts beside them. */
export function takeAll({ alerts, incidents }: OpenAlerts): Inbox {
  const inside = new Map<number, AlertView[]>(incidents.map((incident) => [incident.id, []]));
  const entries: InboxEntry[] = [];
  for (const alert of alerts) {
    const group = alert.incidentId === null ? undefined : inside.get(alert.incidentId);
    if (group === undefined) entries.push({ kind: 'alert', alert });
    else group.push(alert);
  }
  for (const incident of incidents) {
    const group = inside.get(incident.id) ?? [];
    entries.push({ kind: 'incident', incident, alerts: group.sort(compareAlerts) });
  }
  const weighed = entries.map((entry) => ({ entry, weight: weigh(entry) }));
  weighed.sort((a, b) => compareEntries(a.weight, b.weight));
  return { entries: weighed.map(({ entry }) => entry), waiting: 0 };
}

/**
 * The inbox after something changed. `unfolded`: incidents whose alerts are in view; what joins one
 * of them waits, what joins another is in it at once. `closedAtMs` is told of what is open no more.
 * An empty list takes arrivals at once: there is nothing that they could move.
 */
export function updateInbox(
  inbox: Inbox,
  open: OpenAlerts,
  unfolded: ReadonlySet<number>,
  closedAtMs: number,
): Inbox {
  if (inbox.entries.length === 0) return takeAll(open);
  const alertById = new Map(open.alerts.map((alert) => [alert.id, alert]));
  const incidentById = new Map(open.incidents.map((incident) => [incident.id, incident]));
  const shownAlerts = new Set<number>();
  const shownIncidents = new Set<number>();
  for (const entry of inbox.entries) {
    if (entry.kind === 'alert') shownAlerts.add(entry.alert.id);
    else {
      shownIncidents.add(entry.incident.id);
      for (const alert of entry.alerts) shownAlerts.add(alert.id);
    }
  }

  const joining = new Map<number, AlertView[]>();
  const arrived = new Set<number>();
  let waiting = 0;
  for (const incident of open.incidents) {
    if (!shownIncidents.has(incident.id)) arrived.add(incident.id);
  }
  waiting += arrived.size;
  for (const alert of open.alerts) {
    if (shownAlerts.has(alert.id)) continue;
    const { incidentId } = alert;
    if (incidentId !== null && arrived.has(incidentId)) continue;
    if (incidentId !== null && incidentById.has(incidentId) && !unfolded.has(incidentId)) {
      const group = joining.get(incidentId) ?? [];
      group.push(alert);
      joining.set(incidentId, group);
    } else waiting += 1;
  }

  const now = (alert: AlertView): AlertView =>
    alertById.get(alert.id) ??
    (alert.state === 'closed' ? alert : { ...alert, state: 'closed', closedAtMs });
  const entries = inbox.entries.map((entry): InboxEntry => {
    if (entry.kind === 'alert') return { kind: 'alert', alert: now(entry.alert) };
    const { incident } = entry;
    return {
      kind: 'incident',
      incident:
        incidentById.get(incident.id) ??
        (incident.state === 'closed' ? incident : { ...incident, state: 'closed', closedAtMs }),
      alerts: [...entry.alerts.map(now), ...(joining.get(incident.id) ?? []).sort(compareAlerts)],
    };
  });
  return { entries, waiting };
}

/** Puts the alerts of an incident into order, before they come into view. */
export function sortInside(inbox: Inbox, incidentId: number): Inbox {
  const entries = inbox.entries.map(
    (entry): InboxEntry =>
      entry.kind === 'incident' && entry.incident.id === incidentId
        ? { ...entry, alerts: [...entry.alerts].sort(compareAlerts) }
        : entry,
  );
  return { ...inbox, entries };
}

/** Only what concerns a district; all of it for null. */
export function ofDistrict(open: OpenAlerts, districtCode: string | null): OpenAlerts {
  if (districtCode === null) return open;
  return {
    alerts: open.alerts.filter((alert) => alert.districtCode === districtCode),
    incidents: open.incidents.filter((incident) => incident.districtCodes.includes(districtCode)),
  };
}
