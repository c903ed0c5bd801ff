import { expect, test } from 'vitest';
import { buildClosingLine, countSuite, isSuccess } from './test-report.ts';

function report(...files: { name: string; status: string; tests: string[] }[]): string {
  return JSON.stringify({
    testResults: files.map(({ name, status, tests }) => ({
      name,
      status,
      assertionResults: tests.map((result, index) => ({ status: result, fullName: `t${index}` })),
    })),
  });
}

const good = countSuite(
  'unit',
  report({ name: 'a', status: 'passed', tests: ['passed', 'skipped', 'passed', 'todo'] }),
  0,
);

test('passed, failed and skipped tests are counted', () => {
  const bad = countSuite(
    'unit',
    report({ name: 'b', status: 'failed', tests: ['failed', 'passed', 'pending'] }),
    1,
  );
  expect(good).toEqual({ passed: 2, failed: 0, skipped: 2, failures: [] });
  expect(bad).toEqual({ passed: 1, failed: 1, skipped: 1, failures: ['b: t0'] });
  expect(buildClosingLine([good, bad])).toBe('3 passed, 1 failed, 3 skipped');
  expect(isSuccess([good])).toBe(true);
  expect(isSuccess([good, bad])).toBe(false);
});

test('the closing line names skipped tests only when there are any', () => {
  const counts = countSuite('u', report({ name: 'a', status: 'passed', tests: ['passed'] }), 0);
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
  const counts = countSuite('unit', text, exitCode);
  expect(counts.failed).toBe(1);
  expect(counts.failures).toHaveLength(1);
  expect(isSuccess([counts, good])).toBe(false);
});

test('a run without any test is no success', () => {
  expect(isSuccess([countSuite('unit', report(), 0)])).toBe(false);
});
