import type { Span } from './report-availability.ts';

const dayMs = 86_400_000;
/** Pakistan's time has no summer time. */
const pakistanOffsetMs = 5 * 3_600_000;

/** The day of Pakistan's time that a moment is in, as `2024-02-08`. */
export function reportDayOf(atMs: number): string {
  return new Date(atMs + pakistanOffsetMs).toISOString().slice(0, 10);
}

/** A day of Pakistan's time as a span. */
export function spanOfReportDay(day: string): Span {
  const fromMs = Date.parse(`${day}T00:00:00Z`) - pakistanOffsetMs;
  return { fromMs, toMs: fromMs + dayMs };
}

/** The days that a range touches, in order. */
export function reportDaysOf({ fromMs, toMs }: Span): readonly string[] {
  const days: string[] = [];
  for (let atMs = spanOfReportDay(reportDayOf(fromMs)).fromMs; atMs < toMs; atMs += dayMs) {
    days.push(reportDayOf(atMs));
  }
  return days;
}

export interface ReportProgress {
  readonly day: string;
  readonly doneUntilMs: number;
  readonly closedAtMs: number | null;
}

/** What to count next; null: nothing is due. */
export type CountOrder =
  | ({ readonly kind: 'add'; readonly day: string } & Span)
  | { readonly kind: 'close'; readonly day: string };

export interface CountTimes {
  /** Facts are in after this: segments are told of when they end, states when they are proven. */
  readonly settleMs: number;
  /** A step is not made for less, unless the day ends. */
  readonly stepMs: number;
  /** A step is not made for more: it is one transaction. */
  readonly longestMs: number;
  /** After its end a day waits so long for what comes late, before it is counted once more. */
  readonly lateMs: number;
}

/**
 * Decides what to count: the present day goes on step by step, a day that is over is counted once more
 * from all its facts. Days before the first that was counted are left alone, but for the one before.
 */
export function decideCount(
  progress: readonly ReportProgress[],
  nowMs: number,
  times: CountTimes,
): CountOrder | null {
  const settledMs = nowMs - times.settleMs;
  const last = progress.at(-1);
  const firstDay = last?.day ?? reportDayOf(settledMs - dayMs);
  for (const day of reportDaysOf({ fromMs: spanOfReportDay(firstDay).fromMs, toMs: settledMs })) {
    const span = spanOfReportDay(day);
    const fromMs = progress.find((row) => row.day === day)?.doneUntilMs ?? span.fromMs;
    const toMs = Math.min(span.toMs, settledMs, fromMs + times.longestMs);
    const ends = toMs === span.toMs;
    if (fromMs < toMs && (ends || toMs - fromMs >= times.stepMs)) {
      return { kind: 'add', day, fromMs, toMs };
    }
  }
  const open = progress.find(
    (row) =>
      row.closedAtMs === null &&
      row.doneUntilMs >= spanOfReportDay(row.day).toMs &&
      spanOfReportDay(row.day).toMs + times.lateMs <= nowMs,
  );
  return open === undefined ? null : { kind: 'close', day: open.day };
}
