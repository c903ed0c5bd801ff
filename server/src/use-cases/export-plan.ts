import { unplannedDistrict } from '../plan/plan-found.ts';
import { formatPlanInForce } from '../plan/plan-in-force.ts';
import type { PlanExportOrder } from '../plan/plan-tasks.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import { readPlanInForce } from '../store/plan-export-store.ts';

/**
 * The cameras in service as a plan (CSV), to be changed and loaded again. Their credentials stay here:
 * a plan without leaves them as they are.
 */
export async function exportPlan(sql: Sql, order: PlanExportOrder): Promise<string> {
  const { district, actor, address, nowMs } = order;
  const rows = await readPlanInForce(sql, district, unplannedDistrict.code);
  const details = { district, cameras: rows.length };
  await addAudit(sql, { actor, address, action: 'plan.export', subject: district, details }, nowMs);
  return formatPlanInForce(rows);
}
