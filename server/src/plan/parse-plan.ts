import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import { stationDifference } from '@nigehban/domain/plan-checks.ts';
import { requiredPlanColumns } from '@nigehban/domain/plan-columns.ts';
import {
  type DistrictNames,
  indexDistricts,
  type PlannedCamera,
  type PlannedStation,
  readPlanRow,
} from '@nigehban/domain/plan-rows.ts';
import { findDelimiter, readRecords } from './parse-csv.ts';

export type PlanError = PlanReport['errors'][number];

export interface ParsedPlan {
  readonly rows: number;
  readonly stations: readonly PlannedStation[];
  readonly cameras: readonly PlannedCamera[];
  readonly errors: readonly PlanError[];
}

/**
 * Reads a deployment plan, one camera a row, by its column names. Bad rows are left out and named by
 * line and field, the others stand; of two rows that contradict each other the first one stands.
 * @throws Fault PLAN_INVALID when the file as a whole is no plan.
 */
export function parsePlan(
  text: string,
  districts: DistrictNames | ReadonlySet<string>,
): ParsedPlan {
  const names =
    districts instanceof Map
      ? districts
      : indexDistricts([...districts.keys()].map((code) => ({ code, name: code, nameUr: code })));
  const records = readRecords(text, requiredPlanColumns, findDelimiter(text));
  const stations = new Map<string, PlannedStation>();
  const cameras: PlannedCamera[] = [];
  const errors: PlanError[] = [];
  const seen = { code: new Set<string>(), serial: new Set<string>(), mac: new Set<string>() };

  for (const { line, values } of records) {
    const { station, camera, issues } = readPlanRow(line, (column) => values[column] ?? '', names);
    const [issue] = issues;
    if (issue !== undefined || station === null || camera === null) {
      if (issue !== undefined) {
        errors.push({ row: line, field: issue.column, message: issue.message });
      }
      continue;
    }
    const refuse = (field: string, message: string): void => {
      errors.push({ row: line, field, message });
    };
    const former = stations.get(station.code);
    const difference = former === undefined ? null : stationDifference(former, station);
    if (difference !== null) {
      refuse(difference.column, `An earlier row says otherwise of station ${station.code}`);
    } else if (seen.code.has(camera.code)) {
      refuse('camera_no', `Camera ${camera.code} stands in an earlier row too`);
    } else if (camera.serial !== null && seen.serial.has(camera.serial)) {
      refuse('serial', `Serial number ${camera.serial} stands in an earlier row too`);
    } else if (camera.mac !== null && seen.mac.has(camera.mac)) {
      refuse('mac', `MAC address ${camera.mac} stands in an earlier row too`);
    } else {
      seen.code.add(camera.code);
      if (camera.serial !== null) seen.serial.add(camera.serial);
      if (camera.mac !== null) seen.mac.add(camera.mac);
      stations.set(station.code, former ?? station);
      cameras.push(camera);
    }
  }
  return { rows: records.length, stations: [...stations.values()], cameras, errors };
}
