import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CameraChain } from '../chain/camera-chain.ts';
import { appendRemoval } from '../chain/removal-log.ts';
import { type IndexClient, startIndexClient } from './index-client.ts';
import { reindexFootage } from './reindex-footage.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const nodeId = 'node-1';
/** The schema is the server's. */
const migrations = join(import.meta.dirname, '../../../server/src/store/migrations');
let dataFolder = '';
let root = '';
let server: EmbeddedServer;
let sql: postgres.Sql;
let client: IndexClient | undefined;

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'nigehban-index-'));
  server = await startEmbeddedPostgres({ dataFolder, log });
  sql = postgres(server.url, { max: 2, onnotice: () => undefined });
  for (const name of readdirSync(migrations).sort()) {
    await sql.unsafe(readFileSync(join(migrations, name), 'utf8'));
  }
});

afterAll(async () => {
  await sql.end();
  await server.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-index-root-'));
  await sql`truncate segment, gap, footage_removal`;
});

afterEach(async () => {
  await client?.stop();
  client = undefined;
  await rm(root, { recursive: true, force: true });
});

function start(databaseUrl = server.url, maxPending = 1000): IndexClient {
  client = startIndexClient(
    { databaseUrl, nodeId, footageFolder: root, batchEntries: 7, maxPending },
    { clock: systemClock, log },
  );
  return client;
}

async function write(chain: CameraChain, count: number): Promise<ChainEntry[]> {
  const written: ChainEntry[] = [];
  for (let index = 0; index < count; index++) {
    const startUs = chain.coveredUntilUs ?? 1_790_000_000_000_000;
    const endUs = startUs + 60_000_000;
    written.push(
      index % 5 === 4
        ? await chain.appendGap({ startUs, endUs, cause: 'silent' })
        : await chain.appendSegment({
            startUs,
            endUs,
            path: `${chain.cameraId}/2026-09-21/14/${startUs}.mp4`,
            codec: 'avc1.4d400d,ulaw',
            widthPx: 320,
            heightPx: 240,
            frames: 1500,
            sizeBytes: 11_000_000_000 + index,
            sha256: 'ab'.repeat(32),
            fragments: [],
            clockOffsetMs: null,
            flags: { repaired: false, lossy: true, adopted: false },
          }),
    );
  }
  return written;
}

/** What the index holds, as text to compare. */
async function rows(): Promise<string[]> {
  const found = await sql`
    select camera_id, sequence, start_us, end_us, 'segment ' || encode(sha256, 'hex')
      || ' ' || bytes || ' ' || frames || ' ' || flags || ' ' || codec || ' ' || node_id as what from segment
    union all select camera_id, sequence, start_us, end_us, 'gap ' || cause from gap
    order by 1, 2`;
  return found.map((row) => JSON.stringify(row));
}

test('entries become rows, once, however often they are sent', async () => {
  const chain = await CameraChain.open(root, 7);
  const indexing = start();
  await indexing.flush();
  for (const entry of await write(chain, 23)) indexing.onEntry(entry);
  await indexing.flush();
  const first = await rows();
  expect(first).toHaveLength(23);
  expect(first[0]).toContain('abab');
  await indexing.stop();
  const again = start();
  again.onEntry((await write(chain, 1))[0] as ChainEntry);
  await again.flush();
  expect((await rows()).slice(0, 23)).toEqual(first);
  expect(await rows()).toHaveLength(24);
  expect(again.status()).toMatchObject({ reachable: true, pending: 0, behind: 0 });
});

test('more entries than memory holds come from the disk', async () => {
  const chains = [await CameraChain.open(root, 7), await CameraChain.open(root, 8)];
  const indexing = start(server.url, 10);
  await indexing.flush();
  for (const chain of chains) for (const entry of await write(chain, 30)) indexing.onEntry(entry);
  expect(indexing.status().pending).toBeLessThanOrEqual(10);
  await vi.waitFor(async () => expect(await rows()).toHaveLength(60), { timeout: 10_000 });
});

test('a database that is away is caught up with from the disk', async () => {
  const chain = await CameraChain.open(root, 7);
  const away = start('postgres://nobody:nothing@127.0.0.1:1/none');
  for (const entry of await write(chain, 40)) away.onEntry(entry);
  await away.flush();
  expect(away.status()).toMatchObject({ reachable: false, pending: 0, behind: 1 });
  await away.stop();
  const back = start();
  await back.flush();
  expect(await rows()).toHaveLength(40);
});

test('reindex makes the same rows from the folder alone', async () => {
  const indexing = start();
  await indexing.flush();
  for (const id of [7, 8, 9]) {
    for (const entry of await write(await CameraChain.open(root, id), 12)) indexing.onEntry(entry);
  }
  await vi.waitFor(async () => expect(await rows()).toHaveLength(36), { timeout: 10_000 });
  const before = await rows();
  await indexing.stop();
  await sql`update segment set frames = 1 where camera_id = 8`;
  await sql`delete from gap`;
  const result = await reindexFootage({
    footageFolder: root,
    databaseUrl: server.url,
    nodeId,
    beforeUs: systemClock.wallUs(),
  });
  expect(result).toEqual({ cameras: 3, segments: 30, gaps: 6, adopted: 0, unreadable: [] });
  expect(await rows()).toEqual(before);
});

