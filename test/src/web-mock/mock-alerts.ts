import type {
  AlertDetail,
  AlertStep,
  AlertStepKind,
  AssignBody,
  EscalateBody,
  IncidentAcknowledgeBody,
  IncidentDetail,
  IncidentView,
  NoteBody,
  ResolveBody,
} from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  decideManualEscalation,
  type Escalatable,
  levelOfNumber,
} from '@nigehban/domain/manual-escalation.ts';
import { type EscalationLevel, levelRank } from '@nigehban/domain/notice-occasion.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockFleet } from './mock-fleet.ts';
import type { MockPart } from './mock-part.ts';

type Writable<View> = { -readonly [Key in keyof View]: View[Key] };

export interface MockAlerts {
  readonly part: MockPart;
  readonly incidents: Writable<IncidentView>[];
  /** As if another operator had acknowledged it a moment before; nobody is told of it. */
  acknowledgeSilently(alertId: number, by: string, nowMs: number): void;
  /** As if another operator had escalated it a moment before; nobody is told of it. */
  escalateSilently(alertId: number, by: string, reason: string, nowMs: number): void;
  /** As if the correlation had found what these alerts have in common. */
  openIncident(
    cause: IncidentView['cause'],
    names: readonly [name: string, nameUr: string],
    alerts: readonly AlertView[],
    nowMs: number,
  ): IncidentView;
  /** Fits the counts of an incident to its alerts, as the server does; true when they changed. */
  recount(incident: Writable<IncidentView>): boolean;
}

const page = 1_000;

function climb(subject: Escalatable): EscalationLevel {
  const decision = decideManualEscalation(subject, 'operator');
  if (decision.kind === 'climbs') return decision.to;
  throw new Fault('ESCALATION_TOP_REACHED', 'At the province already');
}

