import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStartTicks } from '@nigehban/config/embedded/server-processes.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { awaitFormerProcesses, createProcessNotes } from './former-processes.ts';

const log = createLogger('silent', 'test');
let folder = '';
let file = '';
let sleeper: ChildProcess;
let pid = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-former-'));
  file = join(folder, 'media', 'processes.json');
  sleeper = spawn('sleep', ['60']);
  pid = sleeper.pid ?? 0;
  createProcessNotes(file).started(pid);
});
afterEach(async () => {
  sleeper.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('a process that outlives a killed node is ended before the next start goes on', async () => {
  await awaitFormerProcesses(file, log, 100);
  expect(readStartTicks(pid)).toBeUndefined();
  expect(existsSync(file)).toBe(false);
});

test('another process with the same number is left alone, and notes may be torn', async () => {
  const [note] = JSON.parse(await readFile(file, 'utf8')) as object[];
  await writeFile(file, JSON.stringify([{ ...note, startTicks: '1' }]));
  await awaitFormerProcesses(file, log, 100);
  await writeFile(file, '[{"pid":');
  await awaitFormerProcesses(file, log, 100);
  expect(readStartTicks(pid)).toBeDefined();
});
