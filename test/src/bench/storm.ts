/**
 * `npm run bench:storm`: all cameras of a province fail within 5 s, each told twice and in any order,
 * through a media node's link, the state machine with a gateway that answers at once, the alert
 * engine and 20 browsers; then they come back; then 1,000 changes a second go on. Peer: the same
 * changes stored one in a transaction, on eight connections.
 *
 * `--cameras N` (29,000) · `--stations N` (6,000) · `--seconds N` of the steady run (30) ·
 * `--browsers N` (20) · `--json FILE` · `--profile FOLDER`: a profile of the server's processor time,
 * and for each stage the statements and the plans of those that were slow
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { startEmbeddedRedis } from '@nigehban/config/embedded/redis.ts';
import { initialCameraState } from '@nigehban/domain/camera-state.ts';
import { storeCameraStates } from '@nigehban/server/store/camera-state-store.ts';
import { openDatabase, type Sql, toJson } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import {
  startFakeGateway,
  startFakeMediaNode,
  testStreams,
} from '@nigehban/server/testing/fake-nodes.ts';
import { seedFleet } from '@nigehban/server/testing/seed-fleet.ts';
import { compare, measure, reportFigures } from './report.ts';
import { openBrowsers } from './storm/browsers.ts';
import { registerRecipients } from './storm/notices.ts';
import { processSeconds } from './storm/processor-share.ts';

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '29000' },
    stations: { type: 'string', default: '6000' },
    seconds: { type: 'string', default: '30' },
    browsers: { type: 'string', default: '20' },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
});
const fleet = {
  districts: 41,
  stations: Number(values.stations),
  cameras: Number(values.cameras),
};
const stormMs = 5_000;
const sliceMs = 100;
/** With a profile the plans of slower statements are kept. */
const slowStatementMs = 100;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ids = Array.from({ length: fleet.cameras }, (_, index) => index + 1);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Looks every 200 ms, so that looking costs little; seconds from `sinceMs` until it holds. */
async function secondsUntil(holds: () => Promise<boolean>, sinceMs: number): Promise<number> {
  const deadlineMs = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within two minutes');
    await pause(200);
  }
  return (Date.now() - sinceMs) / 1_000;
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Tells every camera's fact twice, in any order, evenly over the storm; returns when it is over. */
async function tellTwice(tell: (cameraIds: readonly number[]) => void): Promise<number> {
  const events = shuffled([...ids, ...ids]);
  const slices = stormMs / sliceMs;
  const perSlice = Math.ceil(events.length / slices);
  const beganMs = Date.now();
  for (let slice = 0; slice < slices; slice++) {
    tell(events.slice(slice * perSlice, (slice + 1) * perSlice));
    const waitMs = beganMs + (slice + 1) * sliceMs - Date.now();
    if (waitMs > 0) await pause(waitMs);
  }
  return Date.now();
}

async function count(sql: Sql, query: string): Promise<number> {
  const [row] = await sql.unsafe<{ n: number }[]>(`select count(*)::int as n from ${query}`);
  return row?.n ?? -1;
}

/** The peer: one change, one transaction. Changes a second. */
async function runPerEvent(sql: Sql): Promise<number> {
  const changes = ids.slice(0, Math.min(400, ids.length)).map((cameraId) => ({
    cameraId,
    recording: false,
    version: 0,
    state: { ...initialCameraState(Date.now()), kind: 'FAILED' as const },
    transitions: [],
  }));
  const beganMs = performance.now();
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let index = lane; index < changes.length; index += 8) {
      await storeCameraStates(sql, changes.slice(index, index + 1), Date.now());
    }
  });
  await Promise.all(lanes);
  return changes.length / ((performance.now() - beganMs) / 1_000);
}

