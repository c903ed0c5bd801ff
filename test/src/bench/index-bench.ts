/**
 * `npm run bench:index`: the index of the footage at a fleet's size. Fills seven days with segments of
 * a minute in the order in which they arrive, puts the closed days in order as the server does, asks the product's timeline for camera-days, then hands
 * the product's index client new segments. Peers: the same camera-day from the chain on disk; an
 * insert per row on eight connections.
 *
 * `--rows N` (default 20,000,000; takes some 5 GB while it runs) · `--quick` (1,000,000) ·
 * `--per-second N` segments handed to the index client (default 4,000) · `--folder DIR` where the
 * database goes (default: the system's folder for temporary files) · `--json FILE`
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { openDatabase } from '@nigehban/server/store/database.ts';
import { orderFootageDay } from '@nigehban/server/store/footage-days-store.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { indexBytes, loadDay, planFleetWeek } from './index/fleet-week.ts';
import { runIndexClient, runSingleRows } from './index/insert-runs.ts';
import { runChainPeer, runTimeline } from './index/timeline-runs.ts';
import { percentile } from './live/percentile.ts';
import { compare, measure, reportFigures } from './report.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rows: { type: 'string' },
    'per-second': { type: 'string', default: '4000' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
  },
});
const rows = Number(values.rows ?? (values.quick ? 1_000_000 : 20_000_000));
const perSecond = Number(values['per-second']);
const say = (text: string) => process.stdout.write(`${text}\n`);
const bytesPerRow = 260;

const { bavail, bsize } = statfsSync(values.folder);
if (bavail * bsize < rows * bytesPerRow + 2e9) {
  throw new Error(`${values.folder} needs ${Math.ceil((rows * bytesPerRow + 2e9) / 1e9)} GB free`);
}
const folder = mkdtempSync(join(values.folder, 'nigehban-bench-index-'));
const log = { info: () => {}, warn: () => {} };
const start = () => startEmbeddedPostgres({ dataFolder: folder, log });
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}
let server = await start();
let sql = openDatabase(server.url, { maxConnections: 4 });

try {
  const week = planFleetWeek(rows, Date.now() * 1000);
  say(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}; ${folder}`);
  say(`filling seven days of ${week.cameras} cameras …`);
  // Only while the days are filled: their rows need no log, and nothing is measured.
  await sql`alter system set wal_level = minimal`;
  await sql`alter system set max_wal_senders = 0`;
  await restart();
  await migrate(sql);
  const filledMs = performance.now();
  let segments = 0;
  const fill = async (day: number) => {
    interrupted.signal.throwIfAborted();
    segments += await loadDay(sql, week, day);
    say(`  ${segments} segments after ${Math.round((performance.now() - filledMs) / 1000)} s`);
  };
  for (const day of week.days.slice(0, -1)) {
    await fill(day);
    // As the server does some hours after midnight.
    await orderFootageDay(sql, day);
  }
  await sql`alter system reset all`;
  await restart();
  // Today lies as it arrived, and its pages are in memory as after a day of writing.
  for (const day of week.days.slice(-1)) await fill(day);
  await sql`analyze`;
  const size = await indexBytes(sql);
  interrupted.signal.throwIfAborted();

  const queries = values.quick ? 200 : 600;
  await runTimeline(sql, week, { days: 1, queries: 20 });
  const day = await runTimeline(sql, week, { days: 1, queries });
  const today = await runTimeline(
    sql,
    { ...week, days: week.days.slice(-1) },
    { days: 1, queries: 100 },
  );
  const wholeWeek = await runTimeline(sql, week, { days: 7, queries: 40 });
  const chainMs = await runChainPeer(makeFolder('chain'), week, 20);
  say(
    `one day: ${day.pieces} pieces, ${day.answerBytes} bytes as JSON; ` +
      `p50 ${percentile(day.elapsedMs, 0.5).toFixed(1)} ms, p99 ${percentile(day.elapsedMs, 0.99).toFixed(1)} ms`,
  );
  say(`seven days: ${wholeWeek.pieces} pieces, ${wholeWeek.answerBytes} bytes as JSON`);
  interrupted.signal.throwIfAborted();

  const place = { databaseUrl: server.url, postmaster: server.pid(), week };
  const single = await runSingleRows(place, values.quick ? 5 : 10);
  const client = await runIndexClient(sql, place, {
    folder: makeFolder('footage'),
    perSecond,
    seconds: values.quick ? 10 : 30,
  });
  const coreAt = (run: typeof client, rate: number) =>
    ((run.clientPerMillion + run.databasePerMillion) * rate) / 1e4;
  say(
    `processor seconds per million segments, Node + PostgreSQL: ${perMillion(client)}; ` +
      `an insert per row: ${perMillion(single)}`,
  );
  reportFigures(
    'index',
    [
      compare(
        'timeline-query',
        percentile(day.elapsedMs, 0.95),
        'ms p95',
        percentile(chainMs, 0.95),
      ),
      compare(
        'index-insert',
        client.segmentsPerSecond,
        'segments/s sustained',
        single.segmentsPerSecond,
      ),
      compare(
        'index-insert-core',
        coreAt(client, client.segmentsPerSecond),
        `% of a core at ${Math.round(client.segmentsPerSecond)}/s`,
        coreAt(single, client.segmentsPerSecond),
      ),
      measure('index-start', client.startMs, `ms to resume ${week.cameras} cameras`),
      measure('timeline-today', percentile(today.elapsedMs, 0.95), 'ms p95, not in order yet'),
      measure('timeline-week', percentile(wholeWeek.elapsedMs, 0.95), 'ms p95'),
      measure('timeline-answer', day.answerBytes / 1000, 'kB per camera-day'),
      measure('index-segments', segments, 'segments'),
      measure('index-bytes', (size.table + size.index) / segments, 'bytes per segment'),
    ],
    process.argv,
  );
} finally {
  await sql.end({ timeout: 1 });
  await server.stop();
  // Where a folder is closed to the server's user, the database is elsewhere.
  const elsewhere = join(folder, 'databases.location');
  if (existsSync(elsewhere)) {
    rmSync(readFileSync(elsewhere, 'utf8').trim(), { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

async function restart(): Promise<void> {
  await sql.end({ timeout: 1 });
  await server.stop();
  server = await start();
  sql = openDatabase(server.url, { maxConnections: 4 });
}

function makeFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

function perMillion(run: { clientPerMillion: number; databasePerMillion: number }): string {
  return `${run.clientPerMillion.toFixed(1)} + ${run.databasePerMillion.toFixed(1)}`;
}
