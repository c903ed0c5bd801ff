import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { PlanDraftView, PlanIssuePage } from '@nigehban/domain/api/plan-types.ts';
import { Fault, fromFaultMessage } from '@nigehban/domain/faults.ts';
import type { Command } from '../cli-arguments.ts';
import { readGivenFile, signInTo } from './api-client.ts';

type ImportPlan = Extract<Command, { kind: 'import' }>;

const askEveryMs = 300;
const issuesPerPage = 500;
const shownIssues = 200;

/**
 * Loads a plan into a running server as the page does: a draft, its report, and with `--apply` the
 * import. True when there is nothing left to do: applied, or a dry run without blocking defects.
 * @throws Fault of the server, REQUEST_INVALID when it does not answer or the file cannot be read.
 */
export async function runImport(
  command: ImportPlan,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<boolean> {
  const file = readGivenFile(command.file);
  const client = await signInTo(command.server, command.user, environment);
  const call: Call = (method, path, body) => client.json(method, `/api/plan${path}`, body);
  const started = await call<PlanDraftView>(
    'POST',
    `/drafts?name=${encodeURIComponent(basename(command.file))}`,
    file,
  );
  const draft = await settle(call, started.id, say);
  if (draft.state === 'mapping') {
    throw new Fault(
      'PLAN_COLUMNS_MISSING',
      `No column for ${draft.missingColumns.join(', ')} in: ${draft.header.join(' | ')}`,
    );
  }
  if (draft.fault !== null) throw fromFaultMessage(draft.fault);
  tellReport(draft, say);
  await tellIssues(call, draft.id, say);
  const { report } = draft;
  if (report === null) throw new Fault('PLAN_DRAFT_INTERRUPTED', 'The draft was not checked');
  if (!command.apply) {
    say(`nothing is written (draft ${draft.id}); with --apply it is`);
    return report.defects.every(({ severity }) => severity !== 'block');
  }
  await call('POST', `/drafts/${draft.id}/apply`, {
    revision: draft.revision,
    goodRows: report.goodRows,
    setAside: command.setAside
      ? report.defects.filter(({ severity }) => severity === 'block').map(({ code }) => code)
      : [],
    remove: command.remove,
  });
  const applied = await settle(call, draft.id, say);
  if (applied.fault !== null) throw fromFaultMessage(applied.fault);
  say(
    applied.importId === null
      ? 'everything is as the plan says already: nothing was written'
      : `${report.goodRows} rows are applied (import ${applied.importId}); it can be undone until the next one`,
  );
  return true;
}

type Call = <T>(method: 'GET' | 'POST', path: string, body?: Uint8Array | object) => Promise<T>;

async function settle(call: Call, id: string, say: (line: string) => void): Promise<PlanDraftView> {
  let told = '';
  for (;;) {
    const draft = await call<PlanDraftView>('GET', `/drafts/${id}`);
    const { progress } = draft;
    if (!['reading', 'checking', 'applying'].includes(draft.state)) return draft;
    const line =
      progress === null || progress.total === 0
        ? ''
        : `${progress.step}: ${progress.done} of ${progress.total}`;
    if (line !== '' && line !== told) say(line);
    told = line;
    await setTimeout(askEveryMs);
  }
}

function tellReport({ report }: PlanDraftView, say: (line: string) => void): void {
  if (report === null) return;
  const { cameras, stations } = report;
  say(`${report.rows} rows, ${report.goodRows} good, ${cameras.invalid} left out`);
  say(
    `cameras: ${cameras.added} added, ${cameras.changed} changed, ${cameras.moved} moved, ` +
      `${cameras.unchanged} unchanged, ${cameras.removed} not in the plan any more`,
  );
  say(
    `stations: ${stations.added} added, ${stations.changed} changed, ${stations.unchanged} unchanged` +
      tellSupply(stations.resupplied),
  );
  for (const one of report.districts) {
    say(
      `  ${(one.code || '?').padEnd(4)} +${one.added} ~${one.changed} >${one.moved} ` +
        `-${one.removed} =${one.unchanged} !${one.invalid}${tellSupply(one.resupplied)}`,
    );
  }
  for (const { code, severity, count } of report.defects) say(`  ${severity} ${code}: ${count}`);
}

/** Stations that will hang on another uplink or feeder. */
function tellSupply(stations: number): string {
  return stations === 0 ? '' : `, ${stations} with another uplink or feeder`;
}

async function tellIssues(call: Call, id: string, say: (line: string) => void): Promise<void> {
  const { total, issues } = await call<PlanIssuePage>(
    'GET',
    `/drafts/${id}/issues?limit=${issuesPerPage}`,
  );
  for (const { row, column, severity, code, value, message } of issues.slice(0, shownIssues)) {
    say(
      `row ${row}, ${column}${value === '' ? '' : ` "${value}"`}: ${message} (${severity} ${code})`,
    );
  }
  if (total > shownIssues) say(`… and ${total - shownIssues} more: see the page of the plan`);
}
