import type { ExportStateKind } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { ExportedFile, ExportedGap } from '@nigehban/domain/footage-export.ts';
import { type Queryable, toJson } from './database.ts';

export interface ExportJobRow {
  readonly id: string;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly reason: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly state: ExportStateKind;
  readonly finishedAt: number | null;
}

export interface ExportTaskRow {
  readonly exportId: string;
  readonly cameraId: CameraId;
  readonly cameraCode: string | null;
  readonly nodeId: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly state: ExportStateKind;
  readonly progress: number;
  readonly fault: FaultCode | null;
  readonly files: readonly ExportedFile[];
  readonly gaps: readonly ExportedGap[];
}

export type ExportTaskKey = Pick<ExportTaskRow, 'exportId' | 'cameraId' | 'fromUs'>;

export async function addExport(
  sql: Queryable,
  job: Omit<ExportJobRow, 'state' | 'finishedAt'>,
  tasks: readonly Pick<ExportTaskRow, 'cameraId' | 'nodeId' | 'fromUs' | 'toUs'>[],
): Promise<void> {
  await sql`
    insert into export_job (id, requested_by, requested_at, reason, from_us, to_us, state)
    values (${job.id}, ${job.requestedBy}, ${job.requestedAt}, ${job.reason}, ${job.fromUs},
      ${job.toUs}, 'waiting')`;
  for (const task of tasks) {
    await sql`
      insert into export_task (export_id, camera_id, node_id, from_us, to_us, state)
      values (${job.id}, ${task.cameraId}, ${task.nodeId}, ${task.fromUs}, ${task.toUs}, 'waiting')`;
  }
}

/** The newest exports, or those of the given ids. */
export async function readExports(
  sql: Queryable,
  wanted: { readonly limit: number } | { readonly id: string },
): Promise<readonly ExportJobRow[]> {
  return 'id' in wanted
    ? await sql<ExportJobRow[]>`select * from export_job where id = ${wanted.id}`
    : await sql<ExportJobRow[]>`
        select * from export_job order by requested_at desc, id limit ${wanted.limit}`;
}

/** The tasks of exports, by camera and time. */
export async function readExportTasks(
  sql: Queryable,
  exportIds: readonly string[],
): Promise<readonly ExportTaskRow[]> {
  return await sql<ExportTaskRow[]>`
    select t.*, c.code as camera_code from export_task t left join camera c on c.id = t.camera_id
    where t.export_id = any(${[...exportIds]}::uuid[]) order by t.export_id, t.camera_id, t.from_us`;
}

/** Exports that are not over, oldest first. */
export async function readOpenExports(sql: Queryable): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from export_job where finished_at is null order by requested_at`;
  return rows.map((row) => row.id);
}

/** As {@link readOpenExports}; until the end of the transaction nobody else adds one. */
export async function lockOpenExports(sql: Queryable): Promise<readonly string[]> {
  await sql`lock table export_job in share row exclusive mode`;
  return await readOpenExports(sql);
}

/** Sets the state of an export unless it is over; false when it is. */
export async function storeExportState(
  sql: Queryable,
  id: string,
  state: ExportStateKind,
  finishedAtMs: number | null,
): Promise<boolean> {
  const rows = await sql`
    update export_job set state = ${state}, finished_at = ${finishedAtMs}
    where id = ${id} and finished_at is null returning id`;
  return rows.length > 0;
}

/** Sets what is told of a task unless its export is over. */
export async function storeExportTask(
  sql: Queryable,
  key: ExportTaskKey,
  now: Pick<ExportTaskRow, 'state' | 'progress'> &
    Partial<Pick<ExportTaskRow, 'fault' | 'files' | 'gaps'>>,
): Promise<void> {
  await sql`
    update export_task set state = ${now.state}, progress = ${now.progress},
      fault = ${now.fault ?? null}, files = ${sql.json(toJson(now.files ?? []))},
      gaps = ${sql.json(toJson(now.gaps ?? []))}
    where export_id = ${key.exportId} and camera_id = ${key.cameraId} and from_us = ${key.fromUs}
      and exists (select 1 from export_job j where j.id = export_id and j.finished_at is null)`;
}

/** Ends the tasks that are not over. */
export async function cancelExportTasks(sql: Queryable, exportId: string): Promise<void> {
  await sql`
    update export_task set state = 'cancelled'
    where export_id = ${exportId} and state in ('waiting', 'running')`;
}
