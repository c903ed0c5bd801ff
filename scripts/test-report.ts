/** What a suite's run amounts to. */
export interface SuiteCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One line for each failure: the test's or file's name. */
  readonly failures: readonly string[];
}

/** What a suite's run says of one of its files. */
export interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

function isFileResult(value: unknown): value is FileResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'status' in value &&
    'assertionResults' in value &&
    Array.isArray(value.assertionResults)
  );
}

/**
 * Counts a suite from its files' results (undefined when the runner wrote none) and the runner's exit
 * code. What ends badly without a failing test - a file that does not load, an error outside tests, a
 * crash of the runner - counts as one failure, so that it can't pass unseen.
 */
export function countSuite(
  suite: string,
  files: readonly FileResult[] | undefined,
  exitCode: number | null,
): SuiteCounts {
  if (files === undefined) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`${suite}: the test runner crashed`] };
  }
  const tests = files.flatMap((file) =>
    file.assertionResults.map((result) => ({ ...result, file: file.name })),
  );
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map(({ file, fullName }) => `${file}: ${fullName}`);
  for (const file of files) {
    const hasFailedTest = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !hasFailedTest) failures.push(`${file.name}: did not run`);
  }
  if (failures.length === 0 && exitCode !== 0) {
    failures.push(`${suite}: an error outside the tests (exit code ${exitCode})`);
  }
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failedTests = tests.filter(({ status }) => status === 'failed').length;
  return {
    passed,
    failed: failures.length,
    skipped: tests.length - passed - failedTests,
    failures,
  };
}

/** The files of vitest's JSON report; undefined when there is none or it is torn. */
export function parseReport(reportText: string | undefined): readonly FileResult[] | undefined {
  if (reportText === undefined) return undefined;
  try {
    const report: unknown = JSON.parse(reportText);
    if (typeof report !== 'object' || report === null || !('testResults' in report))
      return undefined;
    const { testResults } = report;
    return Array.isArray(testResults) && testResults.every(isFileResult) ? testResults : undefined;
  } catch {
    return undefined;
  }
}

/** The names of the files that did not pass. */
export function failedFiles(files: readonly FileResult[] | undefined): readonly string[] {
  return (files ?? []).filter(({ status }) => status === 'failed').map(({ name }) => name);
}

/** The results with those of a later run in the place of its files' earlier ones. */
export function withLaterRun(
  files: readonly FileResult[],
  later: readonly FileResult[],
): readonly FileResult[] {
  const byName = new Map(later.map((file) => [file.name, file]));
  return files.map((file) => byName.get(file.name) ?? file);
}

/** The closing line: `N passed, N failed`, with `, N skipped` when there are any. */
export function buildClosingLine(counts: readonly SuiteCounts[]): string {
  const sum = (of: 'passed' | 'failed' | 'skipped') =>
    counts.reduce((total, suite) => total + suite[of], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** True when tests ran and none of them failed. */
export function isSuccess(counts: readonly SuiteCounts[]): boolean {
  return counts.every(({ failed }) => failed === 0) && counts.some(({ passed }) => passed > 0);
}