const folder = mkdtempSync(join(tmpdir(), 'nigehban-bench-storm-'));
const log = { info: () => {}, warn: () => {} };
let postgres = await startEmbeddedPostgres({ dataFolder: folder, log });
if (values.profile !== undefined) {
  const first = openDatabase(postgres.url, { maxConnections: 1 });
  await first.unsafe(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
  await first.unsafe(`alter system set pg_stat_statements.track = 'all'`);
  await first.unsafe('create extension pg_stat_statements');
  await first.unsafe(`alter system set session_preload_libraries = 'auto_explain'`);
  await first.unsafe(`alter system set auto_explain.log_min_duration = '${slowStatementMs}ms'`);
  await first.unsafe('alter system set auto_explain.log_nested_statements = on');
  await first.end();
  await postgres.stop();
  postgres = await startEmbeddedPostgres({ dataFolder: folder, log });
}
const redis = await startEmbeddedRedis({ dataFolder: folder, log });
const sql = openDatabase(postgres.url, { maxConnections: 8 });
await migrate(sql);
await seedFleet(sql, fleet);
await sql`update camera set streams = ${sql.json(toJson(testStreams))}, has_snapshot = true`;
const now = Date.now();
await sql`
  insert into phase_entry (election_id, phase, starts_at) values (1, 'poll', ${now - 3_600_000})`;
await sql`analyze`;
const [place] = await sql<
  { folder: string }[]
>`select setting as folder from pg_settings where name = 'data_directory'`;
const postmaster = Number(
  readFileSync(`${place?.folder}/postmaster.pid`, 'utf8').split('\n', 1)[0],
);
const server = fork(join(import.meta.dirname, 'storm/server-process.ts'), {
  env: { ...process.env, STORM_DATABASE_URL: postgres.url, STORM_REDIS_URL: redis.url },
  execArgv: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});

let spent = { server: 0, database: 0 };
/** Says what the stage that ends here took of the processor, and with a profile which statements. */
const sayProcessorTime = async (stage: string) => {
  const total = {
    server: processSeconds(server.pid ?? 0),
    database: processSeconds(postmaster),
  };
  say(
    `${stage}: server ${(total.server - spent.server).toFixed(1)} s, PostgreSQL ${(total.database - spent.database).toFixed(1)} s of processor time`,
  );
  spent = total;
  if (values.profile === undefined) return;
  const statements = await sql`
    select calls::int, round(total_exec_time)::int as ms, toplevel, left(query, 150) as query
    from pg_stat_statements order by total_exec_time desc limit 40`;
  const name = `statements-${stage.replaceAll(' ', '-')}.json`;
  writeFileSync(join(values.profile, name), JSON.stringify(statements, null, 1));
  await sql`select pg_stat_statements_reset()`;
};

try {
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  say(`${cpus().length} × ${cpus()[0]?.model}; Node ${process.version}`);
  say(`${fleet.cameras} cameras in ${fleet.stations} stations of ${fleet.districts} districts`);
  const gateway = startFakeGateway(url, {
    'gateway.check': async () => ({
      kind: 'unreachable',
      fault: 'CAMERA_UNREACHABLE',
      evidence: 'no route to host',
    }),
    // Who came back says who it is, as far as these know it.
    'gateway.identify': async () => ({
      identity: { manufacturer: 'Bench', model: '', firmware: '', serial: null, mac: null },
      clockOffsetMs: 0,
    }),
  });
  const recipients = await registerRecipients(
    url,
    await sql<{ code: string; division: string | null }[]>`select code, division from district`,
  );
  const node = startFakeMediaNode(url);
  const browsers = await openBrowsers(url, Number(values.browsers));
  await secondsUntil(async () => node.orders().length === ids.length, Date.now());
  node.flowing(ids);
  const online = () => count(sql, `camera_state where kind = 'ONLINE'`);
  await secondsUntil(async () => (await online()) === ids.length, Date.now());
  await pause(5_000);

  await sayProcessorTime('start');

  const toldMs = await tellTwice((some) => node.down(some, 'CAMERA_UNREACHABLE'));
  const blind = () => count(sql, `alert where closed_at is null and kind = 'BLIND'`);
  const stored = await secondsUntil(async () => (await blind()) === fleet.stations, toldMs);
  say(`all alerts stored after ${stored.toFixed(2)} s`);
  await sayProcessorTime('storm until then');
  const loose = `alert where closed_at is null and incident_id is null`;
  const grouped = await secondsUntil(async () => (await count(sql, loose)) === 0, toldMs);
  say(`all of them in an incident after ${grouped.toFixed(2)} s`);
  await pause(6_000);
  await sayProcessorTime('until told');
  const incidents = await count(sql, 'incident where closed_at is null');
  const causes = await sql<{ causeKind: string; stations: number }[]>`
    select cause_kind, stations from incident where closed_at is null`;
  say(`incidents: ${causes.map((one) => `${one.causeKind} ${one.stations}`).join(', ')}`);
  const backMs = await tellTwice((some) => node.flowing(some));
  const open = () => count(sql, 'alert where closed_at is null');
  const closed = await secondsUntil(async () => (await open()) === 0, backMs);
  say(`all alerts closed after ${closed.toFixed(2)} s`);
  // A message may wait for its companions for 5 s.
  await pause(8_000);
  await sayProcessorTime('return');
  const notices = recipients.heard();
  say(`${notices.all} messages; ${notices.silent} recipients heard nothing`);
  recipients.close();
  const leftOpen =
    (await open()) +
    (await count(sql, 'incident where closed_at is null')) +
    (await count(
      sql,
      `(select e.alert_id from alert_event e join alert a on a.id = e.alert_id
        where e.step = 'closed' group by e.alert_id, a.reopened having count(*) > 1 + a.reopened) x`,
    ));

  // What the storm left behind is tidied up first: it is not a cost of the changes that follow.
  await sql`vacuum analyze`;
  const vacuums = `pg_stat_activity where backend_type = 'autovacuum worker'`;
  await secondsUntil(async () => (await count(sql, vacuums)) === 0, Date.now());
  await sayProcessorTime('tidying');

  // A camera that goes down makes two changes (suspected, then down), one that returns a third.
  const seconds = Number(values.seconds);
  const perSlice = Math.ceil((1_000 / 3 / 1_000) * sliceMs);
  const queue = shuffled(ids);
  const back: { readonly dueMs: number; readonly some: readonly number[] }[] = [];
  const transitions = () => count(sql, 'camera_transition');
  const run = async (forMs: number) => {
    const untilMs = Date.now() + forMs;
    while (Date.now() < untilMs) {
      const sliceEndMs = Date.now() + sliceMs;
      const some = Array.from({ length: perSlice }, () => queue[cursor++ % queue.length] ?? 1);
      node.down(some, 'CAMERA_UNREACHABLE');
      back.push({ dueMs: Date.now() + 2_000, some });
      while (back[0] !== undefined && back[0].dueMs <= Date.now()) {
        const due = back.shift();
        if (due !== undefined) node.flowing(due.some);
      }
      await pause(Math.max(0, sliceEndMs - Date.now()));
    }
  };
  let cursor = 0;
  await run(7_000);
  await sayProcessorTime('warming up');
  browsers.begin();
  const before = {
    atMs: performance.now(),
    server: processSeconds(server.pid ?? 0),
    database: processSeconds(postmaster),
    changes: await transitions(),
  };
  await run(seconds * 1_000);
  const elapsed = (performance.now() - before.atMs) / 1_000;
  const serverSeconds = processSeconds(server.pid ?? 0) - before.server;
  const databaseSeconds = processSeconds(postmaster) - before.database;
  const perSecond = ((await transitions()) - before.changes) / elapsed;
  await sayProcessorTime('steady');
  const share = (seconds: number) => seconds / elapsed / (perSecond / 1_000);
  if (perSecond === 0) throw new Error('no change was stored while 1,000 a second came');
  const worst = browsers.worst();
  say(
    `steady: ${Math.round(perSecond)} changes a second, ${worst.heardByLeast} heard by each browser`,
  );
  browsers.close();
  await node.link.stop();
  await gateway.stop();
  server.kill('SIGTERM');
  await once(server, 'exit');

  if (values.profile !== undefined) {
    copyFileSync(join(folder, 'postgres', 'server.log'), join(values.profile, 'postgres.log'));
  }
  const peer = await runPerEvent(sql);
  say(`peer: ${Math.round(peer)} changes a second, one in a transaction`);
  reportFigures(
    'storm',
    [
      compare('alerts-stored', stored, 's', (2 * ids.length) / peer),
      measure('incidents-open', incidents, 'incidents'),
      measure('notifications-per-recipient', notices.most, 'messages'),
      measure('alerts-closed', closed, 's'),
      measure('left-open', leftOpen, 'alerts'),
      measure('steady-core-share', share(serverSeconds + databaseSeconds), 'cores for 1,000/s'),
      measure('steady-server-share', share(serverSeconds), 'cores for 1,000/s'),
      measure('steady-database-share', share(databaseSeconds), 'cores for 1,000/s'),
      measure('ws-lag', worst.lagSeconds, 's'),
    ],
    process.argv,
  );
} finally {
  if (server.exitCode === null) server.kill('SIGKILL');
  await sql.end({ timeout: 2 });
  await redis.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
