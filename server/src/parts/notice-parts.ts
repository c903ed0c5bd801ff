import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { AlertStepMessage } from '@nigehban/domain/api/alert-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { NoticeMessage } from '@nigehban/domain/notification.ts';
import type { App } from '../http/app-type.ts';
import { addNoticeRoutes } from '../http/routes/notice-routes.ts';
import { type NoticeJob, openNoticeQueue } from '../queue/notice-queue.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { type PendingEscalation, readPendingEscalations } from '../store/escalation-store.ts';
import { readDueWork } from '../store/notice-store.ts';
import { readRecipients } from '../store/recipient-store.ts';
import type { OutboxHandler } from '../use-cases/dispatch-outbox.ts';
import { climb } from '../use-cases/escalate.ts';
import {
  defaultNoticeTimes,
  deliverMessage,
  flushRecipient,
  makeTestMessage,
  type NoticePorts,
} from '../use-cases/send-notices.ts';
import { type StepTimers, takeStep } from '../use-cases/take-step.ts';
import { startWokenLoop } from '../use-cases/woken-loop.ts';

export interface NoticeParts {
  /** Handles steps of alerts and incidents from the outbox. */
  readonly handlers: Readonly<Record<'alert-step' | 'incident-step', OutboxHandler>>;
  addRoutes(app: App): void;
  stop(): Promise<void>;
}

const deliveriesAtOnce = 64;
const lookEveryMs = 1_000;
/** How often all timers of escalation are offered to the queue: a flushed Redis loses none. */
const offerTimersEveryMs = 15_000;

/** Notices and escalation: queue, loops and routes on one database. */
export function startNoticeParts(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly redisUrl: string;
  readonly queuePrefix: string;
  readonly random: () => number;
  readonly gatherMs?: number;
}): NoticeParts {
  const { sql, clock, log } = options;
  const ports: NoticePorts = {
    sql,
    clock,
    log,
    secretKey: options.secretKey,
    random: options.random,
    gatherMs: options.gatherMs ?? defaultNoticeTimes.gatherMs,
    attemptMs: defaultNoticeTimes.attemptMs,
    push: (tx, username, message) => announcePush(tx, username, message),
  };
  /** When a recipient's limit lets something go again: no use in asking before. */
  const notBefore = new Map<number, { readonly atMs: number; readonly untilMs: number }>();
  let timersOfferedAtMs = Number.NEGATIVE_INFINITY;

  const work = async (job: NoticeJob): Promise<readonly NoticeJob[]> => {
    if (job.dueMs > clock.nowMs() + 50) return [job];
    switch (job.kind) {
      case 'flush': {
        const { messages, flushAtMs } = await flushRecipient(ports, job.recipientId);
        const dueMs = clock.nowMs();
        if (flushAtMs !== null) notBefore.set(job.recipientId, { atMs: dueMs, untilMs: flushAtMs });
        return [
          ...messages.map((messageId) => ({ kind: 'deliver' as const, messageId, dueMs })),
          ...(flushAtMs === null ? [] : [{ ...job, dueMs: flushAtMs }]),
        ];
      }
      case 'deliver': {
        const done = await deliverMessage(ports, job.messageId);
        return done?.retryAtMs == null ? [] : [{ ...job, dueMs: done.retryAtMs }];
      }
      case 'escalate':
        await climb(ports, {
          subject: { kind: job.subject, id: job.subjectId },
          round: job.round,
          level: job.level,
        });
        return [];
    }
  };

  /** What is due by PostgreSQL goes to the queue, whatever the queue remembers. */
  const pass = async () => {
    const nowMs = clock.nowMs();
    const { recipients, messages } = await readDueWork(sql, nowMs);
    const due = recipients.filter((id) => {
      const wait = notBefore.get(id);
      // Before it was decided: the clock was set back.
      return wait === undefined || wait.untilMs <= nowMs || nowMs < wait.atMs;
    });
    await queue.offer([
      ...due.map((recipientId) => ({ kind: 'flush' as const, recipientId, dueMs: nowMs })),
      ...messages.map((messageId) => ({ kind: 'deliver' as const, messageId, dueMs: nowMs })),
    ]);
    if (Math.abs(nowMs - timersOfferedAtMs) < offerTimersEveryMs) return lookEveryMs;
    await queue.offer((await readPendingEscalations(sql)).map(toJob));
    timersOfferedAtMs = nowMs;
    return lookEveryMs;
  };
  const queue = openNoticeQueue({
    redisUrl: options.redisUrl,
    prefix: options.queuePrefix,
    concurrency: deliveriesAtOnce,
    clock,
    log,
    work,
    onReady: () => {
      timersOfferedAtMs = Number.NEGATIVE_INFINITY;
      loop.wake();
    },
  });
  const loop = startWokenLoop({
    clock,
    log,
    pass,
    everyMs: lookEveryMs,
    // Every step of a storm wakes it.
    againAfterMs: () => lookEveryMs,
    failing: 'waiting notices cannot be read',
  });

  const timers: StepTimers = {
    begun: async (pending) => await queue.offer(pending.map(toJob)),
    ended: async (pending) => await queue.withdraw(pending.map(toJob)),
  };
  // What the engine puts into the outbox under these topics is an AlertStepMessage.
  const handler: OutboxHandler = async (job) => {
    await takeStep(ports, timers, job.payload as AlertStepMessage);
    loop.wake();
  };

  return {
    handlers: { 'alert-step': handler, 'incident-step': handler },
    addRoutes(app) {
      addNoticeRoutes(app, {
        sql,
        clock,
        secretKey: options.secretKey,
        wake: loop.wake,
        async sendTest(recipientId) {
          const [recipient] = await readRecipients(sql, recipientId);
          if (recipient === undefined) throw new Fault('NOT_FOUND', `No recipient ${recipientId}`);
          const messageId = await makeTestMessage(ports, recipient);
          const done = await deliverMessage(ports, messageId);
          if (done === null) return { messageId, outcome: 'retry', detail: 'under way' };
          const { outcome } = done;
          const detail = outcome.kind === 'sent' ? outcome.detail : outcome.reason;
          return { messageId, outcome: outcome.kind, detail };
        },
      });
    },
    async stop() {
      await loop.stop();
      await queue.stop();
    },
  };
}

function toJob({ subject, round, level, dueMs }: PendingEscalation): NoticeJob {
  return { kind: 'escalate', subject: subject.kind, subjectId: subject.id, round, level, dueMs };
}

async function announcePush(
  sql: Parameters<typeof announce>[0],
  username: string,
  message: NoticeMessage,
): Promise<void> {
  // A notification of PostgreSQL holds at most 8,000 bytes.
  const text = message.text.slice(0, 1_000);
  await announce(sql, {
    topic: 'notice',
    username,
    id: message.id,
    subject: message.subject.slice(0, 300),
    text,
  });
}
