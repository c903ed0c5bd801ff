import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { ExportBody, ExportStateKind, ExportView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  type ExportManifest,
  exportLimits,
  type NodeExportState,
} from '@nigehban/domain/footage-export.ts';
import { formatSpans } from '@nigehban/domain/identity-doubt.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import {
  addExport,
  cancelExportTasks,
  type ExportJobRow,
  type ExportTaskRow,
  lockOpenExports,
  readExports,
  readExportTasks,
  readOpenExports,
  storeExportState,
  storeExportTask,
} from '../store/export-store.ts';
import { readDoubts } from '../store/identity-doubt-store.ts';
import { locateFootage } from './locate-footage.ts';

/** How a media node's exports are reached. */
export interface ExportNodes {
  /** A JSON answer. @throws Fault the one that the node tells, NODE_UNAVAILABLE */
  askJson(
    nodeId: string,
    path: string,
    question?: {
      readonly method?: 'GET' | 'POST' | 'DELETE';
      readonly json?: unknown;
      readonly signal?: AbortSignal;
    },
  ): Promise<unknown>;
}

export interface Person {
  readonly username: string;
  readonly address: string;
}

/** Where one file of an export lies. */
export interface ExportFilePlace {
  readonly nodeId: string;
  readonly nodePart: number;
  readonly sha256: string;
}

export interface FootageExports {
  /** @throws Fault REQUEST_INVALID, FOOTAGE_UNKNOWN, EXPORT_LIMIT_REACHED */
  request(body: ExportBody, person: Person): Promise<ExportView>;
  list(): Promise<readonly ExportView[]>;
  /** @throws Fault EXPORT_UNKNOWN */
  read(id: string): Promise<ExportView>;
  /** Ends an export that is not over. @throws Fault EXPORT_UNKNOWN, EXPORT_FINISHED */
  cancel(id: string, person: Person): Promise<ExportView>;
  /** Finds a file and records who takes it. @throws Fault EXPORT_UNKNOWN, EXPORT_UNFINISHED */
  openFile(id: string, cameraId: CameraId, part: number): Promise<ExportFilePlace>;
  /** Records that somebody took a file. */
  told(id: string, cameraId: CameraId, part: number, sha256: string, person: Person): Promise<void>;
  /** What the nodes say of each camera, segments and hashes included. @throws as openFile */
  manifests(id: string): Promise<readonly ExportManifest[]>;
  /** Brings an export to its end: what the queue's worker does. */
  work(id: string, signal: AbortSignal): Promise<void>;
  /** Exports that are not over. */
  open(): Promise<readonly string[]>;
}

const pollMs = 700;
/** A piece that reaches into the range may begin so much before it. */
const longestPieceMs = 600_000;
const listed = 100;
/** A node that does not answer so often in a row gives its place to other exports. */
const patientAsks = 5;

