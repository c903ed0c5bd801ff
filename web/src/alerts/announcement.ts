import type { AlertView } from '@nigehban/domain/api/http-types.ts';

export interface Arrivals {
  readonly count: number;
  /** The worst of them. */
  readonly worst: AlertView;
}

/**
 * Alerts of `open` that are not in `known`; null when there are none. What was open when the page
 * loaded is known and not announced; nor is what was expected.
 */
export function findArrivals(
  open: readonly AlertView[],
  known: ReadonlySet<number>,
): Arrivals | null {
  let count = 0;
  let worst: AlertView | null = null;
  for (const alert of open) {
    if (known.has(alert.id) || alert.expected !== null) continue;
    count += 1;
    if (worst === null || alert.rank > worst.rank) worst = alert;
  }
  return worst === null ? null : { count, worst };
}
