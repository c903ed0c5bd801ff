/**
 * `npm run bench:import`: a plan of 29,000 rows with 5 % bad ones, as CSV and as a workbook, from the
 * upload to the end of the transaction: read, check, apply, load again, undo. The server runs in this
 * process, so that the delays of its event loop are seen.
 *
 * `--rows N` (default 29,000) · `--workbook` (XLSX in place of CSV) · `--json FILE`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { planColumnKeys } from '@nigehban/domain/plan-columns.ts';
import {
  buildList,
  type ListRow,
  listCsv,
  spoilRows,
} from '@nigehban/server/testing/plan-lists.ts';
import { startTestServer, startTestServices } from '@nigehban/server/testing/test-services.ts';
import writeXlsxFile from 'write-excel-file/node';
import { measure, reportFigures } from './report.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '29000' },
    workbook: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

async function packWorkbook(rows: readonly ListRow[]): Promise<Buffer> {
  const lines = rows.map((row) =>
    planColumnKeys.map((column) => ({ value: row[column] ?? '', type: String })),
  );
  const header = planColumnKeys.map((column) => ({ value: column, type: String }));
  return await writeXlsxFile([header, ...lines]).toBuffer();
}

const { rows, spoilt } = spoilRows(buildList(Number(values.rows)));
const file = values.workbook ? await packWorkbook(rows) : Buffer.from(listCsv(rows));
const services = await startTestServices({ redis: true });
const server = await startTestServer(services, { requestsPerMinute: 100_000 });
const cookie = await server.signIn('administrator');
const delays = monitorEventLoopDelay({ resolution: 10 });
let slowestAnswerMs = 0;

async function call<T>(method: string, path: string, body?: Buffer | object): Promise<T> {
  const isFile = Buffer.isBuffer(body);
  const answer = await fetch(`${server.url}/api/plan${path}`, {
    method,
    headers: {
      cookie,
      ...(body === undefined
        ? {}
        : { 'content-type': isFile ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

async function settled(id: string): Promise<PlanDraftView> {
  for (;;) {
    const askedAtMs = performance.now();
    const draft = await call<PlanDraftView>('GET', `/drafts/${id}`);
    slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - askedAtMs);
    if (!['reading', 'checking', 'applying'].includes(draft.state)) return draft;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const startedAtMs = performance.now();
  const result = await work();
  return { seconds: (performance.now() - startedAtMs) / 1_000, result };
}

const load = async () =>
  await settled((await call<PlanDraftView>('POST', '/drafts?name=bench', file)).id);
const apply = async (draft: PlanDraftView) => {
  await call('POST', `/drafts/${draft.id}/apply`, {
    revision: draft.revision,
    goodRows: draft.report?.goodRows ?? 0,
    setAside: ['UNKNOWN_DISTRICT'],
    remove: false,
  });
  return await settled(draft.id);
};

try {
  delays.enable();
  const checked = await timed(load);
  const { report } = checked.result;
  if (report === null || report.goodRows !== rows.length - spoilt.length) {
    throw new Error(
      `${report?.goodRows} good rows of ${rows.length}: ${checked.result.fault?.message}`,
    );
  }
  const delayWhileCheckedMs = delays.max / 1e6;
  const applied = await timed(() => apply(checked.result));
  if (applied.result.state !== 'applied') throw new Error(applied.result.fault?.message);
  const again = await timed(load);
  const undone = await timed(() => call('POST', '/undo', { importId: applied.result.importId }));
  delays.disable();
  reportFigures(
    'import',
    [
      measure('import-seconds', checked.seconds + applied.seconds, 's'),
      measure('check-seconds', checked.seconds, 's'),
      measure('apply-seconds', applied.seconds, 's'),
      measure('check-again-seconds', again.seconds, 's'),
      measure('undo-seconds', undone.seconds, 's'),
      measure('longest-loop-delay-checking', delayWhileCheckedMs, 'ms'),
      measure('longest-loop-delay', delays.max / 1e6, 'ms'),
      measure('slowest-answer', slowestAnswerMs, 'ms'),
      measure('memory', process.memoryUsage().rss / 1e6, 'MB'),
    ],
    process.argv.slice(2),
  );
} finally {
  await server.stop();
  await services.stop();
}
