import { expect, test } from 'vitest';
import {
  buildClosingLine,
  countSuite,
  type FileResult,
  failedFiles,
  isSuccess,
  parseReport,
  withLaterRun,
} from './test-report.ts';

function results(...files: { name: string; status: string; tests: string[] }[]): FileResult[] {
  return files.map(({ name, status, tests }) => ({
    name,
    status,
    assertionResults: tests.map((result, index) => ({ status: result, fullName: `t${index}` })),
  }));
}

function report(...files: Parameters<typeof results>): string {
  return JSON.stringify({ testResults: results(...files) });
}

const good = countSuite(
  'unit',
  results({ name: 'a', status: 'passed', tests: ['passed', 'skipped', 'passed', 'todo'] }),
  0,
);

test('passed, failed and skipped tests are counted', () => {
  const bad = countSuite(
    'unit',
    results({ name: 'b', status: 'failed', tests: ['failed', 'passed', 'pending'] }),
    1,
  );
  expect(good).toEqual({ passed: 2, failed: 0, skipped: 2, failures: [] });
  expect(bad).toEqual({ passed: 1, failed: 1, skipped: 1, failures: ['b: t0'] });
  expect(buildClosingLine([good, bad])).toBe('3 passed, 1 failed, 3 skipped');
  expect(isSuccess([good])).toBe(true);
  expect(isSuccess([good, bad])).toBe(false);
});

test('the closing line names skipped tests only when there are any', () => {
  const counts = countSuite('u', results({ name: 'a', status: 'passed', tests: ['passed'] }), 0);
  expect(buildClosingLine([counts])).toBe('1 passed, 0 failed');
});

test.each([
  ['a file that does not load', report({ name: 'x', status: 'failed', tests: [] }), 1],
  ['an error outside the tests', report({ name: 'x', status: 'passed', tests: ['passed'] }), 1],
  ['a runner killed by a signal', report({ name: 'x', status: 'passed', tests: ['passed'] }), null],
  ['no report', undefined, 0],
  ['a torn report', '{"testResults":[', 0],
  ['a report of another shape', '{"testResults":[{}]}', 0],
])('%s counts as a failure', (_case, text, exitCode) => {
  const counts = countSuite('unit', parseReport(text), exitCode);
  expect(counts.failed).toBe(1);
  expect(counts.failures).toHaveLength(1);
  expect(isSuccess([counts, good])).toBe(false);
});

test('a run without any test is no success', () => {
  expect(isSuccess([countSuite('unit', results(), 0)])).toBe(false);
});

test('a later run of the files that failed stands in their place', () => {
  const first = results(
    { name: 'a', status: 'passed', tests: ['passed', 'skipped'] },
    { name: 'b', status: 'failed', tests: ['passed', 'failed'] },
    { name: 'c', status: 'failed', tests: [] },
  );
  expect(failedFiles(first)).toEqual(['b', 'c']);
  const later = results(
    { name: 'b', status: 'passed', tests: ['passed', 'passed'] },
    { name: 'c', status: 'failed', tests: ['passed', 'failed'] },
  );
  const files = withLaterRun(first, later);
  expect(failedFiles(files)).toEqual(['c']);
  expect(countSuite('unit', files, 1)).toEqual({
    passed: 4,
    failed: 1,
    skipped: 1,
    failures: ['c: t1'],
  });
  // A second run that crashed has said nothing: what failed before has failed.
  expect(countSuite('unit', withLaterRun(first, []), null).failed).toBe(2);
});
