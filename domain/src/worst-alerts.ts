import { type AlertWeight, rankAlert } from './alert-severity.ts';

/** Alerts of one weight, so many of the newest as matter, the newest first. */
export interface AlertGroup extends AlertWeight {
  readonly ids: readonly number[];
}

/** The ids of the worst alerts, at most `most`: the higher rank first, among equals the newer. */
export function pickWorstAlerts(groups: readonly AlertGroup[], most: number): readonly number[] {
  const byRank = new Map<number, number[]>();
  for (const { ids, ...weight } of groups) {
    const rank = rankAlert(weight);
    const known = byRank.get(rank);
    if (known === undefined) byRank.set(rank, [...ids]);
    else known.push(...ids);
  }
  const worst: number[] = [];
  for (const [, ids] of [...byRank].sort(([a], [b]) => b - a)) {
    if (worst.length >= most) break;
    worst.push(...ids.sort((a, b) => b - a).slice(0, most - worst.length));
  }
  return worst;
}
