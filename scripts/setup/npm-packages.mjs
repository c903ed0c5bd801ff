import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder, root, runCommand, SetupError, say } from './run-command.mjs';

const neededBytes = 1.5e9;

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

/**
 * True when node_modules holds exactly what package-lock.json asks for, by npm's own record of what it
 * installed, so that an installed checkout is never installed anew.
 */
export function npmPackagesAreInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new SetupError('package-lock.json is missing or not readable.');
  if (installed === undefined || !existsSync(join(root, 'node_modules', '.bin', 'node')))
    return false;
  const isOurs = ([path, entry]) => path.startsWith('node_modules/') && !entry.link;
  return (
    Object.entries(wanted)
      .filter(isOurs)
      .every(([path, entry]) =>
        // Optional packages are those of other processors and systems.
        path in installed ? installed[path].version === entry.version : entry.optional === true,
      ) &&
    Object.entries(installed)
      .filter(isOurs)
      .every(([path]) => path in wanted)
  );
}

/** Our environment for npm: without node_modules/.bin, whose Node it replaces under its own feet. */
function npmEnvironment() {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
  return {
    ...process.env,
    PATH: path,
    // Makes mediasoup's own install step do nothing: the set-up provides the worker.
    MEDIASOUP_WORKER_BIN: join(cacheFolder, 'mediasoup-worker'),
  };
}

/** Installs the npm packages of package-lock.json when they are not; throws a SetupError with the reason. */
export async function provideNpmPackages() {
  if (npmPackagesAreInstalled()) return;
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < neededBytes) {
    throw new SetupError(
      `DISK_FULL: the npm packages need ${neededBytes / 1e9} GB free in ${root}; ` +
        `there are ${((bavail * bsize) / 1e9).toFixed(1)} GB.`,
    );
  }
  say('installing npm packages');
  const npm = (...args) =>
    runCommand('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      env: npmEnvironment(),
      what: 'installing npm packages',
    });
  try {
    await npm('ci').catch((error) => {
      // A lock file made against a registry mirror lacks the optional packages that the mirror lacks;
      // `npm ci` refuses it, an install that saves nothing keeps to its versions all the same.
      if (!error.message.includes('npm help ci')) throw error;
      return npm('install', '--no-save');
    });
  } catch (error) {
    throw new SetupError(explainNpmFailure(error));
  }
  if (!npmPackagesAreInstalled()) {
    throw new SetupError(
      'npm ci ended well but node_modules is not what package-lock.json asks for (see .cache/setup.log). ' +
        'Is omit=dev, omit=optional or ignore-scripts set in an .npmrc?',
    );
  }
}

function explainNpmFailure(error) {
  if (error.code === 'ENOENT') return 'PACKAGE_MISSING: npm. Install Node.js 20 or newer with npm.';
  if (/ENOSPC/.test(error.message)) {
    return `DISK_FULL: no space left while installing npm packages in ${root}.`;
  }
  const network = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH/;
  return network.test(error.message)
    ? `No network: npm's package registry can't be reached.\n${error.message}`
    : `The npm packages could not be installed.\n${error.message}`;
}
