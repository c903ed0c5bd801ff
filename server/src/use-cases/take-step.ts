import type { AlertStepMessage } from '@nigehban/domain/api/alert-types.ts';
import type { NoticeSubject } from '@nigehban/domain/notice-occasion.ts';
import type { PendingEscalation } from '../store/escalation-store.ts';
import { dropWaiting } from '../store/notice-store.ts';
import { beginEscalation, endReached, stopEscalation } from './escalate.ts';
import { type NoticePorts, takeOccasion } from './send-notices.ts';
import { readOutageNews } from './tell-of-outages.ts';

/** Where timers are put besides PostgreSQL, so that they need not be looked for. */
export interface StepTimers {
  begun(timers: readonly PendingEscalation[]): Promise<void>;
  ended(timers: readonly PendingEscalation[]): Promise<void>;
}

/**
 * Does what a step of an alert or incident means for people: tells them, begins or ends its timers, and
 * drops what became needless. Doing it again changes nothing; steps may come in any order.
 */
export async function takeStep(
  ports: Pick<NoticePorts, 'sql' | 'clock'>,
  timers: StepTimers,
  message: AlertStepMessage,
): Promise<void> {
  const { sql, clock } = ports;
  const news = await readOutageNews(sql, message);
  if (news === null) return;
  if (news.kind === 'settled') {
    const subject: NoticeSubject =
      'alertId' in message
        ? { kind: 'alert', id: message.alertId }
        : { kind: 'incident', id: message.incidentId };
    await timers.ended(await stopEscalation(ports, subject));
    if (news.occasion === null) await dropWaiting(sql, subject, 'in-hand', clock.nowMs());
    else await takeOccasion(ports, news.occasion);
    return;
  }
  await takeOccasion(ports, news.occasion);
  const { byHand, subject } = news.occasion;
  if (byHand !== undefined && !news.climbs) {
    await timers.ended(await endReached(ports, subject, byHand.level));
  }
  if (!news.climbs) return;
  // A page has a version of its own: it is the same round however often it is delivered.
  await timers.begun(await beginEscalation(ports, news.occasion, message.version));
}
