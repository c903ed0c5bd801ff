import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const check = fileURLToPath(new URL('check-worker.mjs', import.meta.url));
const packageFolder = fileURLToPath(new URL('../../node_modules/mediasoup', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nigehban-worker-'));
  folders.push(folder);
  return folder;
}

function runCheck(workerBin: string) {
  return spawnSync(process.execPath, [check, packageFolder, makeFolder()], {
    encoding: 'utf8',
    env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin },
  });
}

test('the worker that the set-up provides passes a DTLS handshake and an SRTP round trip', () => {
  const worker = realpathSync(join(packageFolder, 'worker/out/Release/mediasoup-worker'));
  const { status, stdout, stderr } = runCheck(worker);
  expect(stderr).toBe('');
  // Without a C compiler there is no peer, and the check says so.
  expect(stdout).toMatch(/round trip complete|without the DTLS peer/);
  expect(status).toBe(0);
});

test('a worker that dies is refused', () => {
  const worker = join(makeFolder(), 'worker');
  writeFileSync(worker, '#!/bin/sh\nexit 41\n', { mode: 0o755 });
  expect(runCheck(worker).status).toBe(1);
});
