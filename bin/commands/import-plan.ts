import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import type { ErrorBody } from '@nigehban/domain/api/http-types.ts';
import type { PlanDraftView, PlanIssuePage } from '@nigehban/domain/api/plan-types.ts';
import { Fault, fromFaultMessage } from '@nigehban/domain/faults.ts';
import type { Command } from '../cli-arguments.ts';

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
  const file = readPlanFile(command.file);
  const call = await signIn(command, environment);
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

type Call = <T>(method: string, path: string, body?: Uint8Array | object) => Promise<T>;

function readPlanFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', `Cannot read the plan ${file}`, { cause });
  }
}

async function signIn(command: ImportPlan, environment: NodeJS.ProcessEnv): Promise<Call> {
  const password = environment.NIGEHBAN_PASSWORD ?? (await askPassword(command.user));
  const answer = await ask(command.server, '/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: command.user, password }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  return async <T>(method: string, path: string, body?: Uint8Array | object): Promise<T> => {
    const isFile = body instanceof Uint8Array;
    const type = isFile ? 'application/octet-stream' : 'application/json';
    const response = await ask(command.server, `/api/plan${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  };
}

async function ask(server: string, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(new URL(path, server), init).catch((cause: unknown) => {
    throw new Fault('REQUEST_INVALID', `The server ${server} does not answer`, { cause });
  });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  if (body?.error === undefined) {
    throw new Fault('REQUEST_INVALID', `${server} answers ${response.status}: is it Nigehban?`);
  }
  throw fromFaultMessage(body.error);
}

/** Asked at the terminal; what is typed is not shown. */
async function askPassword(user: string): Promise<string> {
  const silent = { write: () => true } as unknown as NodeJS.WritableStream;
  process.stderr.write(`Password of ${user}: `);
  const terminal = createInterface({
    input: process.stdin,
    output: silent,
    terminal: process.stdin.isTTY === true,
  });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

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
    `stations: ${stations.added} added, ${stations.changed} changed, ${stations.unchanged} unchanged`,
  );
  for (const one of report.districts) {
    say(
      `  ${(one.code || '?').padEnd(4)} +${one.added} ~${one.changed} >${one.moved} ` +
        `-${one.removed} =${one.unchanged} !${one.invalid}`,
    );
  }
  for (const { code, severity, count } of report.defects) say(`  ${severity} ${code}: ${count}`);
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
