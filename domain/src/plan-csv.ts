import { formatCsv } from './csv-rows.ts';
import { type PlanColumn, planColumnKeys } from './plan-columns.ts';

/** A row of a plan by its columns; what is not there is an empty cell. */
export type PlanRow = Readonly<Partial<Record<PlanColumn, string | number | null>>>;

/** Rows as a deployment plan with all columns, in the order in which the product writes them. */
export function formatPlan(rows: readonly PlanRow[]): string {
  const lines = rows.map((row) => planColumnKeys.map((column) => row[column] ?? null));
  return formatCsv([planColumnKeys, ...lines]);
}
