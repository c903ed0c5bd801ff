import { writeFileSync } from 'node:fs';

/** One line of a benchmark's table. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The peer's figure in the same unit, measured in the same run; null without a peer. */
  readonly baseline: number | null;
  /** `value / baseline`; null without a peer. */
  readonly ratio: number | null;
}

/** A figure with its peer's, related to it. */
export function compare(name: string, value: number, unit: string, baseline: number): Figure {
  return { name, value, unit, baseline, ratio: value / baseline };
}

/** A figure that has no peer. */
export function measure(name: string, value: number, unit: string): Figure {
  return { name, value, unit, baseline: null, ratio: null };
}

/**
 * Prints a benchmark's figures as a table and writes them as `{bench, figures}` where `--json FILE`
 * in `args` says.
 */
export function reportFigures(
  bench: string,
  figures: readonly Figure[],
  args: readonly string[],
): void {
  const rows = figures.map(({ name, value, unit, baseline, ratio }) => [
    name,
    `${round(value)}`,
    unit,
    baseline === null ? '' : `${round(baseline)}`,
    ratio === null ? '' : `${round(ratio)}`,
  ]);
  const table = [['figure', 'value', 'unit', 'baseline', 'ratio'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  process.stdout.write(`\nbench:${bench}\n`);
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
  const at = args.indexOf('--json');
  const file = at < 0 ? undefined : args[at + 1];
  if (file === undefined) return;
  const json = figures.map((figure) => ({
    ...figure,
    value: round(figure.value),
    baseline: figure.baseline === null ? null : round(figure.baseline),
    ratio: figure.ratio === null ? null : round(figure.ratio),
  }));
  writeFileSync(file, `${JSON.stringify({ bench, figures: json }, null, 2)}\n`);
}

/** To four significant digits. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
