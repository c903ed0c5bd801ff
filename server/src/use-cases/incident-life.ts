import type {
  AssignBody,
  IncidentAcknowledgeBody,
  IncidentAcknowledged,
  IncidentDetail,
  IncidentView,
  NoteBody,
} from '@nigehban/domain/api/alert-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAlertEvents, readAlerts } from '../store/alert-store.ts';
import { addAudit } from '../store/audit-store.ts';
import { announceAll } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  acknowledgeChildren,
  addIncidentEvents,
  markIncidentAcknowledged,
  markIncidentAssigned,
  readIncidents,
  readIncidentTimeline,
} from '../store/incident-store.ts';
import { type ActingPerson, requireUser } from './alert-life.ts';

const alertsShown = 2_000;

/** @throws Fault INCIDENT_UNKNOWN */
export async function readIncidentDetail(
  sql: Queryable,
  incidentId: number,
): Promise<IncidentDetail> {
  const incident = await readIncident(sql, incidentId);
  const alerts = await readAlerts(sql, { incidentId, limit: alertsShown });
  return {
    ...incident,
    timeline: await readIncidentTimeline(sql, incidentId),
    alerts: [...alerts].sort((a, b) => b.rank - a.rank || a.id - b.id),
  };
}

async function readIncident(sql: Queryable, incidentId: number): Promise<IncidentView> {
  const [incident] = await readIncidents(sql, { ids: [incidentId], limit: 1 });
  if (incident === undefined) throw new Fault('INCIDENT_UNKNOWN', `No incident ${incidentId}`);
  return incident;
}

/**
 * Acknowledges an incident with all its open alerts. Alerts that changed since they were seen stay
 * as they are and are reported. @throws Fault INCIDENT_UNKNOWN; ALERT_CHANGED when the incident
 * itself has another version by now or is closed
 */
export async function acknowledgeIncident(
  sql: Sql,
  given: ActingPerson & IncidentAcknowledgeBody & { readonly incidentId: number },
  nowMs: number,
): Promise<IncidentAcknowledged> {
  const { incidentId, username, address, version, seen } = given;
  return await sql.begin(async (tx) => {
    const children = await acknowledgeChildren(tx, incidentId, seen ?? null, username, nowMs);
    const done = await markIncidentAcknowledged(tx, incidentId, version, username, nowMs);
    const incident = await readIncident(tx, incidentId);
    if (!done) throw changed(incident);
    const { acknowledged, conflicts } = children;
    await addAlertEvents(tx, acknowledged, 'acknowledged', username, nowMs, { incidentId });
    const details = { alerts: acknowledged.length, conflicts: conflicts.length };
    const action = 'incident.acknowledge';
    const subject = String(incidentId);
    await addAudit(tx, { actor: username, address, action, subject, details }, nowMs);
    await announceAll(tx, [
      { topic: 'alerts', ids: acknowledged },
      { topic: 'incidents', ids: [incidentId] },
    ]);
    return { incident, acknowledged, conflicts };
  });
}

/** @throws Fault INCIDENT_UNKNOWN, ALERT_CHANGED; REQUEST_INVALID for a user who is not there */
export async function assignIncident(
  sql: Sql,
  given: ActingPerson & AssignBody & { readonly incidentId: number },
  nowMs: number,
): Promise<IncidentView> {
  const { incidentId, username: actor, address, version, assignee } = given;
  await requireUser(sql, assignee);
  return await sql.begin(async (tx) => {
    const done = await markIncidentAssigned(tx, incidentId, version, assignee, actor, nowMs);
    const incident = await readIncident(tx, incidentId);
    if (!done) throw changed(incident);
    const subject = String(incidentId);
    const details = { assignee };
    await addAudit(tx, { actor, address, action: 'incident.assign', subject, details }, nowMs);
    await announceAll(tx, [{ topic: 'incidents', ids: [incidentId] }]);
    return incident;
  });
}

/** @throws Fault INCIDENT_UNKNOWN */
export async function noteIncident(
  sql: Sql,
  given: ActingPerson & NoteBody & { readonly incidentId: number },
  nowMs: number,
): Promise<IncidentDetail> {
  const { incidentId, username: actor, address, text } = given;
  return await sql.begin(async (tx) => {
    await readIncident(tx, incidentId);
    await addIncidentEvents(tx, [{ incidentId, step: 'noted', details: { text } }], actor, nowMs);
    const subject = String(incidentId);
    await addAudit(tx, { actor, address, action: 'incident.note', subject }, nowMs);
    await announceAll(tx, [{ topic: 'incidents', ids: [incidentId] }]);
    return await readIncidentDetail(tx, incidentId);
  });
}

function changed(incident: IncidentView): Fault {
  return new Fault('ALERT_CHANGED', `Incident ${incident.id} changed since it was shown`, {
    details: { version: incident.version },
  });
}
