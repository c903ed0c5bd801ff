/** A day (UTC) of the footage index, in days since 1970-01-01. */
export type FootageDay = number;

const dayUs = 86_400_000_000;
/** Before 2020-01-01 no clock of a node was right: the product did not exist. */
const firstDay = 18_262;
/** A node's clock may be ahead by some hours; a week is none. */
const longestAheadDays = 7;

export function footageDayOf(startUs: number): FootageDay {
  return Math.floor(startUs / dayUs);
}

/** The first microsecond of a day. */
export function footageDayStartUs(day: FootageDay): number {
  return day * dayUs;
}

/** The day of a moment and the `ahead` days after it, in order. */
export function planDaysAhead(nowUs: number, ahead: number): readonly FootageDay[] {
  const today = footageDayOf(nowUs);
  return Array.from({ length: ahead + 1 }, (_, index) => today + index);
}

/**
 * The days that rows with these starts need and `known` lacks, ascending. Days that no right clock
 * states are left out: their rows belong into the default partition.
 */
export function planMissingDays(
  startsUs: Iterable<number>,
  known: ReadonlySet<FootageDay>,
  nowUs: number,
): readonly FootageDay[] {
  const lastDay = footageDayOf(nowUs) + longestAheadDays;
  const missing = new Set<FootageDay>();
  for (const startUs of startsUs) {
    const day = footageDayOf(startUs);
    if (!known.has(day) && day >= firstDay && day <= lastDay) missing.add(day);
  }
  return [...missing].sort((a, b) => a - b);
}

/** A node that was cut off for an hour or two has sent its rows by then. */
const settledAfterUs = 3 * 3_600_000_000;

/** The days that take no more rows as a rule: they ended some hours ago. */
export function planSettledDays(days: readonly FootageDay[], nowUs: number): readonly FootageDay[] {
  return planExpiredDays(days, nowUs - settledAfterUs);
}

/** The days that ended before `keepFromUs`: nothing that starts in them starts after it. */
export function planExpiredDays(
  days: readonly FootageDay[],
  keepFromUs: number,
): readonly FootageDay[] {
  return days.filter((day) => footageDayStartUs(day + 1) <= keepFromUs);
}
