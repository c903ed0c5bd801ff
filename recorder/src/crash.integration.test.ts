import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEntriesAfter } from './chain/chain-files.ts';
import { openCameraChain } from './chain/open-camera-chain.ts';
import { verifyFootage } from './chain/verify-footage.ts';
import { chainFileName, hourFolder } from './footage-layout.ts';

const run = promisify(execFile);
const child = fileURLToPath(new URL('./testing/recording-child.ts', import.meta.url));
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-crash-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Records until `pictures` were sent, then kills; gives how many had been sent. */
async function recordAndKill(cameras: number, pictures: number): Promise<number> {
  const recording = spawn(process.execPath, [child, root, String(cameras)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => recording.once('exit', resolve));
  let sent = 0;
  for await (const line of createInterface({ input: recording.stdout })) {
    sent = Number(line);
    if (sent >= pictures) break;
  }
  recording.kill('SIGKILL');
  await ended;
  return sent;
}

async function entriesOf(cameraId: number): Promise<ChainEntry[]> {
  const entries: ChainEntry[] = [];
  for await (const some of readEntriesAfter(root, cameraId, 0)) entries.push(...some);
  return entries;
}

test('kill -9 costs at most a second of each camera, and nothing that was written', async () => {
  const cameras = 5;
  const sent = await recordAndKill(cameras, 120);
  for (let cameraId = 1; cameraId <= cameras; cameraId++) {
    const { unreadable } = await openCameraChain(root, cameraId, { beforeUs: Date.now() * 1000 });
    expect(unreadable).toEqual([]);
    let frames = 0;
    for (const entry of await entriesOf(cameraId)) {
      if (entry.kind !== 'segment') continue;
      frames += entry.frames;
      const { stdout, stderr } = await run('ffprobe', [
        ...['-v', 'error', '-count_packets', '-select_streams', 'v:0', '-of', 'csv=p=0'],
        ...['-show_entries', 'stream=nb_read_packets', join(root, entry.path)],
      ]);
      expect(Number.parseInt(stdout, 10)).toBe(entry.frames);
      expect(stderr).not.toMatch(/moov|truncat|invalid data/i);
    }
    // 25 pictures are a second; one access unit is always in the making.
    expect(sent - frames).toBeLessThanOrEqual(27);
  }
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('a torn line of the chain is cut off and its file taken in again', async () => {
  await recordAndKill(1, 130);
  const before = await entriesOf(1);
  const [first] = before;
  if (first === undefined) throw new Error('nothing was recorded');
  const path = join(root, '1', hourFolder(first.startUs), chainFileName);
  await appendFile(path, '{"sequence":99,"cameraId":1,"sta');
  expect((await verifyFootage(root)).intact).toBe(false);
  await openCameraChain(root, 1, { beforeUs: Date.now() * 1000 });
  const after = await entriesOf(1);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThan(before.length);
  expect((await verifyFootage(root)).intact).toBe(true);
});
