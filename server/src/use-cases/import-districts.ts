import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DistrictImportReport, DistrictView } from '@nigehban/domain/api/district-types.ts';
import {
  type DistrictList,
  diffDistricts,
  type ListedDistrict,
  readDistrictList,
} from '@nigehban/domain/district-list.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { unplannedDistrict } from '../plan/plan-found.ts';
import type { DistrictImportOrder } from '../plan/plan-tasks.ts';
import { readTable } from '../plan/read-table.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  addMissingDistricts,
  readStoredDistricts,
  removeDistricts,
  storeDistricts,
} from '../store/district-store.ts';
import { lockPlan } from '../store/plan-import-store.ts';

const reserved = [unplannedDistrict.code];

/**
 * Holds a list of districts (CSV or XLSX) against those there are and, when told to, writes all of it
 * in one transaction or nothing.
 * @throws Fault PLAN_FILE_INVALID, PLAN_COLUMNS_MISSING for a file that is no list; with `apply`
 * DISTRICT_LIST_INVALID, DISTRICT_IN_USE, PLAN_CHANGED (another difference than was seen)
 */
export async function importDistricts(
  sql: Sql,
  file: Uint8Array,
  order: DistrictImportOrder,
): Promise<DistrictImportReport> {
  const list = await readList(Buffer.from(file));
  if (!order.apply) return await examine(sql, list, order.remove);
  return await sql.begin(async (tx) => {
    await lockPlan(tx);
    const report = await examine(tx, list, order.remove);
    requireSound(report);
    if (order.fingerprint !== null && order.fingerprint !== report.fingerprint) {
      throw new Fault('PLAN_CHANGED', 'What would be written is not what was shown any more');
    }
    const removed = order.remove ? report.unlisted : [];
    requireUnused(removed);
    const codes = removed.map(({ code }) => code);
    const changed = new Set([...report.added, ...report.changed].map((district) => district.code));
    if (changed.size + codes.length === 0) return { ...report, applied: true };
    await storeDistricts(
      tx,
      list.districts.filter(({ code }) => changed.has(code)).map(withoutRow),
    );
    await removeDistricts(tx, codes, order.nowMs);
    const details = {
      added: report.added.map(({ code }) => code).join(', '),
      changed: report.changed.map(({ code }) => code).join(', '),
      removed: codes.join(', '),
      unchanged: report.unchanged,
    };
    const { actor, address } = order;
    await addAudit(
      tx,
      { actor, address, action: 'districts.import', subject: null, details },
      order.nowMs,
    );
    await announce(tx, { topic: 'plan' });
    return { ...report, applied: true, removed: codes };
  });
}

/**
 * Adds the districts of a file whose codes are new, unless somebody removed them.
 * @throws Fault DISTRICT_LIST_INVALID and those of a file that is no list
 */
export async function addDistrictsOf(sql: Sql, path: string): Promise<void> {
  const list = await readList(await readFile(path));
  requireSound(list);
  await addMissingDistricts(sql, list.districts.map(withoutRow));
}

async function readList(file: Buffer): Promise<DistrictList> {
  const { header, rows } = await readTable(file);
  const list = readDistrictList(header, rows, reserved);
  if (list.missingColumns.length > 0) {
    const columns = list.missingColumns.join(', ');
    throw new Fault('PLAN_COLUMNS_MISSING', `No column for ${columns}`, { details: { columns } });
  }
  return list;
}

async function examine(
  sql: Queryable,
  list: DistrictList,
  removes: boolean,
): Promise<DistrictImportReport> {
  const stored = (await readStoredDistricts(sql)).filter(({ code }) => !reserved.includes(code));
  const diff = diffDistricts(list, stored, removes);
  const facts = {
    rows: list.rows,
    added: diff.added.map(viewOf),
    changed: diff.changed.map(({ district, changes }) => ({ code: district.code, changes })),
    unchanged: diff.unchanged,
    unlisted: diff.unlisted.map((one) => ({ ...viewOf(one), stations: one.stations })),
    issues: [...list.issues, ...diff.issues].sort((a, b) => a.row - b.row),
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return { ...facts, fingerprint, applied: false, removed: [] };
}

const viewOf = ({ code, name, nameUr, division }: ListedDistrict): DistrictView => ({
  code,
  name,
  nameUr,
  division,
});

const withoutRow = ({ row: _, ...district }: DistrictList['districts'][number]): ListedDistrict =>
  district;

function requireSound({ issues }: Pick<DistrictImportReport, 'issues'>): void {
  const [first] = issues;
  if (first === undefined) return;
  const rows = [...new Set(issues.map(({ row }) => row))].join(', ');
  throw new Fault(
    'DISTRICT_LIST_INVALID',
    `Row ${first.row}, ${first.column}: ${first.message} (${first.code})`,
    { details: { rows } },
  );
}

function requireUnused(removed: DistrictImportReport['unlisted']): void {
  const used = removed.filter(({ stations }) => stations > 0);
  if (used.length === 0) return;
  const names = used.map(({ code, stations }) => `${code} (${stations})`).join(', ');
  throw new Fault('DISTRICT_IN_USE', `Stations are in districts that would be removed: ${names}`, {
    details: { districts: used.map(({ code }) => code).join(', ') },
  });
}
