import type { NoticeOccasion, NoticeSubject } from '@nigehban/domain/notice-occasion.ts';
import type { RoutedNotice } from '@nigehban/domain/notice-routing.ts';
import type { DeliveryOutcome } from '@nigehban/domain/notification.ts';
import { type Queryable, toJson } from './database.ts';

/** Writes an occasion down for its recipients; who has it already keeps it. Returns who is new. */
export async function insertNotices(
  sql: Queryable,
  occasion: NoticeOccasion,
  routed: readonly RoutedNotice[],
  nowMs: number,
): Promise<readonly number[]> {
  if (routed.length === 0) return [];
  const rows = await sql<{ recipientId: number }[]>`
    insert into notice (recipient_id, occasion_key, subject_kind, subject_id, step, occasion,
      created_at, not_before)
    select x.recipient_id, ${occasion.key}, ${occasion.subject.kind}, ${occasion.subject.id},
      ${occasion.step}, ${sql.json(toJson(occasion))}, ${nowMs},
      to_timestamp(x.not_before_ms / 1000.0)
    from unnest(${routed.map((r) => r.recipientId)}::int[],
      ${routed.map((r) => r.notBeforeMs)}::bigint[]) as x(recipient_id, not_before_ms)
    on conflict (recipient_id, occasion_key) do nothing
    returning recipient_id`;
  return rows.map((row) => row.recipientId);
}

/**
 * Drops what waits of a subject, because it is over (`end`: key of that occasion, which stays however
 * often it is handled), or because somebody has it in hand: then its end is told all the same, and so
 * is what a person asked to be told.
 */
export async function dropWaiting(
  sql: Queryable,
  subject: NoticeSubject,
  why: 'in-hand' | { readonly end: string },
  nowMs: number,
): Promise<void> {
  await sql`
    update notice set dropped_at = ${nowMs}
    where id in (select id from notice
      where subject_kind = ${subject.kind} and subject_id = ${subject.id}
        and message_id is null and dropped_at is null
        ${
          why === 'in-hand'
            ? sql`and step <> 'closed' and not occasion ? 'byHand'`
            : sql`and occasion_key <> ${why.end}`
        }
      order by id for update)`;
}

/** Who was told of a subject, or is being told: they hear of its end. */
export async function readTold(sql: Queryable, subject: NoticeSubject): Promise<readonly number[]> {
  const rows = await sql<{ recipientId: number }[]>`
    select distinct n.recipient_id from notice n
    where n.subject_kind = ${subject.kind} and n.subject_id = ${subject.id}
      and n.message_id is not null`;
  return rows.map((row) => row.recipientId);
}

export interface WaitingNotice {
  readonly id: number;
  readonly occasion: NoticeOccasion;
  readonly createdAtMs: number;
  readonly notBeforeMs: number;
}

/**
 * Locks a recipient against other flushes (not against new notices for it), and what waits for it against being dropped, until the
 * transaction ends, and reads that; null while another process is at it. What was not put off waits for
 * no time: it goes also when the clock was set back meanwhile.
 */
export async function lockWaiting(
  sql: Queryable,
  recipientId: number,
  nowMs: number,
): Promise<readonly WaitingNotice[] | null> {
  const locked = await sql`
    select 1 from notice_recipient where id = ${recipientId} for no key update skip locked`;
  if (locked.length === 0) return null;
  return await sql<WaitingNotice[]>`
    select id, occasion, created_at as created_at_ms, not_before as not_before_ms from notice
    where recipient_id = ${recipientId} and message_id is null and dropped_at is null
      and (not_before <= ${nowMs} or not_before <= created_at)
    order by id for update`;
}

/** When this recipient's last messages were made, tests left out. */
export async function readSentTimes(
  sql: Queryable,
  recipientId: number,
  sinceMs: number,
): Promise<readonly number[]> {
  const rows = await sql<{ at: number }[]>`
    select created_at as at from notice_message
    where recipient_id = ${recipientId} and created_at > ${sinceMs} and not test`;
  return rows.map((row) => row.at);
}

export interface NewMessage {
  readonly id: string;
  readonly recipientId: number;
  readonly notices: readonly number[];
  readonly heldBack: number;
  readonly subject: string;
  readonly body: string;
  readonly shortText: string;
  readonly data: unknown;
  readonly test: boolean;
}