/** Alerts and incidents with all that people do to them. `push` tells every console. */
export function createMockAlerts(fleet: MockFleet, push: (message: object) => void): MockAlerts {
  const incidents: Writable<IncidentView>[] = [];
  const steps = new Map<string, AlertStep[]>();
  let nextStepId = 1;
  let nextIncidentId = 1;

  const note = (
    key: string,
    step: AlertStepKind,
    actor: string | null,
    atMs: number,
    details: AlertStep['details'] = {},
  ): void => {
    const list = steps.get(key) ?? [];
    list.push({ id: nextStepId++, atMs, step, actor, details });
    steps.set(key, list);
  };
  const stepsOf = (key: string, openedAtMs: number): readonly AlertStep[] => [
    { id: 0, atMs: openedAtMs, step: 'opened', actor: null, details: {} },
    ...(steps.get(key) ?? []),
  ];
  const tell = (alert: Writable<AlertView>): AlertView => {
    alert.version += 1;
    push({ type: 'alert', alert });
    const incident = incidents.find((one) => one.id === alert.incidentId);
    if (incident !== undefined && recount(incident)) push({ type: 'incident', incident });
    return alert;
  };
  const inside = (incident: IncidentView) =>
    fleet.alerts.filter((alert) => alert.incidentId === incident.id);
  const recount = (incident: Writable<IncidentView>): boolean => {
    const open = inside(incident).filter((alert) => alert.state !== 'closed');
    const counts = {
      stations: open.length,
      unacknowledgedAlerts: open.filter((alert) => alert.state === 'open').length,
      peakStations: Math.max(incident.peakStations, open.length),
      rank: Math.max(0, ...open.map((alert) => alert.rank)),
    };
    const changed = Object.entries(counts).some(
      ([name, value]) => incident[name as keyof typeof counts] !== value,
    );
    if (changed) Object.assign(incident, counts, { version: incident.version + 1 });
    return changed;
  };

  const acknowledge = (alert: Writable<AlertView>, by: string, nowMs: number): void => {
    Object.assign(alert, { state: 'acknowledged', acknowledgedAtMs: nowMs, acknowledgedBy: by });
    note(`a${alert.id}`, 'acknowledged', by, nowMs);
  };

  const describe = (alert: AlertView): AlertDetail => ({
    ...alert,
    timeline: stepsOf(`a${alert.id}`, alert.openedAtMs),
    incident: incidents.find((one) => one.id === alert.incidentId) ?? null,
    transitions: alert.causes.map((cause) => ({
      cameraId: cause.cameraId,
      cameraCode: cause.cameraCode,
      atMs: alert.openedAtMs - 200,
      from: 'SUSPECTED',
      to: cause.state,
      fault: cause.fault,
      evidence: null,
    })),
  });
  const describeIncident = (incident: IncidentView): IncidentDetail => ({
    ...incident,
    timeline: stepsOf(`i${incident.id}`, incident.openedAtMs) as IncidentDetail['timeline'],
    alerts: inside(incident).slice(0, 2_000),
  });

  const actOnAlert = (
    alert: Writable<AlertView>,
    action: string,
    body: unknown,
    who: string,
    nowMs: number,
  ): unknown => {
    if (action === 'notes') {
      note(`a${alert.id}`, 'noted', who, nowMs, { text: (body as NoteBody).text });
      alert.notes += 1;
      tell(alert);
      return describe(alert);
    }
    const { version } = body as { version: number };
    const open = action === 'acknowledge' ? alert.state === 'open' : alert.state !== 'closed';
    if (version !== alert.version || !open) throw new Fault('ALERT_CHANGED', 'Changed');
    if (action === 'acknowledge') acknowledge(alert, who, nowMs);
    else if (action === 'assign') {
      alert.assignee = (body as AssignBody).assignee;
      note(`a${alert.id}`, 'assigned', who, nowMs, { assignee: alert.assignee });
    } else if (action === 'escalate') {
      const from = levelOfNumber(alert.escalationLevel);
      const to = climb({ closed: false, level: from });
      alert.escalationLevel = levelRank(to);
      const { reason } = body as EscalateBody;
      note(`a${alert.id}`, 'escalated', who, nowMs, {
        from,
        level: to,
        reason,
        recipients: to === 'province' ? 0 : 2,
      });
    } else {
      const { cause, note: text } = body as ResolveBody;
      Object.assign(alert, {
        state: 'closed',
        closedAtMs: nowMs,
        resolution: { cause, note: text, by: who },
      });
      note(`a${alert.id}`, 'resolved', who, nowMs, { cause, note: text });
    }
    return tell(alert);
  };

  const actOnIncident = (
    incident: Writable<IncidentView>,
    action: string,
    body: unknown,
    who: string,
    nowMs: number,
  ): unknown => {
    if (action === 'notes') {
      note(`i${incident.id}`, 'noted', who, nowMs, { text: (body as NoteBody).text });
      return describeIncident(incident);
    }
    const { version } = body as IncidentAcknowledgeBody;
    if (version !== incident.version) throw new Fault('ALERT_CHANGED', 'Changed');
    if (action === 'assign') {
      incident.assignee = (body as AssignBody).assignee;
      incident.version += 1;
      push({ type: 'incident', incident });
      return incident;
    }
    if (action === 'escalate') {
      const from = incident.level;
      incident.level = climb({ closed: incident.state === 'closed', level: from });
      incident.escalationLevel = levelRank(incident.level);
      incident.version += 1;
      const { reason } = body as EscalateBody;
      note(`i${incident.id}`, 'escalated', who, nowMs, { from, level: incident.level, reason });
      push({ type: 'incident', incident });
      return incident;
    }
    const { seen } = body as IncidentAcknowledgeBody;
    const acknowledged: number[] = [];
    const conflicts: number[] = [];
    const messages: object[] = [];
    for (const alert of inside(incident)) {
      const as = seen?.find((one) => one.id === alert.id);
      if (as === undefined || alert.state === 'closed') continue;
      if (as.version !== alert.version) conflicts.push(alert.id);
      else if (alert.state === 'open') {
        acknowledge(alert, who, nowMs);
        alert.version += 1;
        acknowledged.push(alert.id);
        messages.push({ type: 'alert', alert });
      }
    }
    Object.assign(incident, {
      state: 'acknowledged',
      acknowledgedAtMs: nowMs,
      acknowledgedBy: who,
      version: incident.version + 1,
    });
    recount(incident);
    note(`i${incident.id}`, 'acknowledged', who, nowMs);
    push({ type: 'batch', messages: [...messages, { type: 'incident', incident }] });
    return { incident, acknowledged, conflicts };
  };

  const part: MockPart = ({ method, path: [resource, id, action], query, body, role, nowMs }) => {
    const writing = method !== 'GET';
    const needed = action === 'resolve' ? 'alert.manage' : 'alert.acknowledge';
    if (writing && !can(role, needed)) throw new Fault('PERMISSION_DENIED', 'Not for this role');
    const list: readonly (AlertView | IncidentView)[] =
      resource === 'alerts' ? fleet.alerts : incidents;
    if (id === undefined) {
      const closed = query.get('state') === 'closed';
      const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
      return list
        .filter((one) => (one.state === 'closed') === closed && one.id < before)
        .sort((a, b) => b.id - a.id)
        .slice(0, Math.min(page, Number(query.get('limit') ?? 200)));
    }
    if (resource === 'alerts') {
      const alert = fleet.alerts.find((one) => one.id === Number(id));
      if (alert === undefined) throw new Fault('ALERT_UNKNOWN', `No alert ${id}`);
      return action === undefined ? describe(alert) : actOnAlert(alert, action, body, role, nowMs);
    }
    const incident = incidents.find((one) => one.id === Number(id));
    if (incident === undefined) throw new Fault('INCIDENT_UNKNOWN', `No incident ${id}`);
    return action === undefined
      ? describeIncident(incident)
      : actOnIncident(incident, action, body, role, nowMs);
  };

  return {
    part,
    incidents,
    recount,
    acknowledgeSilently: (alertId, by, nowMs) => {
      const alert = fleet.alerts.find((one) => one.id === alertId);
      if (alert === undefined) throw new Error(`no alert ${alertId}`);
      acknowledge(alert, by, nowMs);
      alert.version += 1;
    },
    escalateSilently: (alertId, by, reason, nowMs) => {
      const alert = fleet.alerts.find((one) => one.id === alertId);
      if (alert === undefined) throw new Error(`no alert ${alertId}`);
      const from = levelOfNumber(alert.escalationLevel);
      const to = climb({ closed: false, level: from });
      alert.escalationLevel = levelRank(to);
      note(`a${alert.id}`, 'escalated', by, nowMs, { from, level: to, reason });
      alert.version += 1;
    },
    openIncident: (cause, [causeName, causeNameUr], alerts, nowMs) => {
      const id = nextIncidentId++;
      for (const alert of fleet.alerts) {
        if (alerts.some((one) => one.id === alert.id)) {
          Object.assign(alert, { incidentId: id, version: alert.version + 1 });
        }
      }
      const startedAtMs = Math.min(...alerts.map((alert) => alert.openedAtMs));
      const lastAtMs = Math.max(...alerts.map((alert) => alert.openedAtMs));
      const incident: Writable<IncidentView> = {
        id,
        kind: ['media-node', 'gateway', 'server'].includes(cause.kind) ? 'OWN' : 'OUTAGE',
        cause,
        causeName,
        causeNameUr,
        districtCodes: [...new Set(alerts.map((alert) => alert.districtCode))],
        state: 'open',
        severity: alerts[0]?.severity ?? 'major',
        rank: 0,
        startedAtMs,
        openedAtMs: nowMs,
        closedAtMs: null,
        mergedInto: null,
        stations: alerts.length,
        ofStations: alerts.length + 2,
        peakStations: alerts.length,
        evidence: {
          stations: alerts.length,
          ofStations: alerts.length + 2,
          withinMs: lastAtMs - startedAtMs,
          states: { UNREACHABLE: 97, SILENT: 3 },
          districts: null,
          note: null,
        },
        unacknowledgedAlerts: 0,
        acknowledgedAtMs: null,
        acknowledgedBy: null,
        assignee: null,
        escalationLevel: 0,
        level: 'district',
        pagedAtMs: nowMs,
        version: 1,
      };
      incidents.push(incident);
      recount(incident);
      const messages = inside(incident).map((alert) => ({ type: 'alert', alert }));
      push({ type: 'batch', messages: [...messages, { type: 'incident', incident }] });
      return incident;
    },
  };
}
