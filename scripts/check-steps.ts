import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  countSuite,
  type FileResult,
  failedFiles,
  parseReport,
  type SuiteCounts,
  withLaterRun,
} from './test-report.ts';

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));
const binaries = join(root, 'node_modules', '.bin');
const resultsFolder = join(root, 'test-results');

interface CommandResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly output: string;
  readonly tookMs: number;
}

interface CommandOptions {
  readonly cwd?: string;
  readonly timeoutMs: number;
  /** Pass the output on as it comes, beside collecting it. */
  readonly isShown?: boolean;
}

/** Runs a program of node_modules/.bin without input; children of it find Node 24 first on PATH. */
function runProgram(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(join(binaries, program), args, {
      cwd: options.cwd ?? root,
      env: {
        ...process.env,
        PATH: `${binaries}${delimiter}${process.env.PATH}`,
        ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const [stream, shown] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (options.isShown) shown.write(chunk);
      });
    }
    child.once('error', reject);
    child.once('close', (exitCode) =>
      resolve({ exitCode, output, tookMs: performance.now() - startedMs }),
    );
  });
}

const longestOutputLines = 80;

async function runStep(
  name: string,
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<SuiteCounts> {
  const { exitCode, output, tookMs } = await runProgram(program, args, { cwd, timeoutMs: 300_000 });
  const isGood = exitCode === 0;
  process.stdout.write(
    `${isGood ? 'ok    ' : 'FAILED'} ${name} (${(tookMs / 1000).toFixed(1)} s)\n`,
  );
  if (isGood) return { passed: 0, failed: 0, skipped: 0, failures: [] };
  const lines = output.trim().split('\n');
  process.stdout.write(`${lines.slice(0, longestOutputLines).join('\n')}\n`);
  if (lines.length > longestOutputLines) {
    process.stdout.write(`... ${lines.length - longestOutputLines} more lines\n`);
  }
  return { passed: 0, failed: 1, skipped: 0, failures: [name] };
}

/** Lint, format and types; each that fails counts as one failure. Prints a line for each. */
export async function runStaticChecks(): Promise<SuiteCounts[]> {
  const steps = [
    runStep('lint and format', 'biome', ['check', '--max-diagnostics=30'], root),
    runStep('types', 'tsc', ['-p', '.'], root),
  ];
  if (existsSync(join(root, 'web', 'index.html'))) {
    steps.push(runStep('types of the web client', 'tsc', ['-p', 'web'], root));
  }
  return Promise.all(steps);
}

interface SuiteOptions {
  readonly timeoutMs: number;
  readonly isQuiet?: boolean;
  /** A file that fails is run anew, from its beginning and without other suites' files, so often. */
  readonly triesMore?: number;
}

interface SuiteRun {
  /** undefined: the runner crashed. */
  readonly files: readonly FileResult[] | undefined;
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs one of vitest's projects to its end; the JSON reports stay in test-results/. */
export async function runSuite(suite: string, options: SuiteOptions): Promise<SuiteCounts> {
  const startedMs = performance.now();
  let { files, exitCode, output } = await runFiles(suite, suite, [], options);
  for (let again = 1; again <= (options.triesMore ?? 0) && exitCode !== 0; again++) {
    for (const failure of countSuite(suite, files, exitCode).failures) {
      process.stdout.write(`again: ${failure.replace(root, '')}\n`);
    }
    // None is named when the runner crashed or an error came outside the tests: all are run.
    const later = await runFiles(suite, `${suite}-again-${again}`, failedFiles(files), options);
    files = files === undefined ? later.files : withLaterRun(files, later.files ?? []);
    exitCode = later.exitCode;
    output += later.output;
  }
  const counts = countSuite(suite, files, exitCode);
  if (options.isQuiet && counts.failed > 0) process.stdout.write(output);
  const { passed, failed, skipped } = counts;
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${suite} tests (${tookS} s): ` +
      `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  );
  return { ...counts, failures: counts.failures.map((failure) => failure.replace(root, '')) };
}

/** Runs files of a project, all when none is named. */
async function runFiles(
  suite: string,
  reportName: string,
  files: readonly string[],
  options: SuiteOptions,
): Promise<SuiteRun> {
  mkdirSync(resultsFolder, { recursive: true });
  const reportPath = join(resultsFolder, `${reportName}.json`);
  rmSync(reportPath, { force: true });
  const reporters = [
    `--reporter=${options.isQuiet ? 'minimal' : 'default'}`,
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
  ];
  const { exitCode, output } = await runProgram(
    'vitest',
    ['run', '--project', suite, '--passWithNoTests', ...reporters, ...files],
    { timeoutMs: options.timeoutMs, isShown: !options.isQuiet },
  );
  const text = existsSync(reportPath) ? readFileSync(reportPath, 'utf8') : undefined;
  return { files: parseReport(text), exitCode, output };
}
