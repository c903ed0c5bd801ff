import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAlertGroups } from '../store/alert-rank-store.ts';
import { readAlerts } from '../store/alert-store.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { seedFleet } from '../testing/seed-fleet.ts';
import { startTestServices, type TestServices } from '../testing/test-services.ts';
import { readWorstAlerts } from './worst-alerts.ts';

/** 1,600 open alerts of many weights, some expected, and closed ones beside them. */
const stations = 800;
let services: TestServices;
let sql: Sql;

beforeAll(async () => {
  services = await startTestServices();
  sql = openDatabase(await services.createDatabase(), { maxConnections: 2 });
  await migrate(sql);
  await seedFleet(sql, { districts: 4, stations, cameras: stations });
  const [dark] = await sql<{ id: number }[]>`
    insert into expected_dark (kind, scope_kind, scope_key, starts_at, ends_at, reason, created_by,
      created_at)
    values ('load-shedding', 'province', '', now(), now() + interval '1 day', 'announced', 'a test', now())
    returning id`;
  await sql`
    insert into alert (station_id, kind, opened_at, since, closed_at, cameras, down, lost_placements,
      missing_placements, causes, phase, coverage, expected_id)
    select s.id, k, now(), now(), case when n = 2 then now() end, 7, 1 + s.id % 7,
      (array['ENTRANCE', 'REAR', 'BOOTH', 'QUEUE', 'COUNT_TABLE'])[1:1 + s.id % 5],
      (array['BOOTH', 'QUEUE'])[1:s.id % 3], '[]',
      (array['drill', 'poll', 'count', 'custody'])[1 + s.id / 7 % 4], (s.id % 8) / 7.0,
      case when s.id % 11 = 0 then ${dark?.id ?? 0}::int end
    from generate_series(1, 2) n, station s, unnest(array['BLIND', 'TAMPERED']) k`;
  await sql`analyze`;
}, 60_000);

afterAll(async () => {
  await sql?.end({ timeout: 2 });
  await services?.stop();
});

const worstOfAll = async (filter: Parameters<typeof readWorstAlerts>[1]) =>
  [...(await readAlerts(sql, { ...filter, limit: 1_000_000 }))]
    .sort((a, b) => b.rank - a.rank || b.id - a.id)
    .slice(0, filter.limit);

test('the worst alerts are those that sorting all of them gives', async () => {
  for (const filter of [
    { state: 'open', limit: 1 },
    { state: 'open', limit: 200 },
    { state: 'open', limit: 100, before: 2_900 },
    { state: 'closed', limit: 50 },
    { limit: 50 },
  ] as const) {
    const worst = await readWorstAlerts(sql, filter);
    expect(worst.length, JSON.stringify(filter)).toBe(filter.limit);
    expect(worst).toEqual(await worstOfAll(filter));
  }
  expect(await readWorstAlerts(sql, { state: 'open', incidentId: 1, limit: 10 })).toEqual([]);
});

test('what is read for it grows with the kinds of weight, not with the alerts', async () => {
  const limit = 3;
  const groups = await readAlertGroups(sql, { state: 'open', limit });
  const inAll = groups.flatMap(({ ids }) => ids).length;
  expect(inAll).toBeLessThanOrEqual(groups.length * limit);
  // As many again, closed ones of the same weights.
  const both = await readAlertGroups(sql, { limit });
  expect(both).toHaveLength(groups.length);
});
