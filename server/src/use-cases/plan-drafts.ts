import { randomUUID } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type {
  PlanApplyBody,
  PlanDraftState,
  PlanDraftView,
  PlanEdit,
  PlanImportView,
  PlanProgress,
} from '@nigehban/domain/api/plan-types.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import { missingColumns, type PlanMapping } from '@nigehban/domain/plan-columns.ts';
import type { PlanTaskName, PlanTasks } from '../plan/plan-tasks.ts';
import type { PlanThread } from '../plan/plan-thread.ts';
import { isWorkbook } from '../plan/read-table.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  claimDraft,
  type DraftRow,
  deleteDraft,
  failDraft,
  insertDraft,
  readDraft,
  readDrafts,
  releaseDraft,
  rememberMapping,
  storeDraftMapping,
  touchDraft,
} from '../store/plan-draft-store.ts';
import { readImports, undoImport } from '../store/plan-import-store.ts';

/** Who asks, for the audit. */
export interface PlanPerson {
  readonly actor: string;
  readonly address: string;
}

/** Drafts of plans: each step returns at once, the work goes on in the plan's thread. */
export interface PlanDrafts {
  create(person: PlanPerson, given: { fileName: string; file: Uint8Array }): Promise<PlanDraftView>;
  list(): Promise<readonly PlanDraftView[]>;
  /** @throws Fault PLAN_DRAFT_UNKNOWN, as all below */
  get(id: string): Promise<PlanDraftView>;
  /** @throws Fault PLAN_DRAFT_BUSY, PLAN_COLUMNS_MISSING */
  map(person: PlanPerson, id: string, mapping: PlanMapping): Promise<PlanDraftView>;
  check(id: string): Promise<PlanDraftView>;
  edit(person: PlanPerson, id: string, edits: readonly PlanEdit[]): Promise<PlanDraftView>;
  apply(person: PlanPerson, id: string, body: PlanApplyBody): Promise<PlanDraftView>;
  remove(person: PlanPerson, id: string): Promise<void>;
  /** @throws Fault PLAN_UNDO_UNAVAILABLE, PLAN_UNDO_UNSAFE */
  undo(person: PlanPerson, importId: number): Promise<PlanImportView>;
  stop(): void;
}

const busyStates: readonly PlanDraftState[] = ['reading', 'checking', 'applying'];
const touchEveryMs = 2_000;
/** Nobody has touched a busy draft for so long: the server that worked on it is gone. */
const abandonedAfterMs = 15_000;

