import { randomUUID } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open } from '@nigehban/config/secrets/sealed-box.ts';
import type { RecipientTarget } from '@nigehban/domain/api/notice-types.ts';
import type { NoticeOccasion } from '@nigehban/domain/notice-occasion.ts';
import { routeNotice } from '@nigehban/domain/notice-routing.ts';
import {
  lastToTell,
  type NoticeText,
  renderDigest,
  renderNotice,
} from '@nigehban/domain/notice-text.ts';
import {
  type DeliveryOutcome,
  decideFlush,
  deliveryAttempts,
  deliveryBackoffMs,
  type NoticeMessage,
} from '@nigehban/domain/notification.ts';
import { readSmsGateway, readSmtpServer } from '../notify/channel-settings.ts';
import { sendSms } from '../notify/sms-channel.ts';
import { sendMail } from '../notify/smtp-channel.ts';
import { sendWebhook } from '../notify/webhook-channel.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  claimMessage,
  dropWaiting,
  insertMessage,
  insertNotices,
  lockWaiting,
  readSentTimes,
  readTold,
  settleMessage,
  type WaitingNotice,
} from '../store/notice-store.ts';
import { type RecipientRow, readRecipients, readRules } from '../store/recipient-store.ts';

export interface NoticePorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly random: () => number;
  /** Tells the browsers of a user. */
  readonly push: (sql: Queryable, username: string, message: NoticeMessage) => Promise<void>;
  /** How long the first notice waits for its companions. */
  readonly gatherMs: number;
  /** One attempt may take so long. */
  readonly attemptMs: number;
}

export const defaultNoticeTimes = { gatherMs: 5_000, attemptMs: 10_000 } as const;

/** What is to be looked at again, and when. */
export interface NoticeFollowUp {
  readonly messages: readonly string[];
  readonly flushAtMs: number | null;
}

/** Context of the sealed targets. */
export const targetContext = 'notice recipient';

/**
 * Takes an occasion in: writes down who is to hear of it, each once. The end of something that was
 * not told yet drops what waits instead; the others who were told hear of the end.
 */
export async function takeOccasion(
  { sql, clock }: Pick<NoticePorts, 'sql' | 'clock'>,
  occasion: NoticeOccasion,
): Promise<readonly number[]> {
  const nowMs = clock.nowMs();
  return await sql.begin(async (tx) => {
    const rules = await readRules(tx, nowMs);
    if (occasion.step !== 'closed') {
      return await insertNotices(tx, occasion, routeNotice(occasion, rules, nowMs), nowMs);
    }
    await dropWaiting(tx, occasion.subject, { end: occasion.key }, nowMs);
    const told = new Set(await readTold(tx, occasion.subject));
    const concerned = rules.filter((rule) => told.has(rule.id));
    // Good news reaches everyone who heard the bad one, whatever the level is by now.
    const routed = routeNotice({ ...occasion, level: 'province' }, concerned, nowMs);
    return await insertNotices(tx, occasion, routed, nowMs);
  });
}

/** Makes messages of what waits for a recipient, as its limit and the hour allow. */
export async function flushRecipient(
  ports: Pick<NoticePorts, 'sql' | 'clock' | 'gatherMs'>,
  recipientId: number,
): Promise<NoticeFollowUp> {
  const nowMs = ports.clock.nowMs();
  return await ports.sql.begin(async (tx) => {
    const waiting = await lockWaiting(tx, recipientId, nowMs);
    const [recipient] = await readRecipients(tx, recipientId);
    if (waiting === null || recipient === undefined) return { messages: [], flushAtMs: null };
    const limit = { messages: recipient.limitMessages, windowMs: recipient.limitWindowMs };
    const sentAtMs = await readSentTimes(tx, recipientId, nowMs - limit.windowMs);
    const oldest = waiting.map(({ createdAtMs, notBeforeMs }) =>
      Math.max(createdAtMs, notBeforeMs),
    );
    const decision = decideFlush(
      {
        waiting: bySubject(waiting).length,
        oldestWaitingMs: oldest.length === 0 ? null : Math.min(...oldest),
        sentAtMs,
        limit,
        gatherMs: ports.gatherMs,
      },
      nowMs,
    );
    if (decision.kind === 'nothing') return { messages: [], flushAtMs: null };
    if (decision.kind === 'wait') return { messages: [], flushAtMs: decision.untilMs };
    const groups = decision.kind === 'digest' ? [waiting] : bySubject(waiting);
    const messages: string[] = [];
    for (const group of groups) {
      // Of one subject only how it stands now is told, of several each.
      const occasions = bySubject(group).flatMap(
        (same) => lastToTell(same.map((notice) => notice.occasion)) ?? [],
      );
      const [only, ...others] = occasions;
      if (only === undefined) continue;
      const text =
        others.length === 0
          ? renderNotice(only, recipient.language)
          : renderDigest(occasions, recipient.language);
      const id = randomUUID();
      const heldBack = group.filter(
        (notice) => nowMs - notice.createdAtMs > 2 * ports.gatherMs,
      ).length;
      await insertMessage(
        tx,
        {
          id,
          recipientId,
          notices: group.map((notice) => notice.id),
          heldBack,
          subject: text.subject,
          body: text.text,
          shortText: text.shortText,
          data: { occasions: occasions.slice(0, 100), notices: group.length, heldBack },
          test: false,
        },
        nowMs,
      );
      messages.push(id);
    }
    return { messages, flushAtMs: null };
  });
}

