/**
 * `npm run fuzz -- --rounds N`: the property tests again and again, each round with new seeds. Ends at
 * the first round that fails, with fast-check's counterexample and the seed that repeats it.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number');

const files = globSync('**/*.test.ts', {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts'],
}).filter((file) => readFileSync(join(root, file), 'utf8').includes("from 'fast-check'"));

const { CI: _fixedSeed, ...environment } = process.env;
const command = ['run', '--project', 'unit', '--reporter=dot', '--testTimeout=600000', ...files];
for (let round = 1; round <= rounds; round++) {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/vitest'), command, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  process.stdout.write(`round ${round} of ${rounds}: ${status === 0 ? 'ok' : 'FAILED'}\n`);
  if (status === 0) continue;
  process.stdout.write(`${stdout}\n${stderr}\n`);
  process.exitCode = 1;
  break;
}
