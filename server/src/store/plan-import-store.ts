import type { PlanCounts, PlanImportView } from '@nigehban/domain/api/plan-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { advisoryLocks } from './advisory-locks.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

/** Until the transaction ends, no other one imports or undoes. */
export async function lockPlan(sql: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(${advisoryLocks.plan})`;
}

/**
 * Begins an import within its transaction: from here on every statement is captured. What the former
 * import changed is forgotten, because it can be undone no more. Returns the import's id.
 */
export async function beginImport(
  sql: Queryable,
  given: {
    readonly actor: string | null;
    readonly fileName: string | null;
    readonly nowMs: number;
  },
): Promise<number> {
  await sql`delete from plan_import_change`;
  const [row] = await sql<{ id: number }[]>`
    insert into plan_import (at, actor, file_name)
    values (${given.nowMs}, ${given.actor}, ${given.fileName}) returning id`;
  const id = row?.id ?? 0;
  await sql`select set_config('nigehban.plan_import', ${String(id)}, true),
    set_config('nigehban.actor', ${given.actor ?? ''}, true),
    set_config('nigehban.at', ${new Date(given.nowMs).toISOString()}, true)`;
  return id;
}

/** Ends the capture and notes what was done. */
export async function finishImport(
  sql: Queryable,
  importId: number,
  counts: PlanCounts,
  stations: number,
): Promise<void> {
  await sql`select set_config('nigehban.plan_import', '', true)`;
  await sql`
    update plan_import set counts = ${sql.json(toJson(counts))}, stations = ${stations}
    where id = ${importId}`;
}

/** The imports, newest first. */
export async function readImports(sql: Queryable, limit = 50): Promise<readonly PlanImportView[]> {
  return await sql<PlanImportView[]>`
    select i.id, i.at as at_ms, i.actor as by, i.file_name, i.counts, i.stations, i.undone_at as undone_at_ms,
      i.undone_by, i.undone_at is null and i.id = (select max(id) from plan_import) as can_undo
    from plan_import i order by i.id desc limit ${limit}`;
}

/**
 * Restores what the latest import changed. @throws Fault PLAN_UNDO_UNAVAILABLE when it is not the
 * latest or undone already, PLAN_UNDO_UNSAFE when what it wrote was changed since.
 */
export async function undoImport(
  sql: Sql,
  importId: number,
  by: { readonly actor: string; readonly nowMs: number },
  alsoIn: (tx: Queryable) => Promise<void>,
): Promise<void> {
  try {
    await sql.begin(async (tx) => {
      await lockPlan(tx);
      const [latest] = await tx<{ id: number; undoneAt: number | null }[]>`
        select id, undone_at from plan_import order by id desc limit 1`;
      if (latest?.id !== importId || latest.undoneAt !== null) {
        throw new Fault('PLAN_UNDO_UNAVAILABLE', 'Only the latest import can be undone, once');
      }
      await tx`select set_config('nigehban.actor', ${by.actor}, true),
        set_config('nigehban.at', ${new Date(by.nowMs).toISOString()}, true)`;
      await tx`select plan_undo(${importId})`;
      await tx`update plan_import set undone_at = ${by.nowMs}, undone_by = ${by.actor}
        where id = ${importId}`;
      await alsoIn(tx);
    });
  } catch (error) {
    throw toUndoFault(error);
  }
}

/** Ours, a reference from later data (23503), or a place that is taken again (23505). */
function toUndoFault(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const reasons: Readonly<Record<string, string>> = {
    NG001: error.message,
    '23503': 'Later records refer to what the import added',
    '23505': 'What the import took away has a successor by now',
  };
  const reason = reasons[String(error.code)];
  return reason === undefined
    ? error
    : new Fault('PLAN_UNDO_UNSAFE', reason, { cause: error, details: { reason } });
}