export function createFootageExports(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly nodes: ExportNodes;
  readonly recordingNode: (cameraId: CameraId) => string | null;
  readonly createId: () => string;
  /** A new export waits. */
  readonly onRequested: (id: string) => void;
}): FootageExports {
  const { sql, clock, nodes } = options;

  const read = async (id: string): Promise<ExportView> => {
    const [job] = await readExports(sql, { id });
    if (job === undefined) throw new Fault('EXPORT_UNKNOWN', `There is no export ${id}`);
    return toView(job, await readExportTasks(sql, [id]));
  };

  /** Asks the node until its part is over or the export is. */
  const workTask = async (task: ExportTaskRow, signal: AbortSignal): Promise<void> => {
    const { exportId, cameraId, fromUs, toUs } = task;
    let unheard = 0;
    for (;;) {
      signal.throwIfAborted();
      const [job] = await readExports(sql, { id: exportId });
      if (job === undefined || job.finishedAt !== null) return;
      try {
        // Asked each time: what is noticed while it waits is left out too.
        const reachMs = fromUs / 1_000 - longestPieceMs;
        const without = await readDoubts(sql, cameraId, reachMs, toUs / 1_000);
        const answer = (await nodes.askJson(task.nodeId, `/exports/${exportId}/${cameraId}`, {
          method: 'POST',
          json: { fromUs, toUs, without: formatSpans(without) },
        })) as NodeExportState;
        unheard = 0;
        if (answer.state === 'done') {
          const { files, gaps } = answer.manifest;
          await storeExportTask(sql, task, { state: 'done', progress: 1, files, gaps });
          return;
        }
        if (answer.state === 'failed') {
          const fault = answer.fault.code;
          await storeExportTask(sql, task, { state: 'failed', progress: 0, fault });
          return;
        }
        await storeExportTask(sql, task, { state: 'running', progress: answer.progress });
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'NODE_UNAVAILABLE') throw error;
        unheard += 1;
        // Told, not given up: the node's disk still has the footage when the node comes back.
        await storeExportTask(sql, task, {
          state: 'running',
          progress: task.progress,
          fault: 'NODE_UNAVAILABLE',
        });
        if (unheard >= patientAsks) throw error;
      }
      await pause(clock, pollMs, signal);
    }
  };

  return {
    read,
    async request(body, person) {
      const { fromMs, toMs, reason } = body;
      const nowMs = clock.nowMs();
      if (!(toMs > fromMs) || toMs - fromMs > exportLimits.spanMs || toMs > nowMs) {
        throw new Fault('REQUEST_INVALID', 'The range must lie in the past, within 24 hours');
      }
      const [fromUs, toUs] = [fromMs * 1_000, toMs * 1_000];
      const tasks = (
        await Promise.all(
          body.cameras.map(async (cameraId) => {
            const recorder = options.recordingNode(cameraId);
            const parts = await locateFootage(sql, recorder, { cameraId, fromUs, toUs });
            if (parts.length === 0) {
              throw new Fault(
                'FOOTAGE_UNKNOWN',
                `Nothing of camera ${cameraId} is recorded there`,
                {
                  details: { cameraId },
                },
              );
            }
            return parts.map((part) => ({ cameraId, ...part }));
          }),
        )
      ).flat();
      const id = options.createId();
      await sql.begin(async (tx) => {
        if ((await lockOpenExports(tx)).length >= exportLimits.open) {
          throw new Fault('EXPORT_LIMIT_REACHED', `${exportLimits.open} exports wait already`);
        }
        await addExport(
          tx,
          { id, requestedBy: person.username, requestedAt: nowMs, reason, fromUs, toUs },
          tasks,
        );
        await audit(tx, 'export.request', id, person, nowMs, {
          reason,
          fromMs,
          toMs,
          cameras: body.cameras.join(' '),
        });
      });
      options.onRequested(id);
      return await read(id);
    },

    async list() {
      const jobs = await readExports(sql, { limit: listed });
      const tasks = await readExportTasks(
        sql,
        jobs.map((job) => job.id),
      );
      return jobs.map((job) =>
        toView(
          job,
          tasks.filter((task) => task.exportId === job.id),
        ),
      );
    },

    async cancel(id, person) {
      const before = await read(id);
      await sql.begin(async (tx) => {
        const nowMs = clock.nowMs();
        if (!(await storeExportState(tx, id, 'cancelled', nowMs))) {
          throw new Fault('EXPORT_FINISHED', `The export ${id} is ${before.state} already`);
        }
        await cancelExportTasks(tx, id);
        await audit(tx, 'export.cancel', id, person, nowMs);
      });
      const nodeIds = new Set((await readExportTasks(sql, [id])).map((task) => task.nodeId));
      // A node that is away keeps what it had made; nobody is given it.
      const removing = [...nodeIds].map((nodeId) =>
        nodes.askJson(nodeId, `/exports/${id}`, { method: 'DELETE' }).catch(() => {}),
      );
      await Promise.all(removing);
      return await read(id);
    },

    async openFile(id, cameraId, part) {
      const tasks = (await readExportTasks(sql, [id])).filter((one) => one.cameraId === cameraId);
      if (tasks.length === 0) throw new Fault('EXPORT_UNKNOWN', 'There is no such export');
      const places = tasks.flatMap((task) =>
        task.files.map((file) => ({
          nodeId: task.nodeId,
          nodePart: file.part,
          sha256: file.sha256,
        })),
      );
      const place = places[part - 1];
      if (tasks.some((task) => task.state === 'waiting' || task.state === 'running')) {
        throw new Fault('EXPORT_UNFINISHED', 'The export of this camera is not done yet');
      }
      if (place === undefined) throw new Fault('EXPORT_UNKNOWN', 'The export has no such file');
      return place;
    },

    async told(id, cameraId, part, sha256, person) {
      await audit(sql, 'export.download', id, person, clock.nowMs(), { cameraId, part, sha256 });
    },

    async manifests(id) {
      const view = await read(id);
      if (view.state !== 'done' && view.state !== 'failed') {
        throw new Fault('EXPORT_UNFINISHED', 'The export is not done yet');
      }
      const tasks = (await readExportTasks(sql, [id])).filter((task) => task.state === 'done');
      return await Promise.all(
        tasks.map(
          async (task) =>
            (await nodes.askJson(task.nodeId, `/exports/${id}/${task.cameraId}`)) as ExportManifest,
        ),
      );
    },

    async work(id, signal) {
      await storeExportState(sql, id, 'running', null);
      const tasks = await readExportTasks(sql, [id]);
      const open = tasks.filter((task) => task.state === 'waiting' || task.state === 'running');
      // All of them end before the job does: it may be begun anew right after.
      const ends = await Promise.allSettled(open.map((task) => workTask(task, signal)));
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken !== undefined) throw broken.reason;
      const after = await readExportTasks(sql, [id]);
      if (after.some((task) => task.state === 'waiting' || task.state === 'running')) return;
      const failed = after.some((task) => task.state === 'failed');
      await storeExportState(sql, id, failed ? 'failed' : 'done', clock.nowMs());
    },

    open: () => readOpenExports(sql),
  };
}

