import type { EscalationStepPlan } from '@nigehban/domain/escalation.ts';
import type { NoticeSubject } from '@nigehban/domain/notice-occasion.ts';
import { addAlertEvents } from './alert-store.ts';
import type { Queryable } from './database.ts';
import { addIncidentEvents } from './incident-store.ts';

export interface EscalationKey {
  readonly subject: NoticeSubject;
  readonly round: number;
  readonly level: 'division' | 'province';
}

export interface PendingEscalation extends EscalationKey {
  readonly dueMs: number;
}

/** Writes down when a subject climbs; steps that are known keep their time. */
export async function insertEscalations(
  sql: Queryable,
  subject: NoticeSubject,
  round: number,
  steps: readonly EscalationStepPlan[],
): Promise<void> {
  const climbs = steps.filter(({ level }) => level !== 'district');
  if (climbs.length === 0) return;
  await sql`
    insert into escalation (subject_kind, subject_id, round, level, due_at)
    select ${subject.kind}, ${subject.id}::int, ${round}::int, x.level, x.due_at
    from unnest(${climbs.map(({ level }) => level)}::text[],
      ${climbs.map(({ dueMs }) => new Date(dueMs).toISOString())}::timestamptz[]) as x(level, due_at)
    on conflict do nothing`;
}

/** What is still to climb, or only that of one subject. */
export async function readPendingEscalations(
  sql: Queryable,
  subject?: NoticeSubject,
): Promise<readonly PendingEscalation[]> {
  const rows = await sql<
    {
      subjectKind: 'alert' | 'incident';
      subjectId: number;
      round: number;
      level: 'division' | 'province';
      dueMs: number;
    }[]
  >`
    select subject_kind, subject_id, round, level, due_at as due_ms from escalation
    where over_at is null
      ${subject === undefined ? sql`` : sql`and subject_kind = ${subject.kind} and subject_id = ${subject.id}`}
    order by due_at`;
  return rows.map(({ subjectKind, subjectId, round, level, dueMs }) => ({
    subject: { kind: subjectKind, id: subjectId },
    round,
    level,
    dueMs,
  }));
}

/** Ends a step that has not ended, once: true for the one that ended it. */
export async function endEscalation(
  sql: Queryable,
  { subject, round, level }: EscalationKey,
  outcome: 'escalated' | 'cancelled',
  nowMs: number,
): Promise<boolean> {
  const rows = await sql`
    update escalation set over_at = ${nowMs}, outcome = ${outcome}
    where subject_kind = ${subject.kind} and subject_id = ${subject.id} and round = ${round}
      and level = ${level} and over_at is null
    returning level`;
  return rows.length > 0;
}

/** Ends the steps of a subject's earlier rounds: they must not climb in the name of a new one. */
export async function endEarlierRounds(
  sql: Queryable,
  subject: NoticeSubject,
  round: number,
  nowMs: number,
): Promise<void> {
  await sql`
    update escalation set over_at = ${nowMs}, outcome = 'cancelled'
    where subject_kind = ${subject.kind} and subject_id = ${subject.id} and round < ${round}
      and over_at is null`;
}

/**
 * Puts off a step that just ended while its alert is part of an incident, which climbs in its place, or
 * expected: when that is over and the alert is not, it climbs. False when there is nothing to put off.
 */
export async function postponeEscalation(
  sql: Queryable,
  { subject, round, level }: EscalationKey,
  dueMs: number,
): Promise<boolean> {
  if (subject.kind !== 'alert') return false;
  const rows = await sql`
    update escalation e set over_at = null, outcome = null, due_at = ${dueMs}
    from alert al
    where e.subject_kind = 'alert' and e.subject_id = ${subject.id} and e.round = ${round}
      and e.level = ${level} and al.id = e.subject_id and al.closed_at is null
      and al.acknowledged_at is null and (al.incident_id is not null or al.expected_id is not null)
    returning e.level`;
  return rows.length > 0;
}

/** Corrects what is said of a step that just ended. */
export async function correctOutcome(
  sql: Queryable,
  { subject, round, level }: EscalationKey,
  outcome: 'escalated' | 'cancelled',
): Promise<void> {
  await sql`
    update escalation set outcome = ${outcome}
    where subject_kind = ${subject.kind} and subject_id = ${subject.id} and round = ${round}
      and level = ${level}`;
}

/** Ends all steps of a subject that have not ended, and returns them. */
export async function cancelEscalations(
  sql: Queryable,
  subject: NoticeSubject,
  nowMs: number,
): Promise<readonly PendingEscalation[]> {
  const rows = await sql<{ round: number; level: 'division' | 'province'; dueMs: number }[]>`
    update escalation set over_at = ${nowMs}, outcome = 'cancelled'
    where subject_kind = ${subject.kind} and subject_id = ${subject.id} and over_at is null
    returning round, level, due_at as due_ms`;
  return rows.map((row) => ({ subject, ...row }));
}

/**
 * Raises an alert or incident to a level while it is open, unacknowledged, not expected, no part of an
 * incident and below that level; null otherwise. Takes its row, so that an acknowledgement comes
 * before or after, never in between.
 */
export async function raiseLevel(
  sql: Queryable,
  subject: NoticeSubject,
  level: 1 | 2,
  nowMs: number,
): Promise<{ readonly version: number } | null> {
  const isAlert = subject.kind === 'alert';
  const [row] = isAlert
    ? await sql<{ version: number }[]>`
        update alert set escalation_level = ${level}, version = version + 1
        where id = ${subject.id} and closed_at is null and acknowledged_at is null
          and expected_id is null and incident_id is null and escalation_level < ${level}
        returning version`
    : await sql<{ version: number }[]>`
        update incident set escalation_level = ${level}, version = version + 1
        where id = ${subject.id} and closed_at is null and acknowledged_at is null
          and escalation_level < ${level}
        returning version`;
  if (row === undefined) return null;
  const details = { level: level === 1 ? 'division' : 'province' };
  if (isAlert) await addAlertEvents(sql, [subject.id], 'escalated', null, nowMs, details);
  else {
    const event = { incidentId: subject.id, step: 'escalated', details } as const;
    await addIncidentEvents(sql, [event], null, nowMs);
  }
  return row;
}