export function createPlanDrafts(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly thread: PlanThread;
}): PlanDrafts {
  const { sql, clock, log, thread } = options;
  const working = new Map<string, { progress: PlanProgress | null; cancel: () => void }>();

  const begin = (id: string): { progress: PlanProgress | null } => {
    const work = { progress: null as PlanProgress | null, cancel: () => {} };
    const beat = (): void => {
      work.cancel = clock.after(touchEveryMs, () => {
        touchDraft(sql, id, clock.nowMs()).catch(() => {});
        beat();
      });
    };
    beat();
    working.set(id, work);
    return work;
  };

  /** Runs a task of a draft that was claimed; how it ended stands in the draft. */
  const start = <Name extends PlanTaskName>(
    id: string,
    name: Name,
    question: PlanTasks[Name][0],
    onFault: (fault: ReturnType<typeof toFaultMessage>) => Promise<void>,
  ): void => {
    const work = begin(id);
    thread
      .run(name, question, (progress) => {
        work.progress = progress;
      })
      .catch((error: unknown) => onFault(toFaultMessage(error)))
      .catch((error: unknown) => log.error({ err: error }, 'a plan draft cannot be settled'))
      .finally(() => {
        working.get(id)?.cancel();
        working.delete(id);
      });
  };

  const view = (row: DraftRow): PlanDraftView => {
    const { createdAt, touchedAt: _, signature: __, editCount, ...rest } = row;
    return {
      ...rest,
      createdAtMs: createdAt,
      missingColumns: missingColumns(row.mapping),
      edits: editCount,
      progress: busyStates.includes(row.state) ? (working.get(row.id)?.progress ?? null) : null,
    };
  };

  const get = async (id: string): Promise<PlanDraftView> => {
    const row = await readDraft(sql, id);
    const abandoned =
      busyStates.includes(row.state) &&
      !working.has(id) &&
      clock.nowMs() - row.touchedAt > abandonedAfterMs;
    if (!abandoned) return view(row);
    const fault = toFaultMessage(
      new Fault('PLAN_DRAFT_INTERRUPTED', 'The server that worked on this draft stopped'),
    );
    await failDraft(sql, id, fault);
    return view({ ...row, state: 'failed', fault });
  };

  const claim = async (
    id: string,
    from: readonly PlanDraftState[],
    to: PlanDraftState,
    /** What else is written, or nothing is claimed. */
    also: (tx: Queryable) => Promise<void> = async () => {},
  ): Promise<void> => {
    const { state } = await get(id);
    const claimed = await sql.begin(async (tx) => {
      const isOurs = await claimDraft(tx, id, from, to, clock.nowMs());
      if (isOurs) await also(tx);
      return isOurs;
    });
    if (!claimed) {
      throw new Fault('PLAN_DRAFT_BUSY', `The draft is ${state}`, { details: { state } });
    }
  };
  const audit = (
    tx: Queryable,
    { actor, address }: PlanPerson,
    action: string,
    subject: string,
    details: Readonly<Record<string, string | number | boolean | null>>,
  ) => addAudit(tx, { actor, address, action, subject, details }, clock.nowMs());

  return {
    get,
    async create(person, { fileName, file }) {
      const id = randomUUID();
      const format = isWorkbook(file) ? 'xlsx' : 'csv';
      const draft = {
        id,
        fileName,
        sizeBytes: file.byteLength,
        format,
        createdBy: person.actor,
      } as const;
      await sql.begin(async (tx) => {
        await insertDraft(tx, draft, clock.nowMs());
        await audit(tx, person, 'plan.draft.load', id, { file: fileName, bytes: file.byteLength });
      });
      start(id, 'read-file', { draftId: id, file }, (fault) => failDraft(sql, id, fault));
      return await get(id);
    },
    async list() {
      return (await readDrafts(sql)).map(view);
    },
    async map(person, id, mapping) {
      const draft = await readDraft(sql, id);
      const wrong = Object.values(mapping).some((index) => index >= draft.header.length);
      if (wrong)
        throw new Fault('REQUEST_INVALID', 'The mapping names a column that the file has not');
      const missing = missingColumns(mapping);
      if (missing.length > 0) {
        throw new Fault('PLAN_COLUMNS_MISSING', `No column for ${missing.join(', ')}`, {
          details: { columns: missing.join(', ') },
        });
      }
      await claim(id, ['mapping', 'ready', 'failed'], 'checking');
      await storeDraftMapping(sql, id, { mapping, remembered: false, state: 'checking' });
      const { signature } = draft;
      await rememberMapping(sql, { signature, mapping, by: person.actor, nowMs: clock.nowMs() });
      start(id, 'check', { draftId: id }, (fault) => failDraft(sql, id, fault));
      return await get(id);
    },
    async check(id) {
      await claim(id, ['ready', 'failed'], 'checking');
      start(id, 'check', { draftId: id }, (fault) => failDraft(sql, id, fault));
      return await get(id);
    },
    async edit(person, id, edits) {
      const columns = [...new Set(edits.map(({ column }) => column))].join(', ');
      await claim(id, ['ready'], 'checking', (tx) =>
        audit(tx, person, 'plan.draft.edit', id, { edits: edits.length, columns }),
      );
      start(id, 'edit', { draftId: id, edits }, (fault) => failDraft(sql, id, fault));
      return await get(id);
    },
    async apply({ actor, address }, id, body) {
      await claim(id, ['ready'], 'applying');
      const question = { draftId: id, body, actor, address, nowMs: clock.nowMs() };
      start(id, 'apply', question, (fault) => releaseDraft(sql, id, fault));
      return await get(id);
    },
    async remove(person, id) {
      const { state, fileName } = await get(id);
      if (busyStates.includes(state)) {
        throw new Fault('PLAN_DRAFT_BUSY', `The draft is ${state}`, { details: { state } });
      }
      await sql.begin(async (tx) => {
        await deleteDraft(tx, id);
        await audit(tx, person, 'plan.draft.discard', id, { file: fileName });
      });
    },
    async undo({ actor, address }, importId) {
      const nowMs = clock.nowMs();
      await undoImport(sql, importId, { actor, nowMs }, async (tx) => {
        const subject = String(importId);
        await addAudit(tx, { actor, address, action: 'plan.undo', subject, details: {} }, nowMs);
        await announce(tx, { topic: 'plan' });
      });
      const undone = (await readImports(sql)).find(({ id }) => id === importId);
      if (undone === undefined) throw new Fault('PLAN_UNDO_UNAVAILABLE', 'There is no such import');
      return undone;
    },
    stop() {
      for (const { cancel } of working.values()) cancel();
    },
  };
}
