import type {
  IncidentCause,
  IncidentCauseKind,
  IncidentEvidence,
  IncidentKind,
} from './incident.ts';
import {
  groupKey,
  type OutageAlert,
  type OutageContext,
  type OutageGroup,
  shareByState,
} from './outage-groups.ts';
import { type OwnFault, planOwnIncidents } from './own-faults.ts';

export interface OpenIncident {
  readonly incidentId: number;
  readonly cause: IncidentCause;
  readonly startedAtMs: number;
}

/** When stations that share something are one incident. */
export interface CorrelationPolicy {
  /** Alerts that begin within this began together. */
  readonly togetherMs: number;
  /** Opens at so many stations that began together, which are such a share of all; ends below half of either. */
  readonly thresholds: Readonly<Record<IncidentCauseKind, { stations: number; share: number }>>;
  /** A province is hit when this share of its districts is. */
  readonly districtsHit: number;
  /** What a station shares with others takes at least this share of its cameras when it fails. */
  readonly downShare: number;
  /** How much likelier a cause is because it was believed already. */
  readonly persistence: number;
}

const usual = { stations: 5, share: 0.3 };

export const defaultCorrelationPolicy: CorrelationPolicy = {
  togetherMs: 60_000,
  thresholds: {
    building: { stations: 2, share: 0.6 },
    feeder: usual,
    uplink: usual,
    district: usual,
    province: usual,
    'media-node': usual,
    gateway: usual,
    server: usual,
  },
  districtsHit: 0.5,
  downShare: 0.5,
  persistence: 1.5,
};

/** An incident as it is to be: `incidentId` null: it opens now. */
export interface IncidentPlan {
  readonly incidentId: number | null;
  readonly kind: IncidentKind;
  readonly cause: IncidentCause;
  readonly startedAtMs: number;
  readonly stations: number;
  readonly ofStations: number;
  readonly evidence: IncidentEvidence;
  readonly alertIds: readonly number[];
}

export interface CorrelationPlan {
  readonly incidents: readonly IncidentPlan[];
  /** `mergedInto`: index of the incident that has its alerts now; null: its stations are back. */
  readonly ended: readonly { readonly incidentId: number; readonly mergedInto: number | null }[];
}

interface Candidate {
  readonly group: OutageGroup;
  readonly open: OpenIncident | null;
  readonly startedAtMs: number;
  readonly members: readonly OutageAlert[];
  readonly score: number;
}

/** Of two causes that explain the same the narrower one is the likelier. */
const narrowness: readonly IncidentCauseKind[] = [
  'building',
  'feeder',
  'uplink',
  'district',
  'media-node',
  'province',
];

/**
 * Explains the open alerts by the fewest and likeliest causes: first by what is known to have failed
 * of our own, then again and again by the cause that leaves the least unsaid, which is the most dark
 * stations times the square of their share of those that would be dark if it were the cause. Alerts that are
 * expected explain nothing. An alert belongs to one incident at most. Pure, and independent of the
 * order of its inputs.
 */
export function correlateOutages(
  alerts: readonly OutageAlert[],
  context: OutageContext,
  open: readonly OpenIncident[],
  faults: readonly OwnFault[],
  policy: CorrelationPolicy = defaultCorrelationPolicy,
): CorrelationPlan {
  const own = planOwnIncidents(alerts, context, open, faults);
  const incidents: IncidentPlan[] = [...own];
  const explained = new Set(own.flatMap((plan) => plan.alertIds));
  const pool = alerts
    .filter((alert) => !alert.expected && !explained.has(alert.alertId))
    .sort((a, b) => a.beganAtMs - b.beganAtMs || a.alertId - b.alertId);
  const openByGroup = new Map(open.map((incident) => [groupKey(incident.cause), incident]));
  const taken = new Set(own.map((plan) => groupKey(plan.cause)));
  const judged = judgeGroups(pool, context, openByGroup, taken, policy);
  for (let best = judged.likeliest(); best !== null; best = judged.likeliest()) {
    incidents.push(toPlan(best, context, policy));
    judged.take(best);
  }
  const kept = new Set(incidents.map((plan) => plan.incidentId));
  const heirs = findHeirs(alerts, incidents);
  const ended = open
    .filter((incident) => !kept.has(incident.incidentId))
    .map(({ incidentId }) => ({ incidentId, mergedInto: heirs.get(incidentId) ?? null }));
  return { incidents, ended };
}