async function audit(
  sql: Parameters<typeof addAudit>[0],
  action: string,
  subject: string,
  person: Person,
  atMs: number,
  details: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const { username: actor, address } = person;
  await addAudit(sql, { actor, address, action, subject, details }, atMs);
}

async function pause(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(forMs, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

function toView(job: ExportJobRow, tasks: readonly ExportTaskRow[]): ExportView {
  const cameraIds = [...new Set(tasks.map((task) => task.cameraId))];
  const progress = tasks.reduce((sum, task) => sum + task.progress, 0) / (tasks.length || 1);
  return {
    id: job.id,
    state: job.state,
    progress: Math.min(1, progress),
    requestedBy: job.requestedBy,
    requestedAtMs: job.requestedAt,
    finishedAtMs: job.finishedAt,
    reason: job.reason,
    fromMs: job.fromUs / 1_000,
    toMs: job.toUs / 1_000,
    cameras: cameraIds.map((cameraId) => {
      const own = tasks.filter((task) => task.cameraId === cameraId);
      return {
        cameraId,
        cameraCode: own[0]?.cameraCode ?? String(cameraId),
        state: stateOf(own),
        fault: own.find((task) => task.fault !== null)?.fault ?? null,
        files: own
          .flatMap((task) => task.files)
          .map((file, index) => ({ ...file, part: index + 1 })),
        gaps: own.flatMap((task) => task.gaps),
      };
    }),
  };
}

function stateOf(tasks: readonly ExportTaskRow[]): ExportStateKind {
  const states = ['failed', 'cancelled', 'running', 'waiting'] as const;
  return states.find((state) => tasks.some((task) => task.state === state)) ?? 'done';
}