export async function insertMessage(
  sql: Queryable,
  message: NewMessage,
  nowMs: number,
): Promise<void> {
  await sql`
    insert into notice_message (id, recipient_id, created_at, notices, held_back, subject, body,
      short_text, data, state, next_attempt_at, test)
    values (${message.id}, ${message.recipientId}, ${nowMs}, ${message.notices.length},
      ${message.heldBack}, ${message.subject}, ${message.body}, ${message.shortText},
      ${sql.json(toJson(message.data))}, 'waiting', ${nowMs}, ${message.test})`;
  await sql`
    update notice set message_id = ${message.id} where id = any(${[...message.notices]}::bigint[])`;
}

export interface ClaimedMessage {
  readonly id: string;
  readonly recipientId: number;
  readonly attempts: number;
  readonly subject: string;
  readonly body: string;
  readonly shortText: string;
  readonly data: Record<string, unknown>;
}

/**
 * Takes a due message for one attempt, which counts from now; null when it is not due, over, or taken.
 * An attempt whose process dies is made again after `leaseMs`.
 */
export async function claimMessage(
  sql: Queryable,
  id: string,
  nowMs: number,
  leaseMs: number,
): Promise<ClaimedMessage | null> {
  const [row] = await sql<ClaimedMessage[]>`
    update notice_message set attempts = attempts + 1, next_attempt_at = ${nowMs + leaseMs}
    where id = ${id} and state = 'waiting' and (next_attempt_at <= ${nowMs} or attempts = 0)
    returning id, recipient_id, attempts, subject, body, short_text, data`;
  return row ?? null;
}

/** What came of an attempt: sent, dead, or to be made again at `retryAtMs`. */
export async function settleMessage(
  sql: Queryable,
  message: Pick<ClaimedMessage, 'id' | 'attempts'>,
  outcome: DeliveryOutcome,
  retryAtMs: number | null,
  at: { readonly nowMs: number; readonly durationMs: number },
): Promise<void> {
  const state = outcome.kind === 'sent' ? 'sent' : retryAtMs === null ? 'dead' : 'waiting';
  const reason = outcome.kind === 'sent' ? null : outcome.reason;
  await sql`
    update notice_message set state = ${state}, reason = ${reason},
      next_attempt_at = ${retryAtMs ?? at.nowMs},
      finished_at = ${state === 'waiting' ? null : at.nowMs}
    where id = ${message.id} and state = 'waiting' and attempts = ${message.attempts}`;
  await sql`
    insert into notice_delivery (message_id, attempt, at, outcome, detail, duration_ms)
    values (${message.id}, ${message.attempts}, ${at.nowMs}, ${outcome.kind},
      ${outcome.kind === 'sent' ? outcome.detail : outcome.reason}, ${Math.round(at.durationMs)})`;
}

/** Sends a dead message again, from its first attempt. False when it is not dead. */
export async function reviveMessage(sql: Queryable, id: string, nowMs: number): Promise<boolean> {
  const rows = await sql`
    update notice_message m set state = 'waiting', attempts = 0, next_attempt_at = ${nowMs},
      finished_at = null
    from notice_recipient r
    where m.id = ${id} and m.state = 'dead' and r.id = m.recipient_id and r.removed_at is null
    returning m.id`;
  return rows.length > 0;
}

export interface DueWork {
  readonly recipients: readonly number[];
  readonly messages: readonly string[];
}

/** Recipients for whom something waits and messages whose time has come: the queue is made of this. */
export async function readDueWork(sql: Queryable, nowMs: number): Promise<DueWork> {
  const recipients = await sql<{ recipientId: number }[]>`
    select distinct recipient_id from notice
    where message_id is null and dropped_at is null
      and (not_before <= ${nowMs} or not_before <= created_at)`;
  const messages = await sql<{ id: string }[]>`
    select id from notice_message
    where state = 'waiting' and (next_attempt_at <= ${nowMs} or attempts = 0)
    order by next_attempt_at limit 1000`;
  return {
    recipients: recipients.map((row) => row.recipientId),
    messages: messages.map((row) => row.id),
  };
}