/** Causes that may explain what is unexplained yet. */
interface JudgedGroups {
  likeliest(): Candidate | null;
  /** Its alerts are explained: the other causes are judged by what is left to them. */
  take(candidate: Candidate): void;
}

/** Judges each cause again only when alerts of its own were taken: in a storm there are thousands. */
function judgeGroups(
  pool: readonly OutageAlert[],
  context: OutageContext,
  openByGroup: ReadonlyMap<string, OpenIncident>,
  taken: ReadonlySet<string>,
  policy: CorrelationPolicy,
): JudgedGroups {
  const groups = new Map<string, { readonly alerts: OutageAlert[]; left: number }>();
  for (const alert of pool) {
    for (const key of context.groupsOf.get(alert.stationId) ?? []) {
      if (taken.has(key)) continue;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { alerts: [alert], left: 1 });
      else {
        group.alerts.push(alert);
        group.left += 1;
      }
    }
  }
  const explained = new Set<OutageAlert>();
  const candidates = new Map<string, Candidate>();
  const judgeAgain = (key: string) => {
    candidates.delete(key);
    const members = groups.get(key);
    const group = context.groups.get(key);
    if (members === undefined || group === undefined) return;
    const open = openByGroup.get(key) ?? null;
    if (!isEnough(group, open, policy, members.left)) return;
    const alerts = members.alerts.filter(
      (alert) => !explained.has(alert) && isHit(alert, group, open, policy),
    );
    const candidate = judge(group, alerts, open, context, policy);
    if (candidate !== null) candidates.set(key, candidate);
  };
  for (const key of groups.keys()) judgeAgain(key);
  return {
    likeliest() {
      let best: Candidate | null = null;
      for (const candidate of candidates.values()) {
        if (best === null || isLikelier(candidate, best)) best = candidate;
      }
      return best;
    },
    take({ group, members }) {
      const touched = new Set<string>();
      for (const alert of members) {
        explained.add(alert);
        for (const key of context.groupsOf.get(alert.stationId) ?? []) {
          const other = groups.get(key);
          if (other === undefined) continue;
          other.left -= 1;
          touched.add(key);
        }
      }
      groups.delete(groupKey(group.cause));
      candidates.delete(groupKey(group.cause));
      for (const key of touched) judgeAgain(key);
    },
  };
}

/**
 * A building, feeder, uplink, district or province takes most of a station's cameras with it: rooms that lost
 * a camera each have nothing in common. Media nodes share a station's cameras out among them: of what
 * only the gateway still reaches fewer are enough. A station that is coming back stays in its incident to
 * the end.
 */
function isHit(
  alert: OutageAlert,
  { cause }: OutageGroup,
  open: OpenIncident | null,
  policy: CorrelationPolicy,
): boolean {
  if (alert.downShare >= policy.downShare) return true;
  if (cause.kind === 'media-node' && alert.state === 'SILENT') return true;
  return open !== null && alert.incidentId === open.incidentId;
}

function isLikelier(a: Candidate, b: Candidate): boolean {
  if (a.score !== b.score) return a.score > b.score;
  const [aCause, bCause] = [a.group.cause, b.group.cause];
  const order = narrowness.indexOf(aCause.kind) - narrowness.indexOf(bCause.kind);
  return order < 0 || (order === 0 && aCause.key < bCause.key);
}

/** An open cause is believed until it has lost half of what it took to believe it. */
function isEnough(
  group: OutageGroup,
  open: OpenIncident | null,
  policy: CorrelationPolicy,
  count: number,
): boolean {
  const { stations, share } = policy.thresholds[group.cause.kind];
  const half = open === null ? 1 : 0.5;
  return count >= stations * half && count >= group.stationIds.length * share * half;
}

