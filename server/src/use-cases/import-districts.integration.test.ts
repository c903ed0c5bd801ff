import type { DistrictImportReport } from '@nigehban/domain/api/district-types.ts';
import type { ErrorBody } from '@nigehban/domain/api/http-types.ts';
import { formatCsv } from '@nigehban/domain/csv-rows.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDistricts } from '../store/district-store.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../testing/test-services.ts';
import { addDistrictsOf } from './import-districts.ts';

/** A list of districts over HTTP and a real PostgreSQL; the test server began with the product's own. */
let services: TestServices;
let server: TestServer;
let cookie: string;
const bundled = new URL('../../../config/src/data/punjab_districts.csv', import.meta.url).pathname;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  await addDistrictsOf(server.sql, bundled);
  cookie = await server.signIn('administrator');
});

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

type Row = readonly [code: string, name: string, nameUr: string, division: string];

async function load(
  rows: readonly Row[],
  query: Readonly<Record<string, string>> = {},
  as = cookie,
): Promise<DistrictImportReport> {
  const search = new URLSearchParams(query).toString();
  const answer = await fetch(`${server.url}/api/districts/import?${search}`, {
    method: 'POST',
    headers: { cookie: as, 'content-type': 'application/octet-stream' },
    body: formatCsv([['code', 'name', 'nameUr', 'division'], ...rows]),
  });
  const body: unknown = await answer.json();
  if (!answer.ok) throw Object.assign(new Error('refused'), (body as ErrorBody).error);
  return body as DistrictImportReport;
}

async function listed(): Promise<Row[]> {
  const districts = await readDistricts(server.sql);
  return districts.map(({ code, name, nameUr, division }) => [code, name, nameUr, division]);
}

test('a list is compared, then written at once with an audit entry; again it changes nothing', async () => {
  const before = await listed();
  expect(before).toHaveLength(41);
  const wanted = before
    .filter(([code]) => code !== 'TLG')
    .map((row): Row => (row[0] === 'CHK' ? ['CHK', 'Chakwal City', row[2], row[3]] : row));
  wanted.push(['WAH', 'Wah', 'واہ', 'Rawalpindi']);
  const dry = await load(wanted, { remove: 'true' });
  expect(dry).toMatchObject({
    ...{ rows: 41, unchanged: 39, issues: [], applied: false },
    added: [{ code: 'WAH', division: 'Rawalpindi' }],
    changed: [
      { code: 'CHK', changes: [{ column: 'name', before: 'Chakwal', after: 'Chakwal City' }] },
    ],
    unlisted: [{ code: 'TLG', stations: 0 }],
  });
  expect(await listed()).toEqual(before);

  const order = { apply: 'true', remove: 'true' };
  await expect(load(wanted, { ...order, fingerprint: '0'.repeat(64) })).rejects.toMatchObject({
    code: 'PLAN_CHANGED',
  });
  const done = await load(wanted, { ...order, fingerprint: dry.fingerprint });
  expect(done).toMatchObject({ applied: true, removed: ['TLG'] });
  const after = await listed();
  expect([...after].sort()).toEqual([...wanted].sort());
  const entries = () => server.sql`
    select actor, details from audit_log where action = 'districts.import'`;
  expect(await entries()).toEqual([
    {
      actor: 'administrator',
      details: { added: 'WAH', changed: 'CHK', removed: 'TLG', unchanged: 39 },
    },
  ]);
  // What the list does not state is as it was.
  const [chakwal] = await server.sql`select na_ranges, lat from district where code = 'CHK'`;
  expect(chakwal).toEqual({ naRanges: '58-59', lat: expect.any(Number) });
  expect(await load(wanted, order)).toMatchObject({ added: [], changed: [], unchanged: 41 });
  expect(await entries()).toHaveLength(1);
  // The next start reads the product's own list.
  await addDistrictsOf(server.sql, bundled);
  expect(await listed()).toEqual(after);
});

test('a district with stations is not removed, and then nothing is written', async () => {
  await server.sql`insert into constituency (code) values ('NA-117') on conflict do nothing`;
  await server.sql`
    insert into station (code, constituency_code, number, district_code, name, name_ur, category,
      station_type) values ('S1', 'NA-117', 1, 'LHR', 'School', '', 'NORMAL', 'COMBINED')`;
  const before = await listed();
  const without = before.filter(([code]) => code !== 'LHR' && code !== 'KSR');
  const rows: Row[] = [...without, ['WAD', 'Wadpagga', 'وڈ پگہ', 'Lahore']];
  const dry = await load(rows, { remove: 'true' });
  expect(dry.unlisted.map(({ code, stations }) => [code, stations])).toEqual([
    ['KSR', 0],
    ['LHR', 1],
  ]);
  await expect(load(rows, { apply: 'true', remove: 'true' })).rejects.toMatchObject({
    code: 'DISTRICT_IN_USE',
    details: { districts: 'LHR' },
  });
  expect(await listed()).toEqual(before);
  // Without `remove` they stay, and the rest is written.
  expect(await load(rows, { apply: 'true' })).toMatchObject({ applied: true, removed: [] });
  expect(await listed()).toHaveLength(before.length + 1);
});

test('a district that a phase or a recipient names stays, as a whole', async () => {
  const before = await listed();
  await server.sql`
    insert into notice_recipient (channel, name, target_hint, language, level, district_code,
      min_severity, limit_messages, limit_window_ms, created_at)
    values ('sms', 'DC Kasur', '…', 'en', 'district', 'KSR', 'major', 10, 3600000, now())`;
  const rows = before.filter(([code]) => code !== 'KSR');
  await expect(load(rows, { apply: 'true', remove: 'true' })).rejects.toMatchObject({
    code: 'DISTRICT_IN_USE',
  });
  expect(await listed()).toEqual(before);
});

test('rows with defects are named by their codes and refuse the whole list', async () => {
  const before = await listed();
  const rows: Row[] = [...before, ['lhr', 'Lahore 2', 'x', 'Lahore'], ['QQ', '', 'ق', 'Lahore']];
  const { issues } = await load(rows);
  expect(issues.map(({ row, column, code, about }) => [row, column, code, about])).toEqual([
    [before.length + 2, 'code', 'DUPLICATE_CODE', expect.any(String)],
    [before.length + 3, 'name', 'FIELD_MISSING', ''],
  ]);
  await expect(load(rows, { apply: 'true' })).rejects.toMatchObject({
    code: 'DISTRICT_LIST_INVALID',
    details: { rows: `${before.length + 2}, ${before.length + 3}` },
  });
  expect(await listed()).toEqual(before);
});

test('only administrators may; a file without the columns is refused', async () => {
  const supervisor = await server.signIn('supervisor');
  await expect(load([], {}, supervisor)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  const answer = await fetch(`${server.url}/api/districts/import`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/octet-stream' },
    body: 'code,name\nLHR,Lahore\n',
  });
  expect(await answer.json()).toMatchObject({
    error: { code: 'PLAN_COLUMNS_MISSING', details: { columns: 'name_ur, division' } },
  });
});
