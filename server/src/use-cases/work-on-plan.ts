import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { PlanDraftReport } from '@nigehban/domain/api/plan-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  headerSignature,
  isSecretColumn,
  missingColumns,
  recognizeColumns,
} from '@nigehban/domain/plan-columns.ts';
import { planIssueSeverities } from '@nigehban/domain/plan-issues.ts';
import {
  addEdits,
  cellOf,
  type DraftEdits,
  type DraftTable,
  openEdits,
  openTable,
  sealEdits,
  sealTable,
} from '../plan/draft-cells.ts';
import type { OnProgress, PlanTaskName, PlanTasks } from '../plan/plan-tasks.ts';
import { readTable } from '../plan/read-table.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  type DraftRow,
  readDraft,
  readDraftContent,
  readMapping,
  storeDraftApplied,
  storeDraftEdits,
  storeDraftMapping,
  storeDraftReport,
  storeDraftTable,
} from '../store/plan-draft-store.ts';
import { lockPlan } from '../store/plan-import-store.ts';
import { writePlan } from './apply-plan.ts';
import { examinePlan, type PlanFindings } from './check-plan.ts';
import { exportPlan } from './export-plan.ts';
import { importDistricts } from './import-districts.ts';
import { importPlan } from './import-plan.ts';

export type PlanWork = <Name extends PlanTaskName>(
  name: Name,
  question: PlanTasks[Name][0],
  onProgress: OnProgress,
) => Promise<PlanTasks[Name][1]>;

const sampleRows = 5;
const longestSample = 80;
const hidden = '••••••';

