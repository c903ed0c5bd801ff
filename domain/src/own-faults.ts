import type { IncidentPlan, OpenIncident } from './correlate-outages.ts';
import type { IncidentCause } from './incident.ts';
import { groupKey, type OutageAlert, type OutageContext, shareByState } from './outage-groups.ts';

/** A part of ours that does not work: nothing it would tell of is known. */
export interface OwnFault {
  readonly cause: IncidentCause;
  readonly sinceMs: number;
  /** What it was seen by, in one line. */
  readonly note: string;
}

/** How a media node or gateway stands. */
export interface NodeStanding {
  readonly role: 'media' | 'gateway';
  readonly id: string;
  /** Since when it is not linked; null: it is. */
  readonly downSinceMs: number | null;
  readonly linkedSinceMs: number;
}

export interface OwnFaultPolicy {
  /** A link that is broken for less is a blip. */
  readonly afterMs: number;
  /** A part that is back finds its cameras again within this. */
  readonly settleMs: number;
  /** A node that is gone for longer was taken away. */
  readonly forgetMs: number;
}

/** Clocks of several servers differ by less. */
const clockSlackMs = 60_000;

export const defaultOwnFaultPolicy: OwnFaultPolicy = {
  afterMs: 10_000,
  settleMs: 30_000,
  forgetMs: 24 * 3_600_000,
};

/**
 * Parts of ours that do not work now, or came back so recently that what is told of their cameras is
 * not settled. One gateway of several is no loss: the others do its work. `serverGap`: no server ran
 * in that span. `watchingSinceMs`: since when somebody looks; nodes need a moment to dial in.
 */
export function findOwnFaults(
  nodes: readonly NodeStanding[],
  serverGap: { readonly fromMs: number; readonly untilMs: number } | null,
  open: readonly OpenIncident[],
  watchingSinceMs: number,
  nowMs: number,
  policy: OwnFaultPolicy = defaultOwnFaultPolicy,
): readonly OwnFault[] {
  const faults: OwnFault[] = [];
  const isOpen = (cause: IncidentCause) =>
    open.find((incident) => groupKey(incident.cause) === groupKey(cause));
  const downFor = ({ downSinceMs }: NodeStanding) => {
    if (downSinceMs === null) return 0;
    // Gone far in the future: before the clock was set back.
    if (downSinceMs - nowMs > clockSlackMs) return Number.POSITIVE_INFINITY;
    return nowMs - Math.max(downSinceMs, watchingSinceMs);
  };
  for (const node of nodes.filter(({ role }) => role === 'media')) {
    const cause: IncidentCause = { kind: 'media-node', key: node.id };
    const known = isOpen(cause);
    const gone = node.downSinceMs !== null && nowMs - node.downSinceMs > policy.forgetMs;
    if (node.downSinceMs !== null && !gone && (downFor(node) >= policy.afterMs || known)) {
      const note = `Media node ${node.id} is not linked to any server`;
      faults.push({ cause, sinceMs: Math.min(node.downSinceMs, nowMs), note });
    } else if (node.downSinceMs === null && known && nowMs - node.linkedSinceMs < policy.settleMs) {
      const note = `Media node ${node.id} is linked again and finds its cameras`;
      faults.push({ cause, sinceMs: known.startedAtMs, note });
    }
  }
  const gateways = nodes.filter(
    ({ role, downSinceMs }) =>
      role === 'gateway' && (downSinceMs === null || nowMs - downSinceMs <= policy.forgetMs),
  );
  const gatewayCause: IncidentCause = { kind: 'gateway', key: '' };
  if (gateways.length > 0 && gateways.every((node) => node.downSinceMs !== null)) {
    const least = Math.min(...gateways.map(downFor));
    if (least >= policy.afterMs || isOpen(gatewayCause)) {
      const sinceMs = Math.max(...gateways.map((node) => node.downSinceMs ?? nowMs));
      faults.push({
        cause: gatewayCause,
        sinceMs: Math.min(sinceMs, nowMs),
        note: 'No camera gateway is linked',
      });
    }
  }
  if (serverGap !== null && nowMs - serverGap.untilMs < policy.settleMs) {
    const seconds = Math.round((serverGap.untilMs - serverGap.fromMs) / 1_000);
    faults.push({
      cause: { kind: 'server', key: '' },
      sinceMs: serverGap.fromMs,
      note: `No server ran for ${seconds} s`,
    });
  }
  return faults;
}

/**
 * Incidents of our own parts. What a media node's stations raise after it failed belongs to it; a
 * gateway's and a server's faults raise nothing.
 */
export function planOwnIncidents(
  alerts: readonly OutageAlert[],
  context: OutageContext,
  open: readonly OpenIncident[],
  faults: readonly OwnFault[],
): readonly IncidentPlan[] {
  return [...faults]
    .sort((a, b) => (groupKey(a.cause) < groupKey(b.cause) ? -1 : 1))
    .map(({ cause, sinceMs, note }): IncidentPlan => {
      const known = open.find((incident) => groupKey(incident.cause) === groupKey(cause));
      const startedAtMs = known?.startedAtMs ?? sinceMs;
      const concerned =
        cause.kind === 'media-node'
          ? (context.groups.get(groupKey(cause))?.stationIds.length ?? 0)
          : context.districtOf.size;
      const members = alerts.filter(
        (alert) =>
          cause.kind === 'media-node' &&
          !alert.expected &&
          alert.beganAtMs >= startedAtMs &&
          context.nodeOf.get(alert.stationId) === cause.key,
      );
      return {
        incidentId: known?.incidentId ?? null,
        kind: 'OWN',
        cause,
        startedAtMs,
        stations: concerned,
        ofStations: concerned,
        evidence: {
          stations: members.length,
          ofStations: concerned,
          withinMs: 0,
          states: shareByState(members),
          districts: null,
          note,
        },
        alertIds: members.map((alert) => alert.alertId).sort((a, b) => a - b),
      };
    });
}
