import type { PollPhase } from './election-phase.ts';
import { type EscalationLevel, levelRank, type Severity } from './notice-occasion.ts';

/** Minutes after opening at which an unacknowledged alert climbs; null: it does not. */
export interface EscalationTimers {
  readonly divisionAfterMs: number | null;
  readonly provinceAfterMs: number | null;
}

/** Timers for each severity in each phase. */
export type EscalationPolicy = Readonly<
  Record<PollPhase, Readonly<Record<Severity, EscalationTimers>>>
>;

const never: EscalationTimers = { divisionAfterMs: null, provinceAfterMs: null };
const minuteMs = 60_000;
const after = (division: number, province: number | null): EscalationTimers => ({
  divisionAfterMs: division * minuteMs,
  provinceAfterMs: province === null ? null : province * minuteMs,
});

const quietPhase = { info: never, minor: never, major: never, critical: never };
const rehearsal = { info: never, minor: never, major: after(30, null), critical: after(15, 30) };

/** A starting point: shortest while people vote and count, none while cameras are being put up. */
export const defaultEscalationPolicy: EscalationPolicy = {
  idle: quietPhase,
  install: quietPhase,
  drill: rehearsal,
  eve: { ...rehearsal, major: after(20, 60), critical: after(10, 20) },
  poll: { info: never, minor: after(20, null), major: after(5, 15), critical: after(3, 8) },
  count: { info: never, minor: after(15, null), major: after(4, 10), critical: after(2, 5) },
  custody: { ...rehearsal, critical: after(15, 60) },
};

export interface EscalationStepPlan {
  readonly level: EscalationLevel;
  readonly dueMs: number;
}

/**
 * When an alert that begins at `beginMs` climbs above the level that it begins with, in order; empty
 * when it stays there.
 */
export function planEscalation(
  policy: EscalationPolicy,
  phase: PollPhase,
  severity: Severity,
  beginMs: number,
  level: EscalationLevel = 'district',
): readonly EscalationStepPlan[] {
  const timers = policy[phase][severity];
  const steps: EscalationStepPlan[] = [];
  if (timers.divisionAfterMs !== null) {
    steps.push({ level: 'division', dueMs: beginMs + timers.divisionAfterMs });
  }
  if (timers.provinceAfterMs !== null) {
    steps.push({ level: 'province', dueMs: beginMs + timers.provinceAfterMs });
  }
  return steps
    .filter((step) => levelRank(step.level) > levelRank(level))
    .sort((a, b) => a.dueMs - b.dueMs);
}
