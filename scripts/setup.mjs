/**
 * From a bare machine with Node 20 and npm to one that can run Nigehban: Debian packages, npm packages
 * with Node 24, the mediasoup worker, the web client. What is there stays; a run with nothing to do takes
 * a moment.
 *
 *   node scripts/setup.mjs [--for start|check|test]
 *
 * start (the default): what the product needs. check: npm packages only. test: also what the tests need.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { mediasoupVersion, provideWorker, workerIsReady } from './build-mediasoup-worker.mjs';
import { buildPackages } from './mediasoup-worker/recipe.mjs';
import { packagesFor, programsAreThere, provideDebianPackages } from './setup/debian-packages.mjs';
import { npmPackagesAreInstalled, provideNpmPackages } from './setup/npm-packages.mjs';
import { cacheFolder, root, SetupError, say } from './setup/run-command.mjs';
import { takeLock } from './setup/setup-lock.mjs';
import { provideWebClient, webClientIsBuilt } from './setup/web-client.mjs';

const modes = ['start', 'check', 'test'];

/** Changes when a set-up of `mode` has to look again. */
function buildStamp(mode) {
  const hash = createHash('sha256').update(`${mode} ${arch()} `);
  const setupFolder = join(root, 'scripts', 'setup');
  const files = [
    join(root, 'package-lock.json'),
    join(root, 'scripts', 'setup.mjs'),
    ...readdirSync(setupFolder).map((name) => join(setupFolder, name)),
  ];
  for (const path of files) hash.update(readFileSync(path));
  return hash.digest('hex');
}

function readStamp(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isDone(mode, stampPath) {
  if (readStamp(stampPath) !== buildStamp(mode) || !npmPackagesAreInstalled()) return false;
  if (mode === 'check') return true;
  return programsAreThere(mode) && workerIsReady(mediasoupVersion()) && webClientIsBuilt();
}

async function setUp(mode) {
  const stampPath = join(cacheFolder, `set-up-for-${mode}`);
  if (isDone(mode, stampPath)) return;
  mkdirSync(cacheFolder, { recursive: true });
  const release = await takeLock(join(cacheFolder, 'setup.lock'), say);
  try {
    // The one that we waited for may have done it all.
    if (isDone(mode, stampPath)) return;
    await provideDebianPackages(packagesFor(mode));
    await provideNpmPackages();
    if (mode !== 'check') {
      const beforeBuild = () => provideDebianPackages(buildPackages);
      await provideWorker({ beforeBuild, log: say });
      await provideWebClient();
    }
    writeFileSync(stampPath, buildStamp(mode));
    say('done');
  } finally {
    release();
  }
}

const at = process.argv.indexOf('--for');
const mode = at > 0 ? process.argv[at + 1] : 'start';
if (!modes.includes(mode)) {
  process.stderr.write(`--for takes one of ${modes.join(', ')}\n`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  process.stderr.write(
    'Nigehban runs on Linux (Debian or Ubuntu); elsewhere use docker compose.\n',
  );
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  // Ends through `exit` handlers of the children; the lock of a process that is gone is taken over.
  process.once(signal, () => process.exit(130));
}
try {
  await setUp(mode);
} catch (error) {
  process.stderr.write(
    `\nThe set-up stopped. ${error instanceof SetupError ? error.message : error.stack}\n`,
  );
  process.exit(1);
}
