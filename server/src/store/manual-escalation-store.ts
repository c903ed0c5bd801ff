import type { AlertStepMessage } from '@nigehban/domain/api/alert-types.ts';
import {
  type EscalatedByHand,
  levelRank,
  type NoticeSubject,
} from '@nigehban/domain/notice-occasion.ts';
import { addAlertEvents } from './alert-store.ts';
import { announce } from './change-feed.ts';
import type { Queryable } from './database.ts';
import { addIncidentEvents } from './incident-store.ts';
import { putOutbox } from './outbox-store.ts';

/** Holds an alert or incident until the transaction ends: what is read of it next stays so. */
export async function holdSubject(sql: Queryable, { kind, id }: NoticeSubject): Promise<void> {
  if (kind === 'alert') await sql`select from alert where id = ${id} for update`;
  else await sql`select from incident where id = ${id} for update`;
}

export interface LastStep {
  readonly step: string;
  readonly actor: string | null;
  readonly atMs: number;
  /** Of an escalation. */
  readonly level: string | null;
}

/** What was done last; `actor` null: by the system. */
export async function readLastStep(
  sql: Queryable,
  { kind, id }: NoticeSubject,
): Promise<LastStep | null> {
  const events =
    kind === 'alert'
      ? sql`alert_event where alert_id = ${id}`
      : sql`incident_event where incident_id = ${id}`;
  const [row] = await sql<LastStep[]>`
    select step, actor, at as at_ms, details->>'level' as level from ${events}
    order by id desc limit 1`;
  return row ?? null;
}

/**
 * Raises what {@link holdSubject} holds to a level, and says what is to be told of that; nothing is put
 * into the outbox yet. Nobody was told of it before: this is its page.
 */
export async function raiseByHand(
  sql: Queryable,
  subject: NoticeSubject,
  byHand: EscalatedByHand,
  nowMs: number,
): Promise<AlertStepMessage> {
  const level = levelRank(byHand.level);
  const [row] =
    subject.kind === 'alert'
      ? await sql<{ version: number; begins: boolean }[]>`
        update alert al set escalation_level = ${level}, version = al.version + 1,
          paged_at = coalesce(al.paged_at, ${nowMs})
        from alert old where al.id = ${subject.id} and old.id = al.id
        returning al.version, old.paged_at is null and al.acknowledged_at is null as begins`
      : await sql<{ version: number; begins: boolean }[]>`
        update incident i set escalation_level = ${level}, version = i.version + 1,
          paged_at = coalesce(i.paged_at, ${nowMs})
        from incident old where i.id = ${subject.id} and old.id = i.id
        returning i.version, old.paged_at is null and i.acknowledged_at is null as begins`;
  if (row === undefined) throw new Error(`no ${subject.kind} ${subject.id} to escalate`);
  const { version, begins } = row;
  const named = subject.kind === 'alert' ? { alertId: subject.id } : { incidentId: subject.id };
  return { ...named, step: 'escalated', version, byHand: { ...byHand, begins } };
}

/** Puts an escalation by hand into the life of what climbed, and its message into the outbox. */
export async function writeClimb(
  sql: Queryable,
  given: {
    readonly subject: NoticeSubject;
    readonly actor: string;
    readonly details: Readonly<Record<string, string | number>>;
    readonly message: AlertStepMessage;
  },
  nowMs: number,
): Promise<void> {
  const { subject, actor, details, message } = given;
  if (subject.kind === 'alert') {
    await addAlertEvents(sql, [subject.id], 'escalated', actor, nowMs, details);
  } else {
    const event = { incidentId: subject.id, step: 'escalated', details } as const;
    await addIncidentEvents(sql, [event], actor, nowMs);
  }
  await putOutbox(sql, [
    {
      key: `${subject.kind}-${subject.id}-${message.version}-escalated`,
      topic: `${subject.kind}-step`,
      payload: message,
    },
  ]);
  const topic = subject.kind === 'alert' ? 'alerts' : 'incidents';
  await announce(sql, { topic, ids: [subject.id] });
}
