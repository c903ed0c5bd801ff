import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { PlanDistrictDiff, PlanDraftReport } from '@nigehban/domain/api/plan-types.ts';
import { checkPlan, isGoodRow } from '@nigehban/domain/plan-checks.ts';
import type { PlanMapping } from '@nigehban/domain/plan-columns.ts';
import { diffPlan, diffStations, type PlanDiff } from '@nigehban/domain/plan-diff.ts';
import {
  type PlanIssue,
  planIssueCodes,
  planIssueSeverities,
} from '@nigehban/domain/plan-issues.ts';
import {
  indexDistricts,
  type PlannedCamera,
  type PlannedStation,
  type ReadRow,
  readPlanRow,
} from '@nigehban/domain/plan-rows.ts';
import { checkSupplies } from '@nigehban/domain/station-supply.ts';
import { cellOf, type DraftEdits, type DraftTable } from '../plan/draft-cells.ts';
import type { Queryable } from '../store/database.ts';
import { keptIssues } from '../store/plan-draft-store.ts';
import {
  findExistingCameras,
  type PlanDistrict,
  readPlanDistricts,
  readPlannedStations,
  type StoredCamera,
} from '../store/plan-store.ts';
import { readSupplyNames } from '../store/supply-store.ts';
import { countDiff, createCredentialsCheck } from './apply-plan.ts';

/** What a draft would do, and everything that is wrong with it. */
export interface PlanFindings {
  readonly report: PlanDraftReport;
  readonly issues: readonly PlanIssue[];
  readonly diff: PlanDiff;
  readonly stations: readonly PlannedStation[];
  readonly stored: ReadonlyMap<string, StoredCamera>;
}

const rowsPerProgress = 1_000;

/** Checks a draft's cells against each other and against the database. Changes nothing. */
export async function examinePlan(
  sql: Queryable,
  secretKey: SecretKey,
  draft: { readonly table: DraftTable; readonly mapping: PlanMapping; readonly edits: DraftEdits },
  onProgress: (done: number, total: number) => void = () => {},
): Promise<PlanFindings> {
  const { table, mapping, edits } = draft;
  const districts = await readPlanDistricts(sql);
  const names = indexDistricts(districts);
  const rows = table.rows.map((row, index): ReadRow => {
    if (index % rowsPerProgress === 0) onProgress(index, table.rows.length);
    return readPlanRow(row.row, (column) => cellOf(row, column, mapping, edits), names);
  });
  const inPlan = new Set(rows.flatMap(({ station }) => station?.code ?? []));
  const issues = [
    ...rows.flatMap((row) => row.issues),
    ...checkPlan(rows, districts),
    ...checkSupplies(rows, await readSupplyNames(sql, [...inPlan])),
  ];
  const issuesOf = Map.groupBy(issues, (issue) => issue.row);
  const good: (ReadRow & { station: PlannedStation; camera: PlannedCamera })[] = [];
  const bad: ReadRow[] = [];
  for (const row of rows) {
    const { station, camera } = row;
    if (station !== null && camera !== null && isGoodRow(row, issuesOf.get(row.row) ?? [])) {
      good.push({ ...row, station, camera });
    } else bad.push(row);
  }
  const stationOf = new Map<string, PlannedStation>();
  for (const { station } of good) {
    if (!stationOf.has(station.code)) stationOf.set(station.code, station);
  }
  const inFile = new Set(rows.flatMap(({ station }) => station?.districtCode ?? []));
  const cameras = good.map((row) => row.camera);
  const existing = await findExistingCameras(sql, cameras, [...inFile]);
  const stored = new Map(existing.map((camera) => [camera.code, camera]));
  const stations = [...stationOf.values()];
  const diff = diffPlan({
    cameras,
    existing,
    districts: inFile,
    doubtfulStations: new Set(
      bad.flatMap(({ camera, station }) => station?.code ?? camera?.stationCode ?? []),
    ),
    doubtfulCameras: new Set(
      bad.flatMap(({ camera }) =>
        camera === null
          ? []
          : [camera.code, camera.serial, camera.mac].filter((key) => key !== null),
      ),
    ),
    districtOf: (code) => stationOf.get(code)?.districtCode ?? null,
    mayMove: () => true,
    credentialsChanged: createCredentialsCheck(secretKey, stored),
  });
  const all = [...issues, ...diff.issues].sort((a, b) => a.row - b.row);
  const taken = diff.issues.filter(({ code }) => planIssueSeverities[code] !== 'warning');
  const goodRows = good.length - new Set(taken.map(({ row }) => row)).size;
  const { resupplied, ...stationCounts } = diffStations(
    stations,
    await readPlannedStations(sql, [...stationOf.keys()]),
  );
  const report: PlanDraftReport = {
    rows: rows.length,
    goodRows,
    cameras: countDiff(diff, rows.length - goodRows, diff.removed.length),
    stations: { total: stations.length, ...stationCounts, resupplied: resupplied.length },
    districts: byDistrict(districts, { diff, bad, taken, issuesOf, stationOf, resupplied }),
    defects: countDefects(all),
    issuesTruncated: all.length > keptIssues,
  };
  onProgress(table.rows.length, table.rows.length);
  return { report, issues: all, diff, stations, stored };
}

function countDefects(issues: readonly PlanIssue[]): PlanDraftReport['defects'] {
  const counts = new Map<string, number>();
  for (const { code } of issues) counts.set(code, (counts.get(code) ?? 0) + 1);
  return planIssueCodes.flatMap((code) => {
    const count = counts.get(code) ?? 0;
    return count === 0 ? [] : [{ code, severity: planIssueSeverities[code], count }];
  });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function byDistrict(
  districts: readonly PlanDistrict[],
  found: {
    readonly diff: PlanDiff;
    readonly bad: readonly ReadRow[];
    readonly taken: readonly PlanIssue[];
    readonly issuesOf: ReadonlyMap<number, readonly PlanIssue[]>;
    readonly stationOf: ReadonlyMap<string, PlannedStation>;
    readonly resupplied: readonly PlannedStation[];
  },
): PlanDraftReport['districts'] {
  const { diff, bad, taken, issuesOf, stationOf, resupplied } = found;
  type Counts = Omit<PlanDistrictDiff, 'code' | 'name' | 'nameUr'>;
  const counts = new Map<string, Mutable<Counts>>();
  const add = (code: string, key: keyof Counts): void => {
    const entry = counts.get(code) ?? {
      added: 0,
      changed: 0,
      moved: 0,
      removed: 0,
      unchanged: 0,
      invalid: 0,
      resupplied: 0,
    };
    entry[key] += 1;
    counts.set(code, entry);
  };
  const ofStation = (code: string) => stationOf.get(code)?.districtCode ?? '';
  for (const { camera, kind } of diff.writes) add(ofStation(camera.stationCode), kind);
  for (const camera of diff.unchanged) add(ofStation(camera.stationCode), 'unchanged');
  for (const { districtCode } of diff.removed) add(districtCode ?? '', 'removed');
  for (const { row, station } of bad) {
    const named = issuesOf.get(row)?.find(({ districtCode }) => districtCode !== null);
    add(station?.districtCode ?? named?.districtCode ?? '', 'invalid');
  }
  for (const { districtCode } of taken) add(districtCode ?? '', 'invalid');
  for (const { districtCode } of resupplied) add(districtCode, 'resupplied');
  const known = new Map(districts.map((district) => [district.code, district]));
  return [...counts]
    .map(([code, entry]) => {
      const { name = '', nameUr = '' } = known.get(code) ?? {};
      return { code, name, nameUr, ...entry };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
