import type {
  AlertReport,
  AvailabilityReport,
  CauseReport,
} from '@nigehban/domain/api/report-types.ts';
import { reportDayOf, spanOfReportDay } from '@nigehban/domain/report-days.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../store/migrate.ts';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../testing/test-services.ts';
import { countReportDays, defaultCountTimes } from './build-report-days.ts';
import { createLongReads } from './long-reads.ts';

const hourMs = 3_600_000;
let services: TestServices;
let server: TestServer;
/** Yesterday, which is over: 00:00 in Pakistan. */
let dayMs: number;
let day: string;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services, { reportWithinMs: 3_000 });
  await server.importPlan(planOf(2, 3));
  day = reportDayOf(Date.now() - 24 * hourMs);
  dayMs = spanOfReportDay(day).fromMs;
  await writeDay();
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

const atMs = (hours: number) => dayMs + hours * hourMs;

/** Six cameras: what each lived through yesterday, as the recorder and the monitor would note it. */
async function writeDay(): Promise<void> {
  const { sql } = server;
  await migrate(sql);
  await sql`update assignment set valid_from = ${atMs(0)}`;
  await sql`
    insert into phase_entry (election_id, district_code, phase, starts_at)
    values (1, null, 'poll', ${atMs(-48)}), (1, 'LHR', 'count', ${atMs(17)})`;
  const move = (
    camera: number,
    hours: number,
    from: string,
    to: string,
    fault: string | null,
  ) => sql`
    insert into camera_transition (camera_id, at, from_kind, to_kind, fault)
    values (${camera}, ${atMs(hours)}, ${from}, ${to}, ${fault})`;
  for (let camera = 1; camera <= 6; camera++) await move(camera, -1, 'UNKNOWN', 'ONLINE', null);
  // 1: down for two hours of poll. 2: down, announced. 3: thought down by mistake, recorded all the time.
  await move(1, 10, 'ONLINE', 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  await move(1, 12, 'UNREACHABLE', 'ONLINE', null);
  await move(2, 18, 'ONLINE', 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  await move(2, 20, 'UNREACHABLE', 'ONLINE', null);
  await move(3, 14, 'ONLINE', 'UNREACHABLE', 'CAMERA_TIMEOUT');
  await move(3, 15, 'UNREACHABLE', 'ONLINE', null);
  const record = (camera: number, from: number, to: number) => sql`
    insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256, flags, codec)
    select ${camera}, (${atMs(from)}::bigint + m * 60000) * 1000,
      (${atMs(from)}::bigint + (m + 1) * 60000) * 1000, m, 'n1', 1, 1, '\\x00', 0, 'avc1'
    from generate_series(0, ${(to - from) * 60 - 1}::int) m`;
  await record(1, 0, 10);
  await record(1, 12, 24);
  await record(2, 0, 18);
  await record(2, 20, 24);
  await record(3, 0, 24);
  // 4: a disk of ours was full. 5: covered, while it was recorded. 6: the system did not watch.
  await record(4, 0, 23);
  await record(5, 0, 24);
  await move(5, 22, 'ONLINE', 'COVERED', 'CAMERA_COVERED');
  await record(6, 0, 6);
  await record(6, 7, 24);
  await sql`
    insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
    values (4, ${atMs(23) * 1000}, ${atMs(24) * 1000}, 9999, 'n1', 'disk')`;
  await sql`
    insert into watch_gap (node_id, from_at, to_at) values (null, ${atMs(5)}, ${atMs(7)})`;
  const [station] = await sql<{ code: string }[]>`
    select s.code from station s join assignment a on a.station_id = s.id where a.camera_id = 2`;
  await sql`
    insert into expected_dark (kind, scope_kind, scope_key, starts_at, ends_at, reason, created_by, created_at)
    values ('load-shedding', 'station', ${station?.code ?? ''}, ${atMs(18)}, ${atMs(19)}, 'announced',
      'a test', ${atMs(0)})`;
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    headers: { cookie: await server.signIn('supervisor') },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

async function countAll(nowMs: number): Promise<string[]> {
  const done: string[] = [];
  for (;;) {
    const order = await countReportDays(server.sql, nowMs, defaultCountTimes, async () => true);
    if (order === null) return done;
    done.push(`${order.kind} ${order.day === day ? 'the day' : order.day}`);
  }
}

const range = (extra = '') => `fromMs=${dayMs}&toMs=${atMs(24)}${extra}`;
const hours = (time: number) => Math.round((time / hourMs) * 1_000) / 1_000;

test('a day is counted in steps, and once more from all its facts: the same comes out', async () => {
  // At noon of the day, then hour by hour as the server would.
  // Two processes at once: what one counts, the other leaves.
  for (let hour = 12; hour <= 25; hour += 0.5) {
    await Promise.all([countAll(atMs(hour)), hour % 4 === 0 ? countAll(atMs(hour)) : null]);
  }
  const path = `/api/reports/availability?${range('&groupBy=camera')}`;
  const first = await get<AvailabilityReport>(path);
  expect(await countAll(atMs(31))).toContain('close the day');
  const second = await get<AvailabilityReport>(path);
  expect(second.rows).toEqual(first.rows);
  expect(await countAll(atMs(31))).toEqual([]);
  const byCamera = new Map(second.rows.map((row) => [row.cameraId, row]));
  const of = (camera: number) => {
    const row = byCamera.get(camera);
    if (row === undefined) throw new Error(`camera ${camera} is missing`);
    return row;
  };
  expect(hours(of(1).downMs)).toBe(2);
  expect(of(1).outages).toBe(1);
  expect(of(1).availabilityPercent).toBeCloseTo((22 / 24) * 100);
  expect([hours(of(2).downMs), hours(of(2).expectedMs), of(2).outages]).toEqual([1, 1, 0]);
  expect([hours(of(3).downMs), hours(of(3).recordedMs)]).toEqual([0, 24]);
  expect([hours(of(4).downMs), hours(of(4).notRecordedOursMs)]).toEqual([0, 1]);
  expect([hours(of(5).downByCauseMs.view), hours(of(5).recordedMs)]).toEqual([2, 24]);
  expect([hours(of(6).oursMs), hours(of(6).upMs)]).toEqual([1, 23]);
  expect(second.rows[0]?.downMs).toBe(2 * hourMs);
});

test('rows of every group add up to the total; phases split the day', async () => {
  for (const groupBy of ['district', 'station', 'camera', 'phase', 'day']) {
    const { rows, total, rowsInAll } = await get<AvailabilityReport>(
      `/api/reports/availability?${range(`&groupBy=${groupBy}`)}`,
    );
    const sum = rows.reduce((all, row) => all + row.observedMs, 0);
    expect([groupBy, hours(sum)]).toEqual([groupBy, 6 * 24]);
    expect([groupBy, total.cameras, rowsInAll]).toEqual([groupBy, 6, rows.length]);
  }
  const phases = await get<AvailabilityReport>(
    `/api/reports/availability?${range('&groupBy=phase')}`,
  );
  expect(phases.rows.map((row) => [row.key, hours(row.observedMs)])).toEqual([
    ['count', 42],
    ['poll', 102],
  ]);
  // ENTRANCE, BOOTH, COUNT_TABLE: the table is not required before the count, the entrance always.
  const required = await get<AvailabilityReport>(
    `/api/reports/availability?${range('&groupBy=phase&required=true')}`,
  );
  expect(required.rows.map((row) => [row.key, row.cameras])).toEqual([
    ['count', 6],
    ['poll', 4],
  ]);
  const none = await get<AvailabilityReport>(
    `/api/reports/availability?fromMs=${atMs(-24 * 9)}&toMs=${atMs(-24 * 8)}`,
  );
  expect(none).toMatchObject({ rows: [], missingDays: [expect.any(String)] });
  expect(none.total.availabilityPercent).toBeNull();
});

test('what came late is in when the day is counted once more', async () => {
  const { sql } = server;
  const before = await get<AvailabilityReport>(`/api/reports/availability?${range()}`);
  await sql`
    insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256, flags, codec)
    select 1, (${atMs(10)}::bigint + m * 60000) * 1000, (${atMs(10)}::bigint + (m + 1) * 60000) * 1000,
      m, 'n1', 1, 1, '\\x00', 0, 'avc1' from generate_series(0, 59) m`;
  await sql`update availability_progress set closed_at = null where day = ${day}::date`;
  await countAll(atMs(31));
  const after = await get<AvailabilityReport>(`/api/reports/availability?${range()}`);
  expect(hours(before.total.downMs - after.total.downMs)).toBe(1);
  expect(after.total.observedMs).toBe(before.total.observedMs);
});

test('alerts are timed by what their events say; causes are ranked', async () => {
  const { sql } = server;
  const stations = await sql<{ id: number }[]>`select id from station order by id`;
  const [one, two] = stations.map((row) => row.id);
  const open = async (station: number | undefined, expected: boolean) => {
    const [row] = await sql<{ id: number }[]>`
      insert into alert (station_id, kind, opened_at, cameras, down, lost_placements, causes, since,
        phase, closed_at, expected_id)
      values (${station ?? 0}, 'BLIND', ${atMs(8)}, 3, 3, '{}', '[]', ${atMs(8)}, 'poll', ${atMs(9)},
        ${expected ? sql`(select id from expected_dark limit 1)` : null}) returning id`;
    return row?.id ?? 0;
  };
  const step = (alert: number, at: number, name: string) => sql`
    insert into alert_event (alert_id, at, step) values (${alert}, ${at}, ${name})`;
  const first = await open(one, false);
  await step(first, atMs(8), 'opened');
  await step(first, atMs(8) + 60_000, 'acknowledged');
  await step(first, atMs(8) + 600_000, 'closed');
  await step(first, atMs(9), 'reopened');
  const second = await open(two, true);
  await step(second, atMs(8), 'opened');
  const report = await get<AlertReport>(`/api/reports/alerts?${range('&groupBy=severity')}`);
  expect(report.rows).toMatchObject([
    {
      ...{ key: 'critical', opened: 3, reopened: 1, expected: 1, acknowledged: 1, open: 2 },
      ...{ mttaMs: 60_000, mttrMs: 600_000, districtCode: null },
    },
  ]);
  const districts = await get<AlertReport>(`/api/reports/alerts?${range()}`);
  expect(districts.rows).toMatchObject([{ key: 'LHR', district: 'Lahore', opened: 3 }]);
  await sql`
    insert into incident (kind, cause_kind, cause_key, started_at, opened_at, closed_at, stations,
      of_stations, peak_stations, evidence)
    values ('OUTAGE', 'feeder', 'F-1', ${atMs(-1)}, ${atMs(-1)}, ${atMs(2)}, 0, 9, 7, '[]')`;
  const causes = await get<CauseReport>(`/api/reports/causes?${range()}`);
  expect(causes.faults[0]).toMatchObject({
    ...{ state: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE', times: 2, cameras: 2 },
  });
  expect(causes.incidents).toEqual([
    { causeKind: 'feeder', causeKey: 'F-1', incidents: 1, durationMs: 2 * hourMs, peakStations: 7 },
  ]);
  expect(hours(causes.downByCauseMs.view)).toBe(2);
});

test('tables open rightly in spreadsheets and carry no formulas', async () => {
  await server.sql`update station set name = '=HYPERLINK("http://x","a"),b' where number = 1`;
  const read = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`, {
      headers: { cookie: await server.signIn('supervisor') },
    });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toMatch(/attachment; filename=".*\.csv"/);
    return Buffer.from(await answer.arrayBuffer()).toString('utf8');
  };
  const text = await read(`/api/reports/availability.csv?${range('&groupBy=station')}`);
  expect(text.startsWith('\uFEFFkey,district_code,')).toBe(true);
  expect(text).toContain(`"'=HYPERLINK(""http://x"",""a""),b"`);
  expect(text).toContain('سکول');
  expect(text.trimEnd().split('\r\n').at(-1)).toMatch(/^total,/);
  for (const path of ['alerts.csv', 'causes.csv']) {
    expect(await read(`/api/reports/${path}?${range()}`)).toContain('\r\n');
  }
});

test('ranges that are none, and districts that are not, are refused', async () => {
  for (const query of [
    `fromMs=${atMs(1)}&toMs=${atMs(0)}`,
    `fromMs=0&toMs=${atMs(1)}`,
    `${range('&district=NOWHERE')}`,
    `${range('&groupBy=colour')}`,
  ]) {
    await expect(get(`/api/reports/availability?${query}`)).rejects.toThrow(/400/);
  }
});

test('a report that takes too long is given up with a fault that says so, and leaves its connection well', async () => {
  const read = createLongReads(server.sql, { withinMs: 150, atOnce: 1 });
  const sleeps = read((tx) => tx`select pg_sleep(20)`);
  const next = read(
    (tx) => tx<{ timeout: string }[]>`
    select current_setting('statement_timeout') as timeout`,
  );
  await expect(sleeps).rejects.toMatchObject({
    code: 'REPORT_TOO_LONG',
    details: { withinMs: 150 },
  });
  expect((await next)[0]?.timeout).toBe('150ms');
  const [row] = await server.sql<{ timeout: string }[]>`
    select current_setting('statement_timeout') as timeout`;
  expect(row?.timeout).toBe('0');
  await expect(read((tx) => tx`select 1 / 0`)).rejects.toMatchObject({ code: '22012' });
  await expect(read((tx) => tx`delete from availability_day`)).rejects.toMatchObject({
    code: '25006',
  });
});

test('over HTTP it is a fault of the request that names what to ask for instead', async () => {
  const lock = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  // Whoever reads waits for whoever holds the table: as long as a report that reads very much.
  const holding = server.sql.begin(async (tx) => {
    await tx`lock table camera_transition in access exclusive mode`;
    held.resolve();
    await lock.promise;
  });
  await held.promise;
  try {
    const answer = await fetch(`${server.url}/api/reports/causes?${range()}`, {
      headers: { cookie: await server.signIn('supervisor') },
    });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ error: { code: 'REPORT_TOO_LONG' } });
  } finally {
    lock.resolve();
    await holding;
  }
});
