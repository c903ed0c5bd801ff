import type { DistrictImportReport } from '@nigehban/domain/api/district-types.ts';
import type { Command } from '../cli-arguments.ts';
import { readGivenFile, signInTo } from './api-client.ts';

type ImportDistricts = Extract<Command, { kind: 'import-districts' }>;

/**
 * Loads a list of districts into a running server: the report first, and with `--apply` exactly what
 * it says. True when it was applied, or is a dry run without defects.
 * @throws Fault of the server, REQUEST_INVALID when it does not answer or the file cannot be read.
 */
export async function runImportDistricts(
  command: ImportDistricts,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<boolean> {
  const file = readGivenFile(command.file);
  const client = await signInTo(command.server, command.user, environment);
  try {
    const send = (more: Readonly<Record<string, string>>) => {
      const query = new URLSearchParams({ remove: String(command.remove), ...more });
      return client.json<DistrictImportReport>('POST', `/api/districts/import?${query}`, file);
    };
    const report = await send({});
    tell(report, command.remove, say);
    if (!command.apply) {
      say('nothing is written; with --apply it is');
      return report.issues.length === 0;
    }
    const { fingerprint } = report;
    const { added, changed, removed } = await send({ apply: 'true', fingerprint });
    const writes = added.length + changed.length + removed.length;
    say(writes === 0 ? 'everything is as the list says already' : 'the list is applied');
    return true;
  } finally {
    await client.signOut();
  }
}

function tell(report: DistrictImportReport, removes: boolean, say: (line: string) => void): void {
  const { added, changed, unlisted, issues } = report;
  say(
    `${report.rows} rows: ${added.length} new, ${changed.length} changed, ` +
      `${report.unchanged} unchanged, ${issues.length} defects`,
  );
  for (const { code, name, division } of added) say(`  + ${code} ${name} (${division})`);
  for (const { code, changes } of changed) {
    for (const { column, before, after } of changes) {
      say(`  ~ ${code} ${column}: ${before || '-'} → ${after}`);
    }
  }
  for (const { code, name, stations } of unlisted) {
    const fate =
      stations > 0 ? `has ${stations} stations: stays` : removes ? 'is removed' : 'stays';
    say(`  - ${code} ${name}, not in the list, ${fate}`);
  }
  for (const { row, column, code, value, message } of issues) {
    say(`row ${row}, ${column}${value === '' ? '' : ` "${value}"`}: ${message} (${code})`);
  }
}
