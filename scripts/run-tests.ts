/**
 * `npm test`: lint, format and types, then every suite, or only those named as arguments. Ends with
 * `N passed, N failed` over all of them and with code 0 only when tests ran and nothing failed.
 */
import { runStaticChecks, runSuite } from './check-steps.ts';
import { buildClosingLine, isSuccess } from './test-report.ts';

const minuteMs = 60_000;
const timeouts = { unit: 10 * minuteMs, integration: 30 * minuteMs, journey: 30 * minuteMs };
/**
 * Real servers, cameras and browsers on a machine that others use too: where a change is let in, a file
 * that fails is run anew. On a developer's machine it is not: a test that comes and goes is to be seen.
 */
const triesMore = process.env.CI === undefined ? 0 : 2;
const wanted = process.argv.slice(2);

const counts = await runStaticChecks();
for (const [suite, timeoutMs] of Object.entries(timeouts)) {
  if (wanted.length > 0 && !wanted.includes(suite)) continue;
  process.stdout.write(`\n== ${suite} tests\n`);
  counts.push(await runSuite(suite, { timeoutMs, triesMore }));
}
process.stdout.write('\n');
for (const failure of counts.flatMap(({ failures }) => failures)) {
  process.stdout.write(`failed: ${failure}\n`);
}
process.stdout.write(`${buildClosingLine(counts)}\n`);
process.exitCode = isSuccess(counts) ? 0 : 1;
