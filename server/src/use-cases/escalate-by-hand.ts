import type {
  AlertStepMessage,
  EscalateBody,
  IncidentView,
} from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  cleanReason,
  decideManualEscalation,
  levelOfNumber,
  reasonLength,
} from '@nigehban/domain/manual-escalation.ts';
import type { EscalationLevel, NoticeSubject } from '@nigehban/domain/notice-occasion.ts';
import { routeNotice } from '@nigehban/domain/notice-routing.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import { readAlerts } from '../store/alert-store.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Queryable, Sql } from '../store/database.ts';
import { readIncidents } from '../store/incident-store.ts';
import {
  holdSubject,
  raiseByHand,
  readLastStep,
  writeClimb,
} from '../store/manual-escalation-store.ts';
import { readRules } from '../store/recipient-store.ts';
import type { ActingPerson } from './alert-life.ts';
import { readOutageNews } from './tell-of-outages.ts';

/** Who asks the next level for help, and why. */
export interface Escalating extends ActingPerson, EscalateBody {
  readonly role: Role;
  /** Told to the people of the next level. */
  readonly displayName: string;
}

/**
 * Hands an alert one level up, as it was seen. @throws Fault ALERT_UNKNOWN; REQUEST_INVALID without a
 * reason; PERMISSION_DENIED; ALERT_CHANGED, with what was done last, when it has another version by now:
 * of two operators one wins; ALERT_CLOSED; ESCALATION_TOP_REACHED
 */
export async function escalateAlert(
  sql: Sql,
  given: Escalating & { readonly alertId: number },
  nowMs: number,
): Promise<AlertView> {
  const read = async (tx: Queryable): Promise<AlertView> => {
    const [alert] = await readAlerts(tx, { ids: [given.alertId], limit: 1 });
    if (alert === undefined) throw new Fault('ALERT_UNKNOWN', `No alert ${given.alertId}`);
    return alert;
  };
  const levelOf = (alert: AlertView) => levelOfNumber(alert.escalationLevel);
  return await escalate(sql, { kind: 'alert', id: given.alertId }, given, nowMs, read, levelOf);
}

/** Hands an incident one level up, as {@link escalateAlert}. @throws Fault INCIDENT_UNKNOWN instead */
export async function escalateIncident(
  sql: Sql,
  given: Escalating & { readonly incidentId: number },
  nowMs: number,
): Promise<IncidentView> {
  const read = async (tx: Queryable): Promise<IncidentView> => {
    const [incident] = await readIncidents(tx, { ids: [given.incidentId], limit: 1 });
    if (incident === undefined) {
      throw new Fault('INCIDENT_UNKNOWN', `No incident ${given.incidentId}`);
    }
    return incident;
  };
  const subject = { kind: 'incident', id: given.incidentId } as const;
  return await escalate(sql, subject, given, nowMs, read, (incident) => incident.level);
}

async function escalate<View extends AlertView | IncidentView>(
  sql: Sql,
  subject: NoticeSubject,
  given: Escalating,
  nowMs: number,
  read: (tx: Queryable) => Promise<View>,
  levelOf: (view: View) => EscalationLevel,
): Promise<View> {
  const reason = cleanReason(given.reason);
  if (reason === null) {
    const { least, most } = reasonLength;
    throw new Fault('REQUEST_INVALID', `A reason has ${least} to ${most} characters`, {
      details: { field: 'reason' },
    });
  }
  const { username: actor, address } = given;
  const { view } = await sql.begin(async (tx) => {
    await holdSubject(tx, subject);
    const before = await read(tx);
    if (before.version !== given.version) throw await changed(tx, subject, before, levelOf(before));
    const what = { closed: before.state === 'closed', level: levelOf(before) };
    const decision = decideManualEscalation(what, given.role);
    if (decision.kind === 'refused') throw refusal(subject, decision.why, given.role);
    const { from, to } = decision;
    const byHand = { name: given.displayName, reason, level: to };
    const message = await raiseByHand(tx, subject, byHand, nowMs);
    const recipients = await countAsked(tx, message, to, nowMs);
    const details = { from, level: to, reason, recipients };
    await writeClimb(tx, { subject, actor, details, message }, nowMs);
    const action = `${subject.kind}.escalate`;
    await addAudit(tx, { actor, address, action, subject: String(subject.id), details }, nowMs);
    return { view: await read(tx) };
  });
  return view;
}

/** How many recipients of the level there are to be told: an escalation that nobody hears has to be seen. */
async function countAsked(
  sql: Queryable,
  message: AlertStepMessage,
  level: EscalationLevel,
  nowMs: number,
): Promise<number> {
  const news = await readOutageNews(sql, message);
  if (news?.kind !== 'tell') return 0;
  const rules = await readRules(sql, nowMs);
  const there = new Set(rules.filter((rule) => rule.level === level).map((rule) => rule.id));
  const told = routeNotice(news.occasion, rules, nowMs);
  return told.filter((notice) => there.has(notice.recipientId)).length;
}

async function changed(
  sql: Queryable,
  subject: NoticeSubject,
  now: AlertView | IncidentView,
  level: EscalationLevel,
): Promise<Fault> {
  const last = await readLastStep(sql, subject);
  const who = last === null || last.actor === null ? '' : `: ${last.step} by ${last.actor}`;
  return new Fault(
    'ALERT_CHANGED',
    `The ${subject.kind} ${subject.id} changed since it was shown${who}`,
    {
      details: {
        version: now.version,
        state: now.state,
        level,
        step: last?.step ?? null,
        by: last?.actor ?? null,
        atMs: last?.atMs ?? null,
      },
    },
  );
}

function refusal(subject: NoticeSubject, why: 'role' | 'closed' | 'top', role: Role): Fault {
  const name = `The ${subject.kind} ${subject.id}`;
  switch (why) {
    case 'role':
      return new Fault('PERMISSION_DENIED', `The role ${role} may not do alert.escalate`, {
        details: { action: 'alert.escalate' },
      });
    case 'closed':
      return new Fault('ALERT_CLOSED', `${name} is closed`);
    case 'top':
      return new Fault('ESCALATION_TOP_REACHED', `${name} is at the province already`);
  }
}