test('two volumes are one chain to the index: none of it twice, none missing, also made anew', async () => {
  const roots = [join(root, 'one'), join(root, 'two')] as const;
  const indexing = startIndexClient(
    { databaseUrl: server.url, nodeId, footageFolder: roots, batchEntries: 7 },
    { clock: systemClock, log },
  );
  client = indexing;
  // Of each line one or two copies, as when a disk fails and comes back.
  const chain = await CameraChain.open(roots, 7);
  const turns = [[roots[0]], [roots[0], roots[1]], [roots[1]], [roots[1], roots[0]]];
  for (let index = 0; index < 40; index++) {
    const startUs = 1_790_000_000_000_000 + index * 60_000_000;
    const gap = { startUs, endUs: startUs + 60_000_000, cause: 'silent' as const };
    indexing.onEntry(await chain.appendGap(gap, { folders: turns[index % 4] ?? [] }));
  }
  await indexing.flush();
  const before = await rows();
  expect(before).toHaveLength(40);
  await indexing.stop();
  const given = { databaseUrl: server.url, nodeId, beforeUs: systemClock.wallUs() };
  expect(await reindexFootage({ ...given, footageFolder: roots })).toMatchObject({ gaps: 40 });
  expect(await rows()).toEqual(before);
});

test('a row goes to its day, made when it is met; an impossible time goes to no day', async () => {
  const indexing = start();
  await indexing.flush();
  const nowUs = systemClock.wallUs();
  const chain = await CameraChain.open(root, 7);
  for (const startUs of [7_000_000, nowUs - 3 * 86_400_000_000, nowUs]) {
    indexing.onEntry(await chain.appendGap({ startUs, endUs: startUs + 1000, cause: 'silent' }));
  }
  await indexing.flush();
  const found = await sql`select tableoid::regclass::text as part from gap order by start_us`;
  const dayOf = (us: number) => new Date(us / 1000).toISOString().slice(0, 10).replaceAll('-', '');
  expect(found.map((row) => row.part)).toEqual([
    'gap_other',
    `gap_${dayOf(nowUs - 3 * 86_400_000_000)}`,
    `gap_${dayOf(nowUs)}`,
  ]);
});

test('rows that a crash of the database took come again from the disk', async () => {
  const indexing = start();
  await indexing.flush();
  const chain = await CameraChain.open(root, 7);
  for (const entry of await write(chain, 20)) indexing.onEntry(entry);
  await indexing.flush();
  // What a crash does to commits that were not waited for: the last ones are gone, connections end.
  await sql`delete from segment where sequence > 12`;
  await sql`delete from gap where sequence > 12`;
  const ended = await sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where application_name = ${`nigehban-recorder-${nodeId}`}`;
  expect(ended).toHaveLength(1);
  for (const entry of await write(chain, 3)) indexing.onEntry(entry);
  await vi.waitFor(async () => expect(await rows()).toHaveLength(23), { timeout: 10_000 });
});

/** Records that the segments among these entries were deleted. */
async function remove(entries: readonly ChainEntry[]): Promise<void> {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) throw new Error('nothing to remove');
  const removal = {
    nodeId,
    atUs: last.endUs,
    fromSequence: first.sequence,
    toSequence: last.sequence,
    lastHash: '',
    startUs: first.startUs,
    endUs: last.endUs,
    segments: entries.length,
    sizeBytes: 1,
    reason: 'age' as const,
    policy: { keepDays: 1, minimumDays: 1, quotaBytes: null, phase: null },
    holds: [],
  };
  await appendRemoval(root, first.cameraId, removal, generateKeyPairSync('ed25519').privateKey);
}

test('rows of removed segments go, also those that were removed while the database was away', async () => {
  const chain = await CameraChain.open(root, 7);
  const indexing = start();
  await indexing.flush();
  const written = await write(chain, 20);
  for (const entry of written) indexing.onEntry(entry);
  await indexing.flush();
  expect(await rows()).toHaveLength(20);
  await remove(written.slice(0, 4));
  indexing.onRemoved(7);
  await indexing.flush();
  expect(await rows()).toHaveLength(16);
  await indexing.stop();
  await remove(written.slice(5, 9));
  const again = start();
  await again.flush();
  expect(await rows()).toHaveLength(12);
  await again.stop();

  // A new index gets what is there, and no row of what was removed.
  const kept = await rows();
  await sql`truncate segment, gap, footage_removal`;
  await start().flush();
  expect(await rows()).toEqual(kept);
  await client?.stop();
  const beforeUs = systemClock.wallUs();
  const options = { footageFolder: root, databaseUrl: server.url, nodeId, beforeUs };
  expect(await reindexFootage(options)).toMatchObject({ segments: 8, gaps: 4 });
  expect(await rows()).toEqual(kept);
});
