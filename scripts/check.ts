/** `npm run check`: lint, format, types and unit tests, in under a minute. */
import { runStaticChecks, runSuite } from './check-steps.ts';
import { buildClosingLine, isSuccess } from './test-report.ts';

const counts = [
  ...(await runStaticChecks()),
  await runSuite('unit', { timeoutMs: 300_000, isQuiet: true }),
];
for (const failure of counts.flatMap(({ failures }) => failures)) {
  process.stdout.write(`failed: ${failure}\n`);
}
process.stdout.write(`${buildClosingLine(counts)}\n`);
process.exitCode = isSuccess(counts) ? 0 : 1;
