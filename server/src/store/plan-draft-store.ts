import type {
  PlanDraftReport,
  PlanDraftState,
  PlanIssuePage,
  PlanIssueView,
} from '@nigehban/domain/api/plan-types.ts';
import { Fault, type FaultMessage } from '@nigehban/domain/faults.ts';
import type { PlanMapping } from '@nigehban/domain/plan-columns.ts';
import {
  type PlanIssue,
  type PlanIssueCode,
  planIssueSeverities,
} from '@nigehban/domain/plan-issues.ts';
import { type Queryable, toJson } from './database.ts';

/** A draft without its cells. */
export interface DraftRow {
  readonly id: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly format: 'csv' | 'xlsx';
  readonly createdBy: string;
  readonly createdAt: number;
  readonly state: PlanDraftState;
  readonly touchedAt: number;
  readonly revision: number;
  readonly rows: number;
  readonly header: readonly string[];
  readonly signature: string;
  readonly mapping: PlanMapping;
  readonly mappingRemembered: boolean;
  readonly sample: readonly (readonly string[])[];
  readonly editCount: number;
  readonly report: PlanDraftReport | null;
  readonly fault: FaultMessage | null;
  readonly importId: number | null;
}

const keptDrafts = 20;

/** Adds a draft whose file is about to be read; the oldest ones go. */
export async function insertDraft(
  sql: Queryable,
  draft: Pick<DraftRow, 'id' | 'fileName' | 'sizeBytes' | 'format' | 'createdBy'>,
  nowMs: number,
): Promise<void> {
  await sql`
    insert into plan_draft (id, file_name, size_bytes, format, created_by, created_at, state, touched_at)
    values (${draft.id}, ${draft.fileName}, ${draft.sizeBytes}, ${draft.format}, ${draft.createdBy},
      ${nowMs}, 'reading', ${nowMs})`;
  await sql`
    delete from plan_draft where state not in ('reading', 'checking', 'applying') and id in
      (select id from plan_draft order by created_at desc offset ${keptDrafts})`;
}

const fields = [
  'id',
  'file_name',
  'size_bytes',
  'format',
  'created_by',
  'created_at',
  'state',
  'touched_at',
  'revision',
  'rows',
  'header',
  'signature',
  'mapping',
  'mapping_remembered',
  'sample',
  'edit_count',
  'report',
  'fault',
  'import_id',
] as const;

/** @throws Fault PLAN_DRAFT_UNKNOWN */
export async function readDraft(sql: Queryable, id: string): Promise<DraftRow> {
  const [row] = await sql<DraftRow[]>`
    select ${sql(fields)} from plan_draft where id = ${id}`;
  if (row === undefined) throw unknownDraft(id);
  return row;
}

export async function readDrafts(sql: Queryable): Promise<readonly DraftRow[]> {
  return await sql<DraftRow[]>`
    select ${sql(fields)} from plan_draft order by created_at desc limit ${keptDrafts}`;
}

export async function deleteDraft(sql: Queryable, id: string): Promise<void> {
  const gone = await sql`delete from plan_draft where id = ${id} returning id`;
  if (gone.length === 0) throw unknownDraft(id);
}

function unknownDraft(id: string): Fault {
  return new Fault('PLAN_DRAFT_UNKNOWN', `There is no draft ${id}`);
}

/** Sets the draft's state when it has one of the given ones; false when it has another. */
export async function claimDraft(
  sql: Queryable,
  id: string,
  from: readonly PlanDraftState[],
  to: PlanDraftState,
  nowMs: number,
): Promise<boolean> {
  const rows = await sql`
    update plan_draft set state = ${to}, touched_at = ${nowMs}, fault = null
    where id = ${id} and state = any(${[...from]}::text[]) returning id`;
  return rows.length > 0;
}

/** Somebody works on it still. */
export async function touchDraft(sql: Queryable, id: string, nowMs: number): Promise<void> {
  await sql`update plan_draft set touched_at = ${nowMs} where id = ${id}`;
}

export async function failDraft(sql: Queryable, id: string, fault: FaultMessage): Promise<void> {
  await sql`update plan_draft set state = 'failed', fault = ${sql.json(toJson(fault))}
    where id = ${id}`;
}

/** The check stands again after an apply that was refused. */
export async function releaseDraft(sql: Queryable, id: string, fault: FaultMessage): Promise<void> {
  await sql`update plan_draft set state = 'ready', fault = ${sql.json(toJson(fault))}
    where id = ${id}`;
}

export interface DraftContent {
  readonly content: Uint8Array | null;
  readonly edits: Uint8Array | null;
}

export async function readDraftContent(sql: Queryable, id: string): Promise<DraftContent> {
  const [row] = await sql<DraftContent[]>`select content, edits from plan_draft where id = ${id}`;
  if (row === undefined) throw unknownDraft(id);
  return row;
}

