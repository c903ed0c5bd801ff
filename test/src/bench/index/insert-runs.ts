import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SegmentEntry } from '@nigehban/domain/footage.ts';
import { footageDayStartUs } from '@nigehban/domain/footage-days.ts';
import { systemClock } from '@nigehban/media/clock.ts';
import { startIndexClient } from '@nigehban/recorder/index-client/index-client.ts';
import { openDatabase, type Sql } from '@nigehban/server/store/database.ts';
import { codec, type FleetWeek, minutesPerDay, nodeId, sequenceOf } from './fleet-week.ts';
import { processorSeconds } from './processor-time.ts';

export interface InsertRun {
  readonly segmentsPerSecond: number;
  /** Processor seconds of a million segments. */
  readonly clientPerMillion: number;
  readonly databasePerMillion: number;
  /** Time to learn where the index stands, for all cameras; 0 for the peer. */
  readonly startMs: number;
}

interface Place {
  readonly databaseUrl: string;
  readonly postmaster: number;
  readonly week: FleetWeek;
}

const tickMs = 100;

/** The n-th new segment: all cameras in turn, among the rows of today's partition. */
function createEntry(week: FleetWeek, n: number, phaseUs: number): SegmentEntry {
  const cameraId = 1 + (n % week.cameras);
  const round = Math.floor(n / week.cameras);
  const today = week.days.at(-1) ?? 0;
  const startUs = footageDayStartUs(today) + (round % minutesPerDay) * 60_000_000 + phaseUs + n;
  const lastSequence = sequenceOf(week, today, minutesPerDay - 1);
  return {
    kind: 'segment',
    cameraId,
    sequence: lastSequence + 1 + round,
    startUs,
    endUs: startUs + 60_000_000,
    previousHash: '',
    path: '',
    codec,
    widthPx: 1280,
    heightPx: 720,
    frames: 1500,
    sizeBytes: 11_250_000,
    sha256: startUs.toString(16).padStart(64, 'a'),
    fragments: [],
    clockOffsetMs: 0,
    flags: { repaired: false, lossy: false, adopted: false },
  };
}

/** Hands the product's index client so many segments a second, as recorders do, and counts the rows. */
export async function runIndexClient(
  sql: Sql,
  place: Place,
  given: { readonly folder: string; readonly perSecond: number; readonly seconds: number },
): Promise<InsertRun> {
  const { week, postmaster, databaseUrl } = place;
  for (let id = 1; id <= week.cameras; id++) mkdirSync(join(given.folder, String(id)));
  const log = { info: () => {}, warn: fail, error: fail };
  const client = startIndexClient(
    { databaseUrl, nodeId, footageFolder: given.folder },
    { clock: systemClock, log },
  );
  const openedMs = performance.now();
  await client.flush();
  const startMs = performance.now() - openedMs;
  const before = await countRows(sql, week);
  const cpu = processorSeconds(postmaster);
  const startedMs = performance.now();
  const total = given.perSecond * given.seconds;
  let handed = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const dueMs = performance.now() - startedMs;
      const due = Math.min(total, Math.round((dueMs / 1000) * given.perSecond));
      for (; handed < due; handed++) client.onEntry(createEntry(week, handed, 30_000_000));
      if (handed < total) return;
      clearInterval(timer);
      resolve();
    }, tickMs);
  });
  await client.flush();
  const run = since(cpu, postmaster, startedMs, total);
  const found = (await countRows(sql, week)) - before;
  await client.stop();
  if (found !== total) throw new Error(`${found} of ${total} segments are in the index`);
  return { ...run, startMs };
}

/** The peer: each segment an insert of its own, on eight connections, as fast as they go. */
export async function runSingleRows(place: Place, seconds: number): Promise<InsertRun> {
  const { week, postmaster, databaseUrl } = place;
  const sql = openDatabase(databaseUrl, { maxConnections: 8 });
  await Promise.all(Array.from({ length: 8 }, () => sql`select pg_sleep(0.2)`));
  const cpu = processorSeconds(postmaster);
  const startedMs = performance.now();
  let sent = 0;
  const insertUntilEnd = async () => {
    while (performance.now() - startedMs < seconds * 1000) {
      const entry = createEntry(week, sent++, 45_000_000);
      await sql`
        insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256,
          flags, codec)
        values (${entry.cameraId}, ${entry.startUs}, ${entry.endUs}, ${entry.sequence}, ${nodeId},
          ${entry.sizeBytes}, ${entry.frames}, decode(${entry.sha256}, 'hex'), 0, ${entry.codec})
        on conflict do nothing`;
    }
  };
  await Promise.all(Array.from({ length: 8 }, insertUntilEnd));
  const run = since(cpu, postmaster, startedMs, sent);
  await sql.end({ timeout: 5 });
  return { ...run, startMs: 0 };
}

function since(
  before: { client: number; database: number },
  postmaster: number,
  startedMs: number,
  segments: number,
): Omit<InsertRun, 'startMs'> {
  const seconds = (performance.now() - startedMs) / 1000;
  const now = processorSeconds(postmaster);
  return {
    segmentsPerSecond: segments / seconds,
    clientPerMillion: ((now.client - before.client) / segments) * 1e6,
    databasePerMillion: ((now.database - before.database) / segments) * 1e6,
  };
}

async function countRows(sql: Sql, week: FleetWeek): Promise<number> {
  const todayUs = footageDayStartUs(week.days.at(-1) ?? 0);
  const [row] = await sql<{ rows: number }[]>`
    select count(*) as rows from segment
    where start_us >= ${todayUs} and start_us < ${todayUs + 2 * 86_400_000_000}`;
  return row?.rows ?? 0;
}

function fail(_details: object, text: string): void {
  throw new Error(text);
}
