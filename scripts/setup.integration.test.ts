import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A checkout with nothing installed, and programs that stand in front of the machine's own. */
function makeCheckout(programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'nigehban-setup-'));
  folders.push(folder);
  for (const name of ['scripts', 'package.json', 'package-lock.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const bin = join(folder, 'programs');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { folder, path: `${bin}:/usr/local/bin:/usr/bin:/bin` };
}

interface RunOptions {
  readonly mode?: string;
  readonly uid?: number;
}

function startSetup(checkout: { folder: string; path: string }, options: RunOptions = {}) {
  const { mode = 'check', uid } = options;
  let node = process.execPath;
  if (uid !== undefined) {
    // Ours may lie where that user may not go, as below /root.
    node = join(checkout.folder, 'node');
    copyFileSync(process.execPath, node);
  }
  const child = spawn(node, ['scripts/setup.mjs', '--for', mode], {
    cwd: checkout.folder,
    env: { PATH: checkout.path, HOME: checkout.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), output }));
  return { child, ended, output: () => output };
}

function runSetup(checkout: { folder: string; path: string }, options: RunOptions = {}) {
  return startSetup(checkout, options).ended;
}

/** What `npm ci` leaves behind, as far as the set-up looks at it; counts its calls in `calls`. */
const npmThatInstalls = [
  'echo "$@" >> calls',
  'mkdir -p node_modules/.bin',
  'cp package-lock.json node_modules/.package-lock.json',
  'touch node_modules/.bin/node',
].join('\n');

function npmCalls(checkout: { folder: string }): number {
  const path = join(checkout.folder, 'calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
}

test('a second run does nothing, says nothing and takes a moment', async () => {
  const checkout = makeCheckout({ npm: npmThatInstalls });
  const first = await runSetup(checkout);
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining('done') });
  const startedMs = performance.now();
  expect(await runSetup(checkout)).toEqual({ code: 0, output: '' });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(npmCalls(checkout)).toBe(1);
});

test('a changed lock file is installed again', async () => {
  const checkout = makeCheckout({ npm: npmThatInstalls });
  await runSetup(checkout);
  const lockPath = join(checkout.folder, 'package-lock.json');
  const lock = JSON.parse(readFileSync(lockPath, 'utf8'));
  lock.packages['node_modules/vitest'].version = '999.0.0';
  writeFileSync(lockPath, JSON.stringify(lock));
  expect((await runSetup(checkout)).code).toBe(0);
  expect(npmCalls(checkout)).toBe(2);
});

test('a lock file made against an incomplete registry mirror is installed all the same', async () => {
  const refusesCi = 'if [ "$1" = ci ]; then echo "Run npm help ci for more info" >&2; exit 1; fi';
  const checkout = makeCheckout({ npm: `${refusesCi}\n${npmThatInstalls}` });
  expect((await runSetup(checkout)).code).toBe(0);
  expect(readFileSync(join(checkout.folder, 'calls'), 'utf8')).toMatch(/^install --no-save /);
});

test('without a network it says so', async () => {
  const failing = 'echo "npm error code ENOTFOUND" >&2; exit 1';
  const { code, output } = await runSetup(makeCheckout({ npm: failing }));
  expect(code).toBe(1);
  expect(output).toContain("No network: npm's package registry can't be reached");
});

test('with a full disk it says so', async () => {
  const failing = 'echo "npm error ENOSPC: no space left on device, write" >&2; exit 1';
  const { code, output } = await runSetup(makeCheckout({ npm: failing }));
  expect(code).toBe(1);
  expect(output).toContain('DISK_FULL');
});

test('an install that ends well but installed nothing is not taken for done', async () => {
  const checkout = makeCheckout({ npm: 'exit 0' });
  expect((await runSetup(checkout)).code).toBe(1);
  expect((await runSetup(checkout)).code).toBe(1);
});

test('of two at once, one works and the other waits for it', async () => {
  const slow = `echo begin >> order\nsleep 1\n${npmThatInstalls}\necho end >> order`;
  const checkout = makeCheckout({ npm: slow });
  const results = await Promise.all([runSetup(checkout), runSetup(checkout)]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(results.map(({ output }) => output).join('')).toContain('another set-up');
  expect(readFileSync(join(checkout.folder, 'order'), 'utf8')).toBe('begin\nend\n');
});

test('the lock of a set-up that was killed is taken over', async () => {
  const checkout = makeCheckout({ npm: 'touch started\nexec sleep 60' });
  const first = startSetup(checkout);
  while (!existsSync(join(checkout.folder, 'started'))) await sleep(20);
  first.child.kill('SIGKILL');
  await first.ended.catch(() => {});
  expect(existsSync(join(checkout.folder, '.cache', 'setup.lock'))).toBe(true);
  writeFileSync(join(checkout.folder, 'programs', 'npm'), `#!/bin/sh\n${npmThatInstalls}\n`);
  expect((await runSetup(checkout)).code).toBe(0);
});

const noPackages = { 'dpkg-query': 'exit 1', npm: npmThatInstalls };

test.runIf(isRoot)('without root it names the packages and the command, and stops', async () => {
  const checkout = makeCheckout({ ...noPackages, sudo: 'exit 1' });
  chmodSync(checkout.folder, 0o755);
  chownSync(checkout.folder, nobody, nobody);
  const { code, output } = await runSetup(checkout, { mode: 'start', uid: nobody });
  expect(code).toBe(1);
  expect(output).toMatch(
    /PACKAGE_MISSING: ffmpeg redis-server .*\n.*sudo apt-get install -y --no-install-recommends ffmpeg/s,
  );
  expect(npmCalls(checkout)).toBe(0);
});

test.runIf(isRoot)('packages that apt-get can not install are named with its words', async () => {
  const failing =
    'case "$*" in *install*) echo "E: Unable to locate package ffmpeg" >&2; exit 100;; esac';
  const checkout = makeCheckout({ ...noPackages, 'apt-get': failing });
  const { code, output } = await runSetup(checkout, { mode: 'start' });
  expect(code).toBe(1);
  expect(output).toMatch(/PACKAGE_MISSING: .*ffmpeg/);
  expect(output).toContain('Unable to locate package ffmpeg');
});

test.runIf(isRoot)('missing packages are installed with no service started', async () => {
  const policy = '/usr/sbin/policy-rc.d';
  const hadPolicy = existsSync(policy);
  const checkout = makeCheckout({
    ...noPackages,
    'apt-get': `echo "$*" >> apt; test -x ${policy} && echo held >> apt`,
    npm: 'exit 1',
  });
  await runSetup(checkout, { mode: 'start' });
  const calls = readFileSync(join(checkout.folder, 'apt'), 'utf8');
  expect(calls).toMatch(/update/);
  expect(calls).toMatch(/install --no-install-recommends ffmpeg redis-server/);
  expect(calls).toContain('held');
  expect(existsSync(policy)).toBe(hadPolicy);
});

test('an unknown purpose is refused', async () => {
  expect((await runSetup(makeCheckout({}), { mode: 'fun' })).code).toBe(2);
});
