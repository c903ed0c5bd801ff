import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@nigehban/media/testing/manual-clock.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startHourlyManifests } from './hourly-manifest.ts';

const { privateKey } = generateKeyPairSync('ed25519');
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-hourly-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test('the first second of an hour signs the heads; a disk that refuses is asked again', async () => {
  const clock = new ManualClock(Date.UTC(2027, 0, 8, 3, 59, 50) * 1000);
  const failures: unknown[] = [];
  const manifests = startHourlyManifests({
    folders: async () => [root],
    nodeId: 'n1',
    signingKey: privateKey,
    clock,
    log: { info: () => {}, warn: () => {}, error: (fields) => failures.push(fields) },
    heads: async () => new Map([[7, { sequence: 41, hash: 'ab'.repeat(32) }]]),
  });
  const node = join(root, 'nodes', 'n1');
  clock.advance(0);
  await vi.waitFor(() => readFile(join(node, 'public-key.pem')), 10_000);
  // A file where the day's folder has to be.
  await writeFile(join(node, '2027-01-08'), '');
  await vi.waitFor(() => {
    clock.advance(1_000);
    expect(failures).toHaveLength(1);
  }, 10_000);
  await rm(join(node, '2027-01-08'));
  await vi.waitFor(async () => {
    clock.advance(5_000);
    const text = await readFile(join(node, '2027-01-08', '04.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ nodeId: 'n1', heads: { 7: { sequence: 41 } } });
  }, 10_000);
  await manifests.stop();
  const verdict = await verifyFootage(root);
  expect(verdict.keys.get('n1')).toHaveLength(1);
  expect(verdict.manifestProblems).toEqual([]);
});