function judge(
  group: OutageGroup,
  alerts: readonly OutageAlert[],
  open: OpenIncident | null,
  context: OutageContext,
  policy: CorrelationPolicy,
): Candidate | null {
  const total = group.stationIds.length;
  const half = open === null ? 1 : 0.5;
  const enough = (count: number) => isEnough(group, open, policy, count);
  if (!enough(alerts.length)) return null;
  const startedAtMs =
    open === null ? burstStartMs(alerts, policy.togetherMs, enough) : open.startedAtMs;
  if (startedAtMs === null) return null;
  const members = alerts.filter((alert) => alert.beganAtMs >= startedAtMs - policy.togetherMs);
  if (!enough(members.length)) return null;
  if (group.cause.kind === 'province' && !provinceIsHit(members, context, policy, half))
    return null;
  // A cause that is believed was judged by its share when it opened: it does not fade as stations return.
  const unsaid = open === null ? (members.length / total) ** 2 : policy.persistence;
  const score = members.length * unsaid * plausibility(group.cause.kind, members);
  return { group, open, startedAtMs, members, score };
}

/** Start of the first span of `togetherMs` with the most alerts (in order of time); null when they are too few. */
function burstStartMs(
  alerts: readonly OutageAlert[],
  togetherMs: number,
  enough: (count: number) => boolean,
): number | null {
  let from = 0;
  let best = 0;
  let startMs: number | null = null;
  for (let until = 0; until < alerts.length; until++) {
    const last = alerts[until]?.beganAtMs ?? 0;
    while ((alerts[from]?.beganAtMs ?? 0) < last - togetherMs) from += 1;
    const count = until - from + 1;
    if (count > best) {
      best = count;
      startMs = alerts[from]?.beganAtMs ?? null;
    }
  }
  return enough(best) ? startMs : null;
}

/** The gateway reaches cameras by another way than the media node: when it does, the node's is broken. */
function plausibility(kind: IncidentCauseKind, members: readonly OutageAlert[]): number {
  if (kind !== 'media-node') return 1;
  const silent = members.filter((alert) => alert.state === 'SILENT').length;
  return silent >= members.length * 0.8 ? 1.2 : 0.5;
}

function hitDistricts(
  members: readonly OutageAlert[],
  context: OutageContext,
  share: number,
): number {
  const counts = new Map<string, number>();
  for (const { stationId } of members) {
    const code = context.districtOf.get(stationId) ?? '';
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let hit = 0;
  for (const [code, count] of counts) {
    if (count >= (context.districtSizes.get(code) ?? 0) * share) hit += 1;
  }
  return hit;
}

function provinceIsHit(
  members: readonly OutageAlert[],
  context: OutageContext,
  policy: CorrelationPolicy,
  half: number,
): boolean {
  const districts = context.districtSizes.size;
  if (districts < 2) return false;
  const hit = hitDistricts(members, context, policy.thresholds.province.share * half);
  return hit >= districts * policy.districtsHit * half;
}

function toPlan(
  candidate: Candidate,
  context: OutageContext,
  policy: CorrelationPolicy,
): IncidentPlan {
  const { group, open, startedAtMs, members } = candidate;
  const began = members.map((alert) => alert.beganAtMs).filter((ms) => ms >= startedAtMs);
  const together = began.filter((ms) => ms <= startedAtMs + policy.togetherMs);
  const ofStations = group.stationIds.length;
  return {
    incidentId: open?.incidentId ?? null,
    kind: 'OUTAGE',
    cause: group.cause,
    startedAtMs,
    stations: members.length,
    ofStations,
    evidence: {
      stations: members.length,
      ofStations,
      withinMs: together.reduce((most, ms) => Math.max(most, ms - startedAtMs), 0),
      states: shareByState(members),
      districts:
        group.cause.kind === 'province'
          ? {
              hit: hitDistricts(members, context, policy.thresholds.province.share),
              of: context.districtSizes.size,
            }
          : null,
      note: null,
    },
    alertIds: members.map((alert) => alert.alertId).sort((a, b) => a - b),
  };
}

/** By incident the index of the planned one that has most of its alerts now, the first of several. */
function findHeirs(
  alerts: readonly OutageAlert[],
  incidents: readonly IncidentPlan[],
): ReadonlyMap<number, number> {
  const planned = new Map(
    incidents.flatMap((plan, index) => plan.alertIds.map((id) => [id, index] as const)),
  );
  const heirs = new Map<number, number>();
  const former = Map.groupBy(alerts, (alert) => alert.incidentId);
  for (const [incidentId, list] of former) {
    if (incidentId === null) continue;
    const counts = new Map<number, number>();
    for (const { alertId } of list) {
      const index = planned.get(alertId);
      if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const [heir] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    if (heir !== undefined) heirs.set(incidentId, heir[0]);
  }
  return heirs;
}
