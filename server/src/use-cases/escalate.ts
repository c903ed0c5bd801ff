import type { Clock } from '@nigehban/config/clock/clock.ts';
import {
  defaultEscalationPolicy,
  type EscalationPolicy,
  planEscalation,
} from '@nigehban/domain/escalation.ts';
import {
  type EscalationLevel,
  levelRank,
  type NoticeOccasion,
  type NoticeSubject,
} from '@nigehban/domain/notice-occasion.ts';
import { announce } from '../store/change-feed.ts';
import { readSetting, writeSetting } from '../store/channel-settings-store.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  cancelEscalations,
  correctOutcome,
  type EscalationKey,
  endEarlierRounds,
  endEscalation,
  insertEscalations,
  type PendingEscalation,
  postponeEscalation,
  raiseLevel,
  readPendingEscalations,
} from '../store/escalation-store.ts';
import { putOutbox } from '../store/outbox-store.ts';

const policyKey = 'notice.escalation';

export async function readEscalationPolicy(sql: Queryable): Promise<EscalationPolicy> {
  const stored = await readSetting(sql, policyKey);
  // Only checked bodies are written there.
  return stored === undefined ? defaultEscalationPolicy : (stored as EscalationPolicy);
}

export async function writeEscalationPolicy(
  sql: Queryable,
  policy: EscalationPolicy,
): Promise<void> {
  await writeSetting(sql, policyKey, policy);
}

/** An alert that is part of an incident is looked at again so often. */
const lookAgainMs = 60_000;

interface EscalationPorts {
  readonly sql: Sql;
  readonly clock: Clock;
}

/** Begins the timers of something that people were told of. Doing it twice changes nothing. */
export async function beginEscalation(
  { sql, clock }: EscalationPorts,
  occasion: NoticeOccasion,
  round: number,
): Promise<readonly PendingEscalation[]> {
  const policy = await readEscalationPolicy(sql);
  const { phase, severity, level } = occasion;
  const steps = planEscalation(policy, phase, severity, clock.nowMs(), level);
  await endEarlierRounds(sql, occasion.subject, round, clock.nowMs());
  await insertEscalations(sql, occasion.subject, round, steps);
  return await readPendingEscalations(sql, occasion.subject);
}

/** Ends the timers of a subject for levels that it reached by hand; the others keep their time. */
export async function endReached(
  { sql, clock }: EscalationPorts,
  subject: NoticeSubject,
  reached: EscalationLevel,
): Promise<readonly PendingEscalation[]> {
  const ended: PendingEscalation[] = [];
  for (const step of await readPendingEscalations(sql, subject)) {
    if (levelRank(step.level) > levelRank(reached)) continue;
    if (await endEscalation(sql, step, 'cancelled', clock.nowMs())) ended.push(step);
  }
  return ended;
}

/** Ends the timers of something that was acknowledged, closed or taken over; returns them. */
export async function stopEscalation(
  { sql, clock }: EscalationPorts,
  subject: NoticeSubject,
): Promise<readonly PendingEscalation[]> {
  return await cancelEscalations(sql, subject, clock.nowMs());
}

/**
 * Climbs one step, or ends it when there is nothing to climb any more. An acknowledgement that was
 * committed before this counts, whatever the queue still believes; one step climbs once. While an incident
 * speaks for the alert its step is put off. A lower step that still waits goes before.
 */
export async function climb(ports: EscalationPorts, key: EscalationKey): Promise<boolean> {
  const { sql, clock } = ports;
  const nowMs = clock.nowMs();
  const { subject } = key;
  if (key.level === 'province') {
    // Both may be overdue, or the lower one put off, and their jobs come in any order: no level is left out.
    const below = (await readPendingEscalations(sql, subject)).find(
      (step) => step.round === key.round && step.level === 'division',
    );
    if (below !== undefined) await climb(ports, below);
  }
  return await sql.begin(async (tx) => {
    // Held until the end: of two jobs of one step the second finds it ended.
    if (!(await endEscalation(tx, key, 'escalated', nowMs))) return false;
    const raised = await raiseLevel(tx, subject, key.level === 'division' ? 1 : 2, nowMs);
    if (raised === null) {
      const postponed = await postponeEscalation(tx, key, nowMs + lookAgainMs);
      if (!postponed) await correctOutcome(tx, key, 'cancelled');
      return false;
    }
    const named = subject.kind === 'alert' ? { alertId: subject.id } : { incidentId: subject.id };
    await putOutbox(tx, [
      {
        key: `${subject.kind}-${subject.id}-${raised.version}-escalated`,
        topic: `${subject.kind}-step`,
        payload: { ...named, step: 'escalated', version: raised.version },
      },
    ]);
    await announce(tx, {
      topic: subject.kind === 'alert' ? 'alerts' : 'incidents',
      ids: [subject.id],
    });
    return true;
  });
}
