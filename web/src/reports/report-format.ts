import { dayMs, parseIsoDate } from '../i18n/station-time.ts';

/** `99.87%`, rounded down, so that 100% is said only of what never failed; `–` when nothing is known. */
export function formatPercent(percent: number | null): string {
  if (percent === null) return '–';
  return percent >= 100 ? '100%' : `${(Math.floor(percent * 100) / 100).toFixed(2)}%`;
}

/** Days (`2024-02-08`, in order) as first and last of those that follow each other. */
export function dayRanges(
  days: readonly string[],
): readonly { readonly firstMs: number; readonly lastMs: number }[] {
  const ranges: { firstMs: number; lastMs: number }[] = [];
  for (const day of days) {
    const ms = parseIsoDate(day);
    if (ms === null) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.lastMs + dayMs === ms) last.lastMs = ms;
    else ranges.push({ firstMs: ms, lastMs: ms });
  }
  return ranges;
}
