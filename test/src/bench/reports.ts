/**
 * `npm run bench:reports`: what it costs to count a province's camera time, and to report on it: one
 * step of ten minutes for all cameras from their segments, gaps and transitions, then reports over
 * days that are counted.
 *
 * `--cameras N` (default 29,000) · `--days N` (default 30, of the reports) · `--json FILE`
 */
import { parseArgs } from 'node:util';
import type { AvailabilityReport } from '@nigehban/domain/api/report-types.ts';
import { reportDayOf, spanOfReportDay } from '@nigehban/domain/report-days.ts';
import { openDatabase } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { seedFleet } from '@nigehban/server/testing/seed-fleet.ts';
import { startTestServices } from '@nigehban/server/testing/test-services.ts';
import { buildAvailabilityReport } from '@nigehban/server/use-cases/build-report.ts';
import { countReportDays } from '@nigehban/server/use-cases/build-report-days.ts';
import { createLongReads } from '@nigehban/server/use-cases/long-reads.ts';
import { measure, reportFigures } from './report.ts';

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '29000' },
    days: { type: 'string', default: '30' },
    json: { type: 'string' },
  },
});
const cameras = Number(values.cameras);
const days = Number(values.days);
const minuteMs = 60_000;
const times = { settleMs: 360_000, stepMs: 600_000, longestMs: 3_600_000, lateMs: 6 * 3_600_000 };

const services = await startTestServices();
const sql = openDatabase(await services.createDatabase(), { maxConnections: 4 });
await migrate(sql);
await seedFleet(sql, { districts: 41, stations: Math.ceil(cameras / 4.83), cameras });
const dayMs = spanOfReportDay(reportDayOf(Date.now())).fromMs;
await sql`update assignment set valid_from = ${dayMs - 400 * 86_400_000}`;
// Half an hour of recording, a segment a minute; one camera of fifty is down for ten minutes of it.
await sql`
  insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256, flags, codec)
  select c, (${dayMs}::bigint + m * 60000) * 1000, (${dayMs}::bigint + (m + 1) * 60000) * 1000, m, 'n1',
    1, 1, '\\x00', 0, 'avc1'
  from generate_series(0, 29) m, generate_series(1, ${cameras}::int) c
  where not (c % 50 = 0 and m between 12 and 21)`;
await sql`
  insert into camera_transition (camera_id, at, from_kind, to_kind, fault)
  select c, ${dayMs - minuteMs}::timestamptz, 'UNKNOWN', 'ONLINE', null from generate_series(1, ${cameras}::int) c
  union all select c, ${dayMs + 12 * minuteMs}::timestamptz, 'ONLINE', 'UNREACHABLE', 'CAMERA_UNREACHABLE'
    from generate_series(50, ${cameras}::int, 50) c
  union all select c, ${dayMs + 22 * minuteMs}::timestamptz, 'UNREACHABLE', 'ONLINE', null
    from generate_series(50, ${cameras}::int, 50) c`;
await sql`insert into availability_progress (day, done_until)
  values (${reportDayOf(dayMs)}::date, ${dayMs + 10 * minuteMs})`;
await sql`analyze`;

const step = async () => {
  const startMs = performance.now();
  const order = await countReportDays(sql, dayMs + 26 * minuteMs, times, async () => true);
  if (order?.kind !== 'add') throw new Error('nothing was counted');
  return (performance.now() - startMs) / 1_000;
};
const stepS = await step();

// Days before, as they would be counted.
for (let back = 1; back < days; back++) {
  const day = reportDayOf(dayMs - back * 86_400_000);
  await sql`
    insert into availability_day
    select 86400000, 86000000, 400000, 0, 0, 0, 400000, 0, 0, 0, 0, 86000000, 0, ${day}::date, camera_id,
      station_id, 1, true, placement, 'poll' from assignment where valid_to is null`;
  await sql`insert into availability_progress values (${day}::date, ${dayMs}::timestamptz, ${dayMs}::timestamptz)`;
}
await sql`analyze availability_day`;
const report = async (groupBy: AvailabilityReport['groupBy'], span: number) => {
  const startMs = performance.now();
  const made = await buildAvailabilityReport(
    createLongReads(sql, { withinMs: 600_000, atOnce: 1 }),
    {
      ...{ fromMs: dayMs - (span - 1) * 86_400_000, toMs: dayMs + 3_600_000 },
      ...{ groupBy, district: null, phase: null, requiredOnly: false, limit: 500 },
    },
    dayMs + 3_600_000,
  );
  if (made.total.cameras !== cameras) throw new Error('cameras are missing in the report');
  return (performance.now() - startMs) / 1_000;
};
const figures = [
  measure('count-10-minutes', stepS, 's'),
  measure('share-of-time', stepS / 600, 'core'),
  measure('report-day-by-camera', await report('camera', 1), 's'),
  measure('report-week-by-district', await report('district', 7), 's'),
  measure(`report-${days}-days-by-station`, await report('station', days), 's'),
];
const [size] = await sql<{ mb: number }[]>`
  select (pg_total_relation_size('availability_day') / 1e6 / ${days})::float8 as mb`;
reportFigures(
  'reports',
  [...figures, measure('stored-per-day', size?.mb ?? 0, 'MB')],
  values.json === undefined ? [] : ['--json', values.json],
);
await sql.end();
await services.stop();