/** The work on drafts, as the plan's thread does it on a connection of its own. */
export function createPlanWork(sql: Sql, secretKey: SecretKey): PlanWork {
  /** Decoding takes a moment, and people page and correct: the last draft's cells are kept. */
  let kept: { readonly draftId: string; readonly table: DraftTable } | null = null;

  const loadCells = async (
    from: Queryable,
    draftId: string,
  ): Promise<{ table: DraftTable; edits: DraftEdits }> => {
    const { content, edits } = await readDraftContent(from, draftId);
    if (content === null) {
      throw new Fault('PLAN_DRAFT_BUSY', 'The cells of this draft are not kept any more');
    }
    const table = kept?.draftId === draftId ? kept.table : openTable(secretKey, draftId, content);
    kept = { draftId, table };
    return { table, edits: openEdits(secretKey, draftId, edits) };
  };

  const examine = async (
    from: Queryable,
    draft: DraftRow,
    onProgress: OnProgress,
  ): Promise<PlanFindings> => {
    const cells = await loadCells(from, draft.id);
    return await examinePlan(from, secretKey, { ...cells, mapping: draft.mapping }, (done, total) =>
      onProgress({ step: 'checking', done, total }),
    );
  };

  const check = async (draftId: string, onProgress: OnProgress): Promise<void> => {
    const found = await examine(sql, await readDraft(sql, draftId), onProgress);
    await storeFindings(sql, draftId, found);
  };

  const tasks: {
    [Name in PlanTaskName]: (
      question: PlanTasks[Name][0],
      onProgress: OnProgress,
    ) => Promise<PlanTasks[Name][1]>;
  } = {
    async 'read-file'({ draftId, file }, onProgress) {
      onProgress({ step: 'reading', done: 0, total: 0 });
      const { header, rows } = await readTable(Buffer.from(file));
      onProgress({ step: 'reading', done: rows.length, total: rows.length });
      const signature = headerSignature(header);
      const remembered = await readMapping(sql, signature);
      const mapping = remembered ?? recognizeColumns(header);
      const sample = rows
        .slice(0, sampleRows)
        .map(({ cells }) =>
          header.map((_, index) =>
            isSecretColumn(mapping, header, index)
              ? ''
              : (cells[index] ?? '').slice(0, longestSample),
          ),
        );
      const table = { header, rows };
      kept = { draftId, table };
      const content = sealTable(secretKey, draftId, table);
      await storeDraftTable(sql, draftId, {
        rows: rows.length,
        header,
        signature,
        sample,
        content,
      });
      const complete = missingColumns(mapping).length === 0;
      await storeDraftMapping(sql, draftId, {
        mapping,
        remembered: remembered !== null,
        state: complete ? 'checking' : 'mapping',
      });
      if (complete) await check(draftId, onProgress);
      return null;
    },
    async check({ draftId }, onProgress) {
      await check(draftId, onProgress);
      return null;
    },
    async edit({ draftId, edits: given }, onProgress) {
      const draft = await readDraft(sql, draftId);
      const { table, edits } = await loadCells(sql, draftId);
      const after = addEdits(table, draft.mapping, edits, given);
      const count = [...after.values()].reduce((sum, row) => sum + Object.keys(row).length, 0);
      await storeDraftEdits(sql, draftId, sealEdits(secretKey, draftId, after), count);
      await check(draftId, onProgress);
      return null;
    },
    async apply({ draftId, body, actor, address, nowMs }, onProgress) {
      const changed = await sql.begin(async (tx): Promise<PlanFindings | null> => {
        await lockPlan(tx);
        const draft = await readDraft(tx, draftId);
        const found = await examine(tx, draft, onProgress);
        const { report } = found;
        const seen = draft.report;
        if (draft.revision !== body.revision || seen === null || !sameReport(seen, report)) {
          return found;
        }
        requireConfirmed(report, body);
        const { diff, stations, stored } = found;
        const removals = body.remove ? diff.removed.length : 0;
        const stationWrites = report.stations.added + report.stations.changed;
        if (diff.writes.length + removals + stationWrites === 0) {
          // Nothing to do is no import: the former one can still be undone.
          await storeDraftApplied(tx, draftId, null);
          return null;
        }
        const importId = await writePlan(
          tx,
          secretKey,
          {
            stations,
            stationWrites,
            diff,
            remove: body.remove,
            invalidRows: report.cameras.invalid,
          },
          stored,
          { actor, address, fileName: draft.fileName, nowMs },
          (done, total) => onProgress({ step: 'writing', done, total }),
        );
        await storeDraftApplied(tx, draftId, importId);
        return null;
      });
      if (changed !== null) {
        await storeFindings(sql, draftId, changed);
        throw new Fault('PLAN_CHANGED', 'What would be written is not what was shown any more');
      }
      kept = null;
      return null;
    },
    async rows({ draftId, offset, limit, row: wanted }) {
      const { header, mapping } = await readDraft(sql, draftId);
      const { table, edits } = await loadCells(sql, draftId);
      const columns = Object.entries(mapping) as [keyof typeof mapping, number][];
      const columnAt = new Map(columns.map(([column, index]) => [index, column]));
      const chosen =
        wanted === null
          ? table.rows.slice(offset, offset + limit)
          : table.rows.filter(({ row }) => row === wanted);
      return {
        total: table.rows.length,
        rows: chosen.map((one) => ({
          row: one.row,
          cells: header.map((_, index) => {
            const column = columnAt.get(index);
            const text =
              column === undefined ? (one.cells[index] ?? '') : cellOf(one, column, mapping, edits);
            return isSecretColumn(mapping, header, index) && text !== '' ? hidden : text;
          }),
        })),
      };
    },
    export: (order) => exportPlan(sql, order),
    'import-districts': ({ file, ...order }) => importDistricts(sql, file, order),
    'import-text': ({ text, actor, address, nowMs }) =>
      importPlan(sql, secretKey, { text, actor, address }, nowMs),
  };
  return (name, question, onProgress) => tasks[name](question, onProgress);
}

async function storeFindings(sql: Sql, draftId: string, found: PlanFindings): Promise<void> {
  const { report, issues, diff } = found;
  const removed = diff.removed.map(({ code }) => code).sort();
  await sql.begin((tx) => storeDraftReport(tx, draftId, { report, issues, removed }));
}

/** Whether the person decided on what would happen now. */
function sameReport(seen: PlanDraftReport, now: PlanDraftReport): boolean {
  const facts = ({ rows, goodRows, cameras, stations, defects }: PlanDraftReport) => {
    const counts = Object.entries({ ...cameras, rows, goodRows });
    const kinds = defects.map(({ code, count }) => [code, count]);
    return JSON.stringify([counts.sort(), Object.entries(stations).sort(), kinds]);
  };
  return facts(seen) === facts(now);
}

function requireConfirmed(report: PlanDraftReport, body: PlanTasks['apply'][0]['body']): void {
  const open = report.defects.filter(
    ({ code }) => planIssueSeverities[code] === 'block' && !body.setAside.includes(code),
  );
  if (open.length > 0) {
    const codes = open.map(({ code }) => code).join(', ');
    throw new Fault('PLAN_BLOCKED', `Correct or set aside first: ${codes}`, {
      details: { defects: codes },
    });
  }
  if (body.goodRows !== report.goodRows) {
    throw new Fault(
      'PLAN_CHANGED',
      `${report.goodRows} of ${report.rows} rows are good, ${body.goodRows} were confirmed`,
    );
  }
}
