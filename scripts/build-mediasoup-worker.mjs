/**
 * Provides the mediasoup worker for the mediasoup version in node_modules: from the user's cache,
 * else mediasoup's own prebuilt download, else built from the C++ source that the npm package
 * ships against the system's libraries (scripts/mediasoup-worker/). Prints the binary's path.
 *
 *   node scripts/build-mediasoup-worker.mjs [--source <mediasoup package folder>] [--no-download]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { arch, availableParallelism, homedir, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { applyRecipe, recipeFolder } from './mediasoup-worker/recipe.mjs';
import { root, runCommand, SetupError, say } from './setup/run-command.mjs';

const installedPackage = join(root, 'node_modules', 'mediasoup');
const downloadTimeoutMs = 20_000;
const buildSizeBytes = 1.5e9;

/** Path at which the checkout offers the worker of `version`: what MEDIASOUP_WORKER_BIN points to. */
export function workerPath(version) {
  return join(root, '.cache', `mediasoup-worker-${version}`);
}

/** Version of the mediasoup package in `packageFolder`. */
export function mediasoupVersion(packageFolder = installedPackage) {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version;
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

/** Where the worker for `version` and this recipe, processor and distribution release is cached. */
export function cachedWorkerPath(version) {
  const hash = createHash('sha256').update(`${version} ${arch()} `);
  if (existsSync('/etc/os-release')) {
    // The worker is linked against the distribution's libraries.
    hash.update(readFileSync('/etc/os-release', 'utf8').match(/^VERSION_ID=.*$/m)?.[0] ?? '');
  }
  // Only what decides the binary: a change to the acceptance check rebuilds nothing.
  const parts = [
    join(recipeFolder, 'recipe.mjs'),
    ...filesUnder(join(recipeFolder, 'subprojects')),
  ];
  for (const path of parts) {
    hash.update(path.slice(recipeFolder.length)).update(readFileSync(path));
  }
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const name = `mediasoup-worker-${version}-${hash.digest('hex').slice(0, 12)}`;
  return join(cache, 'nigehban', name);
}

/** Where mediasoup looks for its worker without MEDIASOUP_WORKER_BIN. */
function ownWorkerPath(packageFolder = installedPackage) {
  return join(packageFolder, 'worker', 'out', 'Release', 'mediasoup-worker');
}

/** True when the worker is cached and offered to the installed mediasoup: there is nothing to do. */
export function workerIsReady(version) {
  const paths = [cachedWorkerPath(version), workerPath(version), ownWorkerPath()];
  // existsSync follows links: one that points nowhere does not count.
  return paths.every((path) => existsSync(path));
}

function link(path, target) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/** Points the checkout's `.cache/mediasoup-worker-<version>` and mediasoup's own place at the binary. */
function offerInCheckout(version, packageFolder, binary) {
  link(workerPath(version), binary);
  link(ownWorkerPath(packageFolder), binary);
}

/** mediasoup's published binary, as its own install step names it; undefined when it can't be had. */
async function downloadPrebuilt(packageFolder, folder, log) {
  const { version, repository } = JSON.parse(
    readFileSync(join(packageFolder, 'package.json'), 'utf8'),
  );
  const base =
    process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
    `${repository.url.replace(/^git\+/, '').replace(/\.git$/, '')}/releases/download`;
  const kernel = release().split('.')[0];
  const name = `mediasoup-worker-${version}-${process.platform}-${arch()}-kernel${kernel}.tgz`;
  try {
    const response = await fetch(`${base}/${version}/${name}`, {
      signal: AbortSignal.timeout(downloadTimeoutMs),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const archive = join(folder, 'worker.tgz');
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    await runCommand('tar', ['xzf', archive, '-C', folder, 'mediasoup-worker']);
    return join(folder, 'mediasoup-worker');
  } catch (error) {
    log(`no prebuilt mediasoup worker (${error.cause?.code ?? error.message})`);
    return undefined;
  }
}

/** Builds the worker in `folder` from the package's source; resolves to the binary's path. */
async function build(packageFolder, folder, log) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < buildSizeBytes) {
    throw new SetupError(
      `DISK_FULL: building the mediasoup worker needs ${buildSizeBytes / 1e9} GB free in ${folder}; ` +
        `there are ${((bavail * bsize) / 1e9).toFixed(1)} GB.`,
    );
  }
  const source = join(folder, 'source');
  cpSync(join(packageFolder, 'worker'), source, { recursive: true });
  applyRecipe(source);
  const output = join(folder, 'build');
  await runCommand('meson', ['setup', '--buildtype', 'release', '-Db_ndebug=true', output], {
    cwd: source,
  });
  // One compiler takes up to 700 MB.
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / 1e9)));
  const startedMs = Date.now();
  let saidMs = startedMs;
  await runCommand(
    'nice',
    ['-n', '5', 'ninja', '-C', output, '-j', String(jobs), 'mediasoup-worker'],
    {
      onLine: (line) => {
        const progress = line.match(/^\[(\d+)\/(\d+)\]/);
        if (progress && Date.now() - saidMs > 15_000) {
          saidMs = Date.now();
          const seconds = Math.round((saidMs - startedMs) / 1000);
          log(`building the mediasoup worker: ${progress[1]} of ${progress[2]} (${seconds} s)`);
        }
      },
    },
  );
  return join(output, 'mediasoup-worker');
}

