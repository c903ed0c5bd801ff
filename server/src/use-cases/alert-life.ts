import type {
  AlertDetail,
  AssignBody,
  NoteBody,
  ResolveBody,
} from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  addAlertNote,
  announceAlerts,
  markAcknowledged,
  markAssigned,
  markResolved,
  readAlerts,
  readAlertTimeline,
  readStationTransitions,
} from '../store/alert-store.ts';
import { type AuditEntry, addAudit } from '../store/audit-store.ts';
import type { Queryable, Sql } from '../store/database.ts';
import { readIncidents } from '../store/incident-store.ts';
import { findUser } from '../store/user-store.ts';

/** Who does it, and from where. */
export interface ActingPerson {
  readonly username: string;
  readonly address: string;
}

/** An alert's detail shows transitions from so long before it opened. */
const leadMs = 120_000;
const transitionsShown = 500;

/** @throws Fault ALERT_UNKNOWN */
export async function readAlertDetail(sql: Queryable, alertId: number): Promise<AlertDetail> {
  const [alert] = await readAlerts(sql, { ids: [alertId], limit: 1 });
  if (alert === undefined) throw new Fault('ALERT_UNKNOWN', `No alert ${alertId}`);
  const [incident] =
    alert.incidentId === null
      ? []
      : await readIncidents(sql, { ids: [alert.incidentId], limit: 1 });
  return {
    ...alert,
    timeline: await readAlertTimeline(sql, alertId),
    incident: incident ?? null,
    transitions: await readStationTransitions(sql, alertId, leadMs, transitionsShown),
  };
}

/**
 * Acknowledges an alert as it was seen. @throws Fault ALERT_UNKNOWN; ALERT_CHANGED when it has
 * another version by now, was acknowledged or is closed: of two operators one wins.
 */
export async function acknowledgeAlert(
  sql: Sql,
  given: ActingPerson & { readonly alertId: number; readonly version: number },
  nowMs: number,
): Promise<AlertView> {
  const { alertId, username, version } = given;
  return await step(sql, alertId, given, { action: 'alert.acknowledge' }, nowMs, (tx) =>
    markAcknowledged(tx, alertId, version, username, nowMs),
  );
}

/**
 * Gives an open alert to a person, or to nobody. @throws Fault ALERT_UNKNOWN, ALERT_CHANGED;
 * REQUEST_INVALID for a user who is not there
 */
export async function assignAlert(
  sql: Sql,
  given: ActingPerson & AssignBody & { readonly alertId: number },
  nowMs: number,
): Promise<AlertView> {
  const { alertId, username, version, assignee } = given;
  await requireUser(sql, assignee);
  const audit = { action: 'alert.assign', details: { assignee } };
  return await step(sql, alertId, given, audit, nowMs, (tx) =>
    markAssigned(tx, alertId, version, assignee, username, nowMs),
  );
}

/**
 * Resolves an alert with its cause; one whose cameras are down closes too, until another camera of
 * the station joins them. @throws Fault ALERT_UNKNOWN, ALERT_CHANGED
 */
export async function resolveAlert(
  sql: Sql,
  given: ActingPerson & ResolveBody & { readonly alertId: number },
  nowMs: number,
): Promise<AlertView> {
  const { alertId, username, version, cause, note } = given;
  const audit = { action: 'alert.resolve', details: { cause, note } };
  return await step(sql, alertId, given, audit, nowMs, (tx) =>
    markResolved(tx, alertId, version, { cause, note }, username, nowMs),
  );
}

/** Adds a note. @throws Fault ALERT_UNKNOWN */
export async function noteAlert(
  sql: Sql,
  given: ActingPerson & NoteBody & { readonly alertId: number },
  nowMs: number,
): Promise<AlertDetail> {
  const { alertId, username: actor, address, text } = given;
  return await sql.begin(async (tx) => {
    if (!(await addAlertNote(tx, alertId, text, actor, nowMs))) {
      throw new Fault('ALERT_UNKNOWN', `No alert ${alertId}`);
    }
    const audit = { actor, address, action: 'alert.note', subject: String(alertId) };
    await addAudit(tx, audit, nowMs);
    await announceAlerts(tx, [alertId]);
    return await readAlertDetail(tx, alertId);
  });
}

/** @throws Fault REQUEST_INVALID */
export async function requireUser(sql: Queryable, username: string | null): Promise<void> {
  if (username === null || (await findUser(sql, username)) !== null) return;
  throw new Fault('REQUEST_INVALID', `There is no user ${username}`);
}

async function step(
  sql: Sql,
  alertId: number,
  person: ActingPerson,
  audit: Pick<AuditEntry, 'action' | 'details'>,
  nowMs: number,
  mark: (tx: Queryable) => Promise<boolean>,
): Promise<AlertView> {
  return await sql.begin(async (tx) => {
    const done = await mark(tx);
    const [alert] = await readAlerts(tx, { ids: [alertId], limit: 1 });
    if (alert === undefined) throw new Fault('ALERT_UNKNOWN', `No alert ${alertId}`);
    if (!done) {
      throw new Fault('ALERT_CHANGED', `Alert ${alertId} changed since it was shown`, {
        details: { version: alert.version },
      });
    }
    const { username: actor, address } = person;
    await addAudit(tx, { actor, address, subject: String(alertId), ...audit }, nowMs);
    await announceAlerts(tx, [alertId]);
    return alert;
  });
}