/** Notices of the same alert or incident together, in the order of their first. */
function bySubject(notices: readonly WaitingNotice[]): readonly (readonly WaitingNotice[])[] {
  const groups = Map.groupBy(
    notices,
    ({ occasion: { subject } }) => `${subject.kind}-${subject.id}`,
  );
  return [...groups.values()];
}

/** Writes a message down that only shows that the way works. */
export async function makeTestMessage(
  { sql, clock }: Pick<NoticePorts, 'sql' | 'clock'>,
  recipient: RecipientRow,
): Promise<string> {
  const id = randomUUID();
  const text: NoticeText =
    recipient.language === 'ur'
      ? {
          subject: 'نگہبان: آزمائشی پیغام',
          text: 'یہ ایک آزمائشی پیغام ہے۔ کوئی کارروائی ضروری نہیں۔\n',
          shortText: 'نگہبان: آزمائشی پیغام',
        }
      : {
          subject: 'Nigehban: test message',
          text: 'This is a test. Nothing has to be done.\n',
          shortText: 'Nigehban: test message',
        };
  await insertMessage(
    sql,
    {
      id,
      recipientId: recipient.id,
      notices: [],
      heldBack: 0,
      subject: text.subject,
      body: text.text,
      shortText: text.shortText,
      data: { test: true },
      test: true,
    },
    clock.nowMs(),
  );
  return id;
}

/**
 * Makes one attempt at a message that is due; null when it is not due or another process has it. The
 * attempt is written down before it is made: a process that dies makes it once more, with the same
 * idempotency key. Returns when the next one is due, if any.
 */
export async function deliverMessage(
  ports: NoticePorts,
  messageId: string,
): Promise<{ readonly outcome: DeliveryOutcome; readonly retryAtMs: number | null } | null> {
  const { sql, clock, log } = ports;
  const startedMs = clock.nowMs();
  const claimed = await claimMessage(sql, messageId, startedMs, ports.attemptMs * 3);
  if (claimed === null) return null;
  const [recipient] = await readRecipients(sql, claimed.recipientId);
  const message: NoticeMessage = {
    id: claimed.id,
    subject: claimed.subject,
    text: claimed.body,
    shortText: claimed.shortText,
    data: claimed.data,
  };
  const outcome: DeliveryOutcome =
    recipient === undefined
      ? { kind: 'refused', reason: 'recipient removed' }
      : await attempt(ports, recipient, message);
  const nowMs = clock.nowMs();
  const again = outcome.kind === 'retry' && claimed.attempts < deliveryAttempts;
  const retryAtMs = again
    ? nowMs + deliveryBackoffMs(claimed.attempts, outcome.retryAfterMs, ports.random())
    : null;
  await sql.begin((tx) =>
    settleMessage(tx, claimed, outcome, retryAtMs, { nowMs, durationMs: nowMs - startedMs }),
  );
  if (outcome.kind !== 'sent' && retryAtMs === null) {
    const { reason } = outcome;
    log.error({ messageId, recipient: recipient?.name, reason }, 'a notice is a dead letter');
  }
  return { outcome, retryAtMs };
}

async function attempt(
  ports: NoticePorts,
  recipient: RecipientRow,
  message: NoticeMessage,
): Promise<DeliveryOutcome> {
  const { sql, secretKey, attemptMs: timeoutMs } = ports;
  try {
    if (recipient.channel === 'push') {
      await ports.push(sql, recipient.username ?? '', message);
      return { kind: 'sent', detail: 'told to the open consoles' };
    }
    if (recipient.target === null) return { kind: 'refused', reason: 'no target' };
    // Only we seal with this key and context: what opens is what was written.
    const target = JSON.parse(open(secretKey, recipient.target, targetContext)) as RecipientTarget;
    if (target.kind === 'webhook') {
      return await sendWebhook(target, message, { nowMs: ports.clock.nowMs(), timeoutMs });
    }
    if (target.kind === 'smtp') {
      const server = await readSmtpServer(sql, secretKey);
      if (server === null)
        return { kind: 'retry', reason: 'no mail server is set', retryAfterMs: 60_000 };
      return await sendMail(server, target.address, message, timeoutMs);
    }
    if (target.kind === 'sms') {
      const gateway = await readSmsGateway(sql, secretKey);
      if (gateway === null)
        return { kind: 'retry', reason: 'no SMS gateway is set', retryAfterMs: 60_000 };
      return await sendSms(gateway, target.number, message, timeoutMs);
    }
    return { kind: 'refused', reason: 'the target is of another kind' };
  } catch (error) {
    ports.log.error({ err: error, recipient: recipient.name }, 'an attempt failed inside');
    return { kind: 'retry', reason: 'internal fault', retryAfterMs: null };
  }
}
