import type { AlertView } from '@nigehban/domain/api/http-types.ts';

export interface Arrivals {
  readonly count: number;
  /** The newest of them. */
  readonly newest: AlertView;
}

/**
 * Alerts of `open` (newest first) that came after those in `known`; null when there are none. What
 * was open when the page loaded is known and not announced.
 */
export function findArrivals(
  open: readonly AlertView[],
  known: ReadonlySet<number>,
): Arrivals | null {
  const arrivals = open.filter((alert) => !known.has(alert.id));
  const newest = arrivals[0];
  return newest === undefined ? null : { count: arrivals.length, newest };
}
