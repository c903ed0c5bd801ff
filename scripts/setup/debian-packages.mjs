import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { runCommand, SetupError, say } from './run-command.mjs';

/** Debian packages of each kind of run, each with a file that shows that it is there. */
const packages = {
  start: {
    ffmpeg: '/usr/bin/ffmpeg',
    'redis-server': '/usr/bin/redis-server',
    'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  },
  test: {
    chromium: '/usr/bin/chromium',
    'python3-gi': '/usr/lib/python3/dist-packages/gi/__init__.py',
    'gir1.2-gst-rtsp-server-1.0': undefined,
    'gstreamer1.0-plugins-base': undefined,
    'gstreamer1.0-plugins-good': undefined,
    'gstreamer1.0-plugins-bad': undefined,
    'gstreamer1.0-plugins-ugly': undefined,
    'vlc-bin': '/usr/bin/vlc',
    'vlc-plugin-base': undefined,
    iproute2: undefined,
    'docker-compose': undefined,
  },
};

/** Names of the packages that a run of `mode` needs. */
export function packagesFor(mode) {
  if (mode === 'check') return [];
  return [...Object.keys(packages.start), ...(mode === 'test' ? Object.keys(packages.test) : [])];
}

/** True when the programs that a run of `mode` calls are there: the quick look before each start. */
export function programsAreThere(mode) {
  if (mode === 'check') return true;
  const files = [
    ...Object.values(packages.start),
    ...(mode === 'test' ? Object.values(packages.test) : []),
  ];
  return files.every((file) => file === undefined || existsSync(file));
}

/** Those of `names` that are not installed. */
export function missingPackages(names) {
  // Lines such as "ii  ffmpeg:amd64  7:5.1 ..." for what is known, of which `ii` is installed.
  const result = spawnSync('dpkg-query', ['--list', ...names], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '500', LC_ALL: 'C' },
  });
  if (result.error) return names;
  const installed = new Set(
    result.stdout
      .split('\n')
      .map((line) => line.match(/^[ih]i\s+([^\s:]+)/)?.[1])
      .filter((name) => name !== undefined),
  );
  return names.filter((name) => !installed.has(name));
}

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Prefix that makes a command root's, or undefined when we may not become root without a password. */
function rootPrefix() {
  if (process.getuid() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function runAsRoot(prefix, command, options) {
  const [program, ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  return runCommand(program, args, options);
}

const policyPath = '/usr/sbin/policy-rc.d';

/**
 * Keeps services of new packages from being started while `install` runs: Nigehban runs a Redis of its
 * own, and port 6379 may be somebody else's. Only as root itself, and never over an existing policy.
 */
async function withoutStartingServices(install) {
  const mayWrite = process.getuid() === 0 && !existsSync(policyPath);
  if (!mayWrite) return install();
  writeFileSync(policyPath, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await install();
  } finally {
    rmSync(policyPath, { force: true });
  }
}

/**
 * Installs those of `names` that are missing. Throws a SetupError that names the missing packages and
 * the command to type when we may not install, when a package is unknown or there is no network.
 */
export async function provideDebianPackages(names) {
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const list = missing.join(' ');
  if (!has('apt-get')) {
    throw new SetupError(
      `PACKAGE_MISSING: ${list}. This is not a Debian or Ubuntu: install what corresponds to these Debian packages.`,
    );
  }
  const prefix = rootPrefix();
  if (prefix === undefined) {
    throw new SetupError(
      `PACKAGE_MISSING: ${list}. Only root may install Debian packages; type this, then start again:\n` +
        `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}`,
    );
  }
  say(`installing Debian packages: ${list}`);
  const lockWait = ['-o', 'DPkg::Lock::Timeout=300'];
  try {
    await runAsRoot(prefix, ['apt-get', ...lockWait, '-qq', 'update'], {
      what: "reading Debian's package lists",
    });
  } catch (error) {
    // The lists on the disk may do; if not, the install says what is missing.
    say(`Debian's package lists could not be read anew: ${lastLine(error)}`);
  }
  try {
    await withoutStartingServices(() =>
      runAsRoot(
        prefix,
        ['apt-get', ...lockWait, '-y', '-qq', 'install', '--no-install-recommends', ...missing],
        { what: 'installing Debian packages' },
      ),
    );
  } catch (error) {
    const still = missingPackages(missing);
    // An install may fail over a service that can't be started while the programs are all there.
    if (still.length === 0) return;
    throw new SetupError(explainAptFailure(still, error.message));
  }
}

function lastLine(error) {
  return error.message.trim().split('\n').at(-1);
}

function explainAptFailure(missing, output) {
  const names = missing.join(' ');
  if (/No space left on device|not have enough free space/.test(output)) {
    return `DISK_FULL: no space left while installing ${names}.\n${output}`;
  }
  const network =
    /Could not (resolve|connect)|Temporary failure|Unable to (locate|connect)|Failed to fetch/;
  const hint = network.test(output)
    ? "Debian's package servers can't be reached, or /etc/apt/sources.list lacks them."
    : 'apt-get could not install them.';
  return `PACKAGE_MISSING: ${names}. ${hint}\n${output}`;
}
