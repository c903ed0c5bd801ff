import type {
  MessageDetail,
  MessageState,
  MessageView,
} from '@nigehban/domain/api/notice-types.ts';
import type { Queryable } from './database.ts';

export interface RecipientStanding {
  readonly waiting: number;
  readonly lastSentAtMs: number | null;
  readonly lastFault: string | null;
}

/** How each recipient stands: what waits, when something last arrived, what last went wrong since. */
export async function readRecipientStanding(
  sql: Queryable,
): Promise<ReadonlyMap<number, RecipientStanding>> {
  const rows = await sql<(RecipientStanding & { id: number })[]>`
    select r.id,
      (select count(*) from notice n where n.recipient_id = r.id and n.message_id is null
        and n.dropped_at is null)
      + (select count(*) from notice_message m where m.recipient_id = r.id and m.state = 'waiting')
        as waiting,
      (select max(m.finished_at) from notice_message m
        where m.recipient_id = r.id and m.state = 'sent') as last_sent_at_ms,
      (select m.reason from notice_message m where m.recipient_id = r.id and m.reason is not null
        and m.created_at > coalesce((select max(s.finished_at) from notice_message s
          where s.recipient_id = r.id and s.state = 'sent'), '-infinity')
        order by m.created_at desc limit 1) as last_fault
    from notice_recipient r where r.removed_at is null`;
  return new Map(rows.map(({ id, ...standing }) => [id, standing]));
}

export interface MessageFilter {
  readonly id?: string;
  readonly state?: MessageState;
  readonly recipientId?: number;
  readonly beforeMs?: number;
  readonly limit: number;
}

/** Messages, newest first. */
export async function readMessages(
  sql: Queryable,
  filter: MessageFilter,
): Promise<readonly (MessageView & { readonly body: string })[]> {
  return await sql<(MessageView & { body: string })[]>`
    select m.id, m.recipient_id, r.name as recipient, r.channel, m.created_at as created_at_ms,
      m.state, m.notices, m.held_back, m.subject, m.body, m.attempts,
      case when m.state = 'waiting' then m.next_attempt_at end as next_attempt_at_ms,
      m.finished_at as finished_at_ms, m.reason, m.test
    from notice_message m join notice_recipient r on r.id = m.recipient_id
    where true
      ${filter.id === undefined ? sql`` : sql`and m.id = ${filter.id}`}
      ${filter.state === undefined ? sql`` : sql`and m.state = ${filter.state}`}
      ${filter.recipientId === undefined ? sql`` : sql`and m.recipient_id = ${filter.recipientId}`}
      ${filter.beforeMs === undefined ? sql`` : sql`and m.created_at < ${filter.beforeMs}`}
    order by m.created_at desc, m.id limit ${filter.limit}`;
}

/** The attempts at a message, in order. */
export async function readDeliveries(
  sql: Queryable,
  messageId: string,
): Promise<MessageDetail['deliveries']> {
  return await sql<MessageDetail['deliveries'][number][]>`
    select attempt, at as at_ms, outcome, detail, duration_ms from notice_delivery
    where message_id = ${messageId} order by id`;
}