/**
 * A real DTLS handshake and SRTP round trip against `binary`, in a process of its own because it
 * needs the mediasoup package and the Node version that it asks for. Creating transports alone
 * would not show a worker that dies at the first handshake. Rejects when the worker is not fit.
 */
async function accept(binary, packageFolder, folder, log) {
  const node = join(root, 'node_modules', '.bin', 'node');
  const check = join(recipeFolder, 'check-worker.mjs');
  // The cache may be read by another user than the one who built.
  chmodSync(binary, 0o755);
  const output = await runCommand(
    existsSync(node) ? node : process.execPath,
    [check, packageFolder, folder],
    { env: { ...process.env, MEDIASOUP_WORKER_BIN: binary }, timeoutMs: 60_000 },
  );
  log(
    output.includes('round trip complete')
      ? 'the mediasoup worker passed a DTLS and SRTP round trip'
      : 'the mediasoup worker starts (no C compiler here for the DTLS round trip)',
  );
}

/** True when the dynamic linker finds not all that `binary` needs: it ends with code 127 then. */
function lacksLibraries(binary) {
  // Without a version in the environment a worker that loads ends at once with a code of its own.
  return spawnSync(binary, { env: {}, stdio: 'ignore', timeout: 10_000 }).status === 127;
}

/** Removes what builds that were killed left in the cache. */
function removeAbandonedBuilds(cache) {
  for (const name of readdirSync(cache)) {
    const pid = name.match(/^building-(\d+)-/)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
}

async function obtainWorker({ packageFolder, version, download, beforeBuild, log, folder }) {
  if (download) {
    const prebuilt = await downloadPrebuilt(packageFolder, folder, log);
    if (prebuilt !== undefined) {
      try {
        await accept(prebuilt, packageFolder, folder, log);
        return prebuilt;
      } catch (error) {
        log(`the prebuilt mediasoup worker does not work here: ${error.message}`);
      }
    }
  }
  await beforeBuild();
  log(`building mediasoup worker ${version} from source: 4 to 15 minutes, once per machine`);
  const built = await build(packageFolder, folder, log);
  await accept(built, packageFolder, folder, log);
  return built;
}

/**
 * Makes sure that the worker for the mediasoup package in `packageFolder` is in the user's cache and
 * offered in the checkout; resolves to the offered path. Installs no system packages: `beforeBuild`
 * is called before a build for that. Throws with the reason when it can't be provided.
 */
export async function provideWorker({
  packageFolder = installedPackage,
  download = true,
  beforeBuild = async () => {},
  log = say,
} = {}) {
  const version = mediasoupVersion(packageFolder);
  const cached = cachedWorkerPath(version);
  if (!existsSync(cached)) {
    const cache = dirname(cached);
    mkdirSync(cache, { recursive: true });
    removeAbandonedBuilds(cache);
    const folder = mkdtempSync(join(cache, `building-${process.pid}-`));
    try {
      const options = { packageFolder, version, download, beforeBuild, log, folder };
      // Within one file system, so that nobody sees half a binary.
      renameSync(await obtainWorker(options), cached);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (lacksLibraries(cached)) {
    // The cache is older than this system, or somebody removed what the build had brought.
    log('installing the libraries of the cached mediasoup worker');
    await beforeBuild();
  }
  offerInCheckout(version, packageFolder, cached);
  return workerPath(version);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf('--source');
  const source = at > 0 ? process.argv[at + 1] : undefined;
  try {
    const path = await provideWorker({
      ...(source ? { packageFolder: resolve(source) } : {}),
      download: !process.argv.includes('--no-download'),
    });
    console.log(path);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
