import type { AlertFigures } from './api/report-types.ts';

/** One time that an alert was open, from opening or reopening until it closed. */
export interface AlertEpisode {
  readonly openedAtMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly escalated: boolean;
  readonly reopening: boolean;
  readonly expected: boolean;
}

export interface AlertStep {
  readonly atMs: number;
  readonly step: string;
}

/** An alert's steps, in order, as the times that it was open. Only the first acknowledgement counts. */
export function planEpisodes(
  steps: readonly AlertStep[],
  expected: boolean,
): readonly AlertEpisode[] {
  const episodes: AlertEpisode[] = [];
  let isOpen = false;
  const amend = (change: Partial<AlertEpisode>) => {
    const last = episodes.at(-1);
    if (isOpen && last !== undefined) episodes[episodes.length - 1] = { ...last, ...change };
  };
  for (const { atMs, step } of steps) {
    if (step === 'opened' || step === 'reopened') {
      isOpen = true;
      episodes.push({
        openedAtMs: atMs,
        acknowledgedAtMs: null,
        closedAtMs: null,
        escalated: false,
        reopening: step === 'reopened',
        expected,
      });
    } else if (step === 'acknowledged') {
      amend({ acknowledgedAtMs: episodes.at(-1)?.acknowledgedAtMs ?? atMs });
    } else if (step === 'escalated') amend({ escalated: true });
    else if (step === 'closed' || step === 'resolved') {
      amend({ closedAtMs: atMs });
      isOpen = false;
    }
  }
  return episodes;
}

/** How many there were and how soon people answered; announced ones are counted, not timed. */
export function sumEpisodes(episodes: readonly AlertEpisode[]): AlertFigures {
  const timed = episodes.filter((one) => !one.expected);
  const acknowledge = timed.flatMap((one) =>
    one.acknowledgedAtMs === null ? [] : [one.acknowledgedAtMs - one.openedAtMs],
  );
  const recover = timed.flatMap((one) =>
    one.closedAtMs === null ? [] : [one.closedAtMs - one.openedAtMs],
  );
  const count = (is: (one: AlertEpisode) => boolean) => episodes.filter(is).length;
  return {
    opened: episodes.length,
    expected: episodes.length - timed.length,
    acknowledged: count((one) => one.acknowledgedAtMs !== null),
    closed: count((one) => one.closedAtMs !== null),
    open: count((one) => one.closedAtMs === null),
    escalated: count((one) => one.escalated),
    reopened: count((one) => one.reopening),
    mttaMs: mean(acknowledge),
    medianAcknowledgeMs: percentile(acknowledge, 0.5),
    p90AcknowledgeMs: percentile(acknowledge, 0.9),
    mttrMs: mean(recover),
    medianRecoverMs: percentile(recover, 0.5),
    p90RecoverMs: percentile(recover, 0.9),
  };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** Nearest rank: always a time that was. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
