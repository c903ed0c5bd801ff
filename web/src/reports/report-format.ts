/** `99.87%`, rounded down, so that 100% is said only of what never failed; `–` when nothing is known. */
export function formatPercent(percent: number | null): string {
  if (percent === null) return '–';
  return percent >= 100 ? '100%' : `${(Math.floor(percent * 100) / 100).toFixed(2)}%`;
}
