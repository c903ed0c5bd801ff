import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countSuite, type SuiteCounts } from './test-report.ts';

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

/** Runs one of vitest's projects to its end; its JSON report stays in test-results/. */
export async function runSuite(
  suite: string,
  options: { readonly timeoutMs: number; readonly isQuiet?: boolean },
): Promise<SuiteCounts> {
  mkdirSync(resultsFolder, { recursive: true });
  const reportPath = join(resultsFolder, `${suite}.json`);
  rmSync(reportPath, { force: true });
  const reporters = [
    `--reporter=${options.isQuiet ? 'minimal' : 'default'}`,
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
  ];
  const { exitCode, output, tookMs } = await runProgram(
    'vitest',
    ['run', '--project', suite, '--passWithNoTests', ...reporters],
    { timeoutMs: options.timeoutMs, isShown: !options.isQuiet },
  );
  const text = existsSync(reportPath) ? readFileSync(reportPath, 'utf8') : undefined;
  const counts = countSuite(suite, text, exitCode);
  if (options.isQuiet && counts.failed > 0) process.stdout.write(output);
  const { passed, failed, skipped } = counts;
  process.stdout.write(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${suite} tests (${(tookMs / 1000).toFixed(1)} s): ` +
      `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  );
  return { ...counts, failures: counts.failures.map((failure) => failure.replace(root, '')) };
}