export async function storeDraftTable(
  sql: Queryable,
  id: string,
  table: Pick<DraftRow, 'rows' | 'header' | 'signature' | 'sample'> & {
    readonly content: Uint8Array;
  },
): Promise<void> {
  await sql`
    update plan_draft set rows = ${table.rows}, header = ${[...table.header]},
      signature = ${table.signature}, sample = ${sql.json(toJson(table.sample))},
      content = ${table.content}
    where id = ${id}`;
}

export async function storeDraftMapping(
  sql: Queryable,
  id: string,
  given: {
    readonly mapping: PlanMapping;
    readonly remembered: boolean;
    readonly state: PlanDraftState;
  },
): Promise<void> {
  await sql`
    update plan_draft set mapping = ${sql.json(toJson(given.mapping))},
      mapping_remembered = ${given.remembered}, state = ${given.state}, revision = revision + 1
    where id = ${id}`;
}

export async function storeDraftEdits(
  sql: Queryable,
  id: string,
  edits: Uint8Array,
  count: number,
): Promise<void> {
  await sql`
    update plan_draft set edits = ${edits}, edit_count = ${count}, revision = revision + 1
    where id = ${id}`;
}

/** Issues beyond this are counted and not kept. */
export const keptIssues = 60_000;

export async function storeDraftReport(
  sql: Queryable,
  id: string,
  given: {
    readonly report: PlanDraftReport;
    readonly issues: readonly PlanIssue[];
    readonly removed: readonly string[];
  },
): Promise<void> {
  await sql`delete from plan_draft_issue where draft_id = ${id}`;
  const rows = given.issues.slice(0, keptIssues).map((issue, index) => ({
    id: index + 1,
    row_number: issue.row,
    column_key: issue.column,
    code: issue.code,
    severity: planIssueSeverities[issue.code],
    value: issue.value,
    message: issue.message,
    about: issue.about,
    district_code: issue.districtCode,
  }));
  await sql`
    insert into plan_draft_issue
    select ${id}, x.* from jsonb_to_recordset(${sql.json(toJson(rows))}) as x(id int,
      row_number int, column_key text, code text, severity text, value text, message text,
      about text, district_code text)`;
  await sql`
    update plan_draft set report = ${sql.json(toJson(given.report))},
      removed = ${[...given.removed]}, state = 'ready', fault = null
    where id = ${id}`;
}

export interface IssueFilter {
  readonly offset: number;
  readonly limit: number;
  readonly code?: PlanIssueCode | undefined;
  readonly severity?: string | undefined;
  readonly district?: string | undefined;
}

export async function readDraftIssues(
  sql: Queryable,
  id: string,
  filter: IssueFilter,
): Promise<PlanIssuePage> {
  const { code, severity, district, offset, limit } = filter;
  const where = sql`draft_id = ${id}
    ${code === undefined ? sql`` : sql`and code = ${code}`}
    ${severity === undefined ? sql`` : sql`and severity = ${severity}`}
    ${district === undefined ? sql`` : sql`and coalesce(district_code, '') = ${district}`}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*)::int as total from plan_draft_issue where ${where}`;
  const issues = await sql<PlanIssueView[]>`
    select row_number as row, column_key as column, code, severity, value, message, about, district_code
    from plan_draft_issue where ${where} order by id offset ${offset} limit ${limit}`;
  return { total: count?.total ?? 0, issues };
}

export async function readDraftRemoved(
  sql: Queryable,
  id: string,
  offset: number,
  limit: number,
): Promise<{ total: number; cameras: readonly string[] }> {
  const [row] = await sql<{ total: number; cameras: string[] }[]>`
    select cardinality(removed) as total, removed[${offset + 1}::int:${offset + limit}::int] as cameras
    from plan_draft where id = ${id}`;
  if (row === undefined) throw unknownDraft(id);
  return row;
}

/** Done: the cells, which hold passwords, are needed no more. */
export async function storeDraftApplied(
  sql: Queryable,
  id: string,
  importId: number | null,
): Promise<void> {
  await sql`
    update plan_draft set state = 'applied', import_id = ${importId}, content = null, edits = null
    where id = ${id}`;
}

export async function readMapping(sql: Queryable, signature: string): Promise<PlanMapping | null> {
  const [row] = await sql<{ mapping: PlanMapping }[]>`
    select mapping from plan_mapping where signature = ${signature}`;
  return row?.mapping ?? null;
}

export async function rememberMapping(
  sql: Queryable,
  given: {
    readonly signature: string;
    readonly mapping: PlanMapping;
    readonly by: string;
    readonly nowMs: number;
  },
): Promise<void> {
  await sql`
    insert into plan_mapping (signature, mapping, used_by, used_at)
    values (${given.signature}, ${sql.json(toJson(given.mapping))}, ${given.by}, ${given.nowMs})
    on conflict (signature) do update set mapping = excluded.mapping, used_by = excluded.used_by,
      used_at = excluded.used_at`;
}
