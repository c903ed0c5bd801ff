import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import { diffPlan, diffStations } from '@nigehban/domain/plan-diff.ts';
import { indexDistricts } from '@nigehban/domain/plan-rows.ts';
import { parsePlan } from '../plan/parse-plan.ts';
import { unplannedDistrict } from '../plan/plan-found.ts';
import type { Sql } from '../store/database.ts';
import { lockPlan } from '../store/plan-import-store.ts';
import {
  findExistingCameras,
  readPlanDistricts,
  readPlannedStations,
} from '../store/plan-store.ts';
import { countDiff, createCredentialsCheck, writePlan } from './apply-plan.ts';

/**
 * Loads a deployment plan (CSV, one camera a row) at once in one transaction: adds and changes,
 * never removes, and moves only what was provisional. Loading the same plan again changes nothing.
 * Bad rows are left out and reported; what a draft doubts is not.
 * @throws Fault PLAN_INVALID when the text as a whole is no plan.
 */
export async function importPlan(
  sql: Sql,
  secretKey: SecretKey,
  given: { readonly text: string; readonly actor: string | null; readonly address: string | null },
  nowMs: number,
): Promise<PlanReport> {
  return await sql.begin(async (tx) => {
    await lockPlan(tx);
    const plan = parsePlan(given.text, indexDistricts(await readPlanDistricts(tx)));
    const existing = await findExistingCameras(tx, plan.cameras);
    const stored = new Map(existing.map((camera) => [camera.code, camera]));
    const diff = diffPlan({
      cameras: plan.cameras,
      existing,
      districts: new Set(),
      doubtfulStations: new Set(),
      doubtfulCameras: new Set(),
      districtOf: () => null,
      mayMove: (owner) => owner.districtCode === unplannedDistrict.code,
      credentialsChanged: createCredentialsCheck(secretKey, stored),
    });
    const taken = diff.issues.filter(({ code }) => code !== 'IDENTITY_REPLACED');
    const codes = plan.stations.map(({ code }) => code);
    const stations = diffStations(plan.stations, await readPlannedStations(tx, codes));
    const stationWrites = stations.added + stations.changed;
    if (diff.writes.length + stationWrites > 0) {
      const { actor, address } = given;
      const invalidRows = plan.errors.length + taken.length;
      const writes = {
        stations: plan.stations,
        ...{ stationWrites, diff, remove: false, invalidRows },
      };
      await writePlan(tx, secretKey, writes, stored, { actor, address, fileName: null, nowMs });
    }
    const counts = countDiff(diff, 0, 0);
    const changed = counts.changed + counts.moved;
    return {
      rows: plan.rows,
      stations: plan.stations.length,
      cameras: counts.added + changed + counts.unchanged,
      added: counts.added,
      changed,
      unchanged: counts.unchanged,
      errors: [
        ...plan.errors,
        ...taken.map(({ row, column, message }) => ({ row, field: column, message })),
      ].sort((a, b) => a.row - b.row),
    };
  });
}
