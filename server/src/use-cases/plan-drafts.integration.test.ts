import type {
  PlanDraftView,
  PlanImportView,
  PlanIssuePage,
  PlanRemovedPage,
  PlanRowPage,
} from '@nigehban/domain/api/plan-types.ts';
import type { SupplyListView } from '@nigehban/domain/api/supply-types.ts';
import { formatCsv } from '@nigehban/domain/csv-rows.ts';
import { planColumnKeys } from '@nigehban/domain/plan-columns.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildTemplateXlsx } from '../plan/plan-template.ts';
import { storeBroken } from '../store/identity-doubt-store.ts';
import { lockPlan } from '../store/plan-import-store.ts';
import { storeIdentityChecked } from '../store/registration-store.ts';
import { beatServerProcess } from '../store/server-process-store.ts';
import { buildList, type ListRow, listCsv, spoilRows } from '../testing/plan-lists.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../testing/test-services.ts';

/** Drafts of plans over HTTP and a real PostgreSQL, as the console and the command line use them. */
let services: TestServices;
let server: TestServer;
let cookie: string;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  cookie = await server.signIn('administrator');
});

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const isFile = body instanceof Uint8Array;
  const answer = await fetch(`${server.url}/api/plan${path}`, {
    method,
    headers: {
      cookie,
      ...(body === undefined
        ? {}
        : { 'content-type': isFile ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isFile ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed = text === '' ? null : JSON.parse(text);
  if (!answer.ok) throw Object.assign(new Error(text), parsed.error);
  return parsed as T;
}

async function settled(id: string): Promise<PlanDraftView> {
  return await vi.waitFor(
    async () => {
      const draft = await call<PlanDraftView>('GET', `/drafts/${id}`);
      expect(['reading', 'checking', 'applying']).not.toContain(draft.state);
      return draft;
    },
    { timeout: 30_000, interval: 30 },
  );
}

async function load(
  rows: readonly ListRow[] | Uint8Array,
  name = 'plan.csv',
): Promise<PlanDraftView> {
  const file = rows instanceof Uint8Array ? rows : Buffer.from(listCsv(rows));
  const draft = await call<PlanDraftView>('POST', `/drafts?name=${name}`, file);
  return await settled(draft.id);
}

async function apply(
  draft: PlanDraftView,
  options: { setAside?: string[]; remove?: boolean; goodRows?: number } = {},
): Promise<PlanDraftView> {
  await call('POST', `/drafts/${draft.id}/apply`, {
    revision: draft.revision,
    goodRows: options.goodRows ?? draft.report?.goodRows,
    setAside: options.setAside ?? [],
    remove: options.remove ?? false,
  });
  return await settled(draft.id);
}

/** Everything that a plan writes, row by row. */
async function dump(): Promise<unknown> {
  const tables = [
    'constituency',
    'constituency_district',
    'building',
    'station',
    'station_category',
    'booth',
    'camera',
    'assignment',
  ];
  const contents = await Promise.all(
    tables.map((table) =>
      server.sql.unsafe(`select to_jsonb(t)::text as row from ${table} t order by 1`),
    ),
  );
  return Object.fromEntries(
    tables.map((table, index) => [table, contents[index]?.map(({ row }) => row)]),
  );
}

test('a plan is checked, applied and, loaded again, changes nothing', async () => {
  const rows = buildList(40);
  const draft = await load(rows);
  expect(draft).toMatchObject({
    state: 'ready',
    rows: 40,
    missingColumns: [],
    mappingRemembered: false,
  });
  expect(draft.report).toMatchObject({
    goodRows: 40,
    cameras: { added: 40, changed: 0, moved: 0, removed: 0, unchanged: 0, invalid: 0 },
    stations: { total: 8, added: 8, changed: 0, unchanged: 0 },
  });
  expect(draft.report?.districts.map(({ code, added }) => [code, added]).sort()).toEqual([
    ['FSD', 10],
    ['LHR', 10],
    ['MUL', 10],
    ['RWP', 10],
  ]);
  const applied = await apply(draft);
  expect(applied).toMatchObject({ state: 'applied', fault: null });
  const before = await dump();
  const again = await load(rows);
  expect(again.report?.cameras).toMatchObject({ added: 0, changed: 0, removed: 0, unchanged: 40 });
  expect(again.report?.stations).toMatchObject({ added: 0, changed: 0, unchanged: 8 });
  expect((await apply(again)).state).toBe('applied');
  expect(await dump()).toEqual(before);
  const [latest] = await call<PlanImportView[]>('GET', '/imports');
  expect(latest).toMatchObject({ id: applied.importId, canUndo: true, counts: { added: 40 } });
});

test('credentials are neither shown nor stored in the open', async () => {
  const draft = await load(buildList(5));
  const page = await call<PlanRowPage>('GET', `/drafts/${draft.id}/rows?limit=2`);
  expect(page.total).toBe(5);
  expect(JSON.stringify([draft, page])).not.toContain('Plan-2024');
  expect(page.rows[0]?.cells[planColumnKeys.indexOf('password')]).toBe('••••••');
  const [stored] = await server.sql<{ content: Uint8Array }[]>`
    select content from plan_draft where id = ${draft.id}`;
  expect(Buffer.from(stored?.content ?? []).toString('latin1')).not.toContain('Plan-2024');
  await call('DELETE', `/drafts/${draft.id}`);
  await expect(call('GET', `/drafts/${draft.id}`)).rejects.toMatchObject({
    code: 'PLAN_DRAFT_UNKNOWN',
  });
});

test('moved, changed, added and removed cameras are told apart; undo restores every row', async () => {
  const before = await dump();
  const rows = buildList(45).slice(0, 43);
  const [first, second, third, , fifth] = rows;
  // One is gone, two have changed places, one is at another station, one has another address.
  const changed = rows
    .filter((row) => row !== fifth)
    .map((row) => {
      if (row === first) return { ...row, serial: second?.serial ?? '', mac: second?.mac ?? '' };
      if (row === second) return { ...row, serial: first?.serial ?? '', mac: first?.mac ?? '' };
      if (row === third)
        return { ...row, address: '127.99.0.1', station_name: row.station_name ?? '' };
      return row;
    });
  const draft = await load(changed);
  expect(draft.report?.cameras).toEqual({
    added: 3,
    changed: 1,
    moved: 2,
    removed: 1,
    unchanged: 36,
    invalid: 0,
  });
  const removed = await call<PlanRemovedPage>('GET', `/drafts/${draft.id}/removed`);
  expect(removed).toEqual({ total: 1, cameras: ['GE24-NA117-PS001-C5'] });
  const applied = await apply(draft, { remove: true });
  expect(applied.fault).toBeNull();
  const [moved] = await server.sql<{ id: number; code: string; open: number; ever: number }[]>`
    select c.id, c.code, count(*) filter (where a.valid_to is null)::int as open, count(*)::int as ever
    from camera c join assignment a on a.camera_id = c.id
    where c.serial = ${first?.serial ?? ''} group by c.id`;
  expect(moved).toMatchObject({ code: 'GE24-NA117-PS001-C2', open: 1, ever: 2 });
  const [gone] = await server.sql<{ lifecycle: string; open: number }[]>`
    select lifecycle, (select count(*) from assignment a where a.camera_id = camera.id
      and valid_to is null)::int as open from camera where code = 'GE24-NA117-PS001-C5'`;
  expect(gone).toEqual({ lifecycle: 'retired', open: 0 });
  const [added] = await server.sql<{ id: number }[]>`select max(id) as id from camera`;
  const broken = [added?.id ?? 0, moved?.id ?? 0].map((cameraId) => ({ cameraId, atMs: 1_000 }));
  await storeBroken(server.sql, broken);
  await storeIdentityChecked(server.sql, broken);

  const undone = await call<PlanImportView>('POST', '/undo', { importId: applied.importId });
  expect(undone).toMatchObject({ undoneBy: 'administrator', canUndo: false });
  expect(await dump()).toEqual(before);
  // What was doubted, or known, of who a camera is goes with it.
  const left = [{ cameraId: moved?.id }];
  expect(await server.sql`delete from identity_doubt returning camera_id`).toEqual(left);
  expect(await server.sql`delete from identity_proof returning camera_id`).toEqual(left);
  await expect(call('POST', '/undo', { importId: applied.importId })).rejects.toMatchObject({
    code: 'PLAN_UNDO_UNAVAILABLE',
  });
  const audited = await server.sql`select action from audit_log where action like 'plan.%'
    order by id desc limit 2`;
  expect(audited.map(({ action }) => action)).toEqual(['plan.undo', 'plan.import']);
});

test('undo is refused when what the import wrote was changed since, and nothing is restored', async () => {
  const applied = await apply(await load(buildList(50)));
  await server.sql`update camera set registered_at = now() where code = 'GE24-NA119-PS001-C1'`;
  const before = await dump();
  await expect(call('POST', '/undo', { importId: applied.importId })).rejects.toMatchObject({
    code: 'PLAN_UNDO_UNSAFE',
  });
  expect(await dump()).toEqual(before);
});

test('bad rows are named one by one, set aside by a person, and the good ones applied', async () => {
  const { rows, spoilt } = spoilRows(buildList(1_000));
  const draft = await load(rows);
  const { report } = draft;
  expect(report).toMatchObject({ rows: 1_000, goodRows: 950 });
  const named = new Set<number>();
  for (let offset = 0; ; offset += 20) {
    const page = await call<PlanIssuePage>(
      'GET',
      `/drafts/${draft.id}/issues?offset=${offset}&limit=20`,
    );
    for (const { row, severity } of page.issues) if (severity !== 'warning') named.add(row);
    if (offset + 20 >= page.total) break;
  }
  expect([...named].sort((a, b) => a - b)).toEqual(spoilt);
  const blocked = await apply(draft);
  expect(blocked).toMatchObject({ state: 'ready', fault: { code: 'PLAN_BLOCKED' } });
  const unsure = await apply(draft, { setAside: ['UNKNOWN_DISTRICT'], goodRows: 1_000 });
  expect(unsure).toMatchObject({ state: 'ready', fault: { code: 'PLAN_CHANGED' } });
  const applied = await apply(draft, { setAside: ['UNKNOWN_DISTRICT'] });
  expect(applied).toMatchObject({ state: 'applied', fault: null });
  const again = await load(rows);
  expect(again.report?.cameras).toMatchObject({
    added: 0,
    changed: 0,
    unchanged: 950,
    invalid: 50,
  });
});

test('a cell is corrected in the draft: one row, a whole station, or every equal text', async () => {
  const rows = buildList(1_000).map((row, index) =>
    index < 5 ? { ...row, lat: '51.5', lon: '-0.1' } : index < 8 ? { ...row, category: 'X' } : row,
  );
  const draft = await load(rows);
  expect(draft.report?.defects).toContainEqual({
    code: 'GPS_OUTSIDE_PUNJAB',
    severity: 'block',
    count: 5,
  });
  await call('PATCH', `/drafts/${draft.id}`, {
    edits: [
      { row: 2, column: 'lat', value: '31.5600', scope: 'station' },
      { row: 2, column: 'lon', value: '74.3500', scope: 'station' },
      { row: 7, column: 'category', value: 'A', scope: 'same-value' },
    ],
  });
  const after = await settled(draft.id);
  expect(after).toMatchObject({ state: 'ready', edits: 13, revision: draft.revision + 1 });
  expect(after.report).toMatchObject({ goodRows: 1_000 });
  expect(after.report?.defects.filter(({ severity }) => severity !== 'warning')).toEqual([]);
});

test('uplink and feeder are set by a plan, shown by district, kept without columns, and undone', async () => {
  const supplies = () =>
    server.sql<{ code: string; uplink: string | null; feeder: string | null }[]>`
      select code, uplink, feeder from station where code like 'GE24-NA11%' order by code`;
  // The first tests loaded the list with its supplies.
  const stored = await supplies();
  expect(stored[0]).toMatchObject({ uplink: 'PTCL LHR 1', feeder: 'LHR-F1' });

  const header = planColumnKeys.filter((column) => column !== 'uplink' && column !== 'feeder');
  const lines = buildList(40).map((row) => header.map((column) => row[column] ?? ''));
  const without = await load(Buffer.from(formatCsv([header, ...lines])));
  expect(without.report?.stations).toMatchObject({ changed: 0, resupplied: 0 });
  expect(without.mapping).not.toHaveProperty('feeder');
  const blank = await load(buildList(40).map((row) => ({ ...row, uplink: '-', feeder: '' })));
  expect(blank.report?.stations).toMatchObject({ changed: 0, resupplied: 0 });

  const before = await dump();
  const [first] = buildList(10);
  const moved = buildList(10).map((row, index) => {
    if (row.station_no === first?.station_no && row.constituency === first?.constituency) {
      return { ...row, feeder: index === 1 ? 'LESCO-9' : 'LESCO-10' };
    }
    return { ...row, uplink: 'ptcl fsd 1' };
  });
  const draft = await load(moved);
  expect(draft.report?.defects).toEqual([
    { code: 'STATION_ROWS_DIFFER', severity: 'row', count: 1 },
    { code: 'SUPPLY_SPELLING', severity: 'warning', count: 1 },
  ]);
  const page = await call<PlanIssuePage>('GET', `/drafts/${draft.id}/issues?limit=20`);
  expect(page.issues.find(({ code }) => code === 'SUPPLY_SPELLING')).toMatchObject({
    ...{ row: 7, column: 'uplink', value: 'ptcl fsd 1', about: 'PTCL FSD 1', districtCode: 'FSD' },
  });
  expect(page.issues.find(({ row }) => row === 3)).toMatchObject({
    ...{ column: 'feeder', value: 'LESCO-9', about: '2' },
  });
  await call('PATCH', `/drafts/${draft.id}`, {
    edits: [
      { row: 2, column: 'feeder', value: 'LESCO-10', scope: 'station' },
      { row: 7, column: 'uplink', value: 'PTCL FSD 9', scope: 'same-value' },
    ],
  });
  const ready = await settled(draft.id);
  expect(ready.report).toMatchObject({
    ...{ goodRows: 10, defects: [], stations: { total: 2, changed: 2, resupplied: 2 } },
  });
  expect(ready.report?.districts.map(({ code, resupplied }) => [code, resupplied])).toEqual([
    ['FSD', 1],
    ['LHR', 1],
  ]);
  const applied = await apply(ready);
  expect(applied).toMatchObject({ state: 'applied', fault: null });
  const [latest] = await call<PlanImportView[]>('GET', '/imports');
  expect(latest).toMatchObject({ stations: 2, counts: { added: 0, changed: 0, unchanged: 10 } });
  const after = await supplies();
  expect(after[0]).toMatchObject({ uplink: 'PTCL LHR 1', feeder: 'LESCO-10' });
  await call('POST', '/undo', { importId: applied.importId });
  expect(await dump()).toEqual(before);
});

test('the plan in force is a plan: without credentials, loaded again it changes nothing', async () => {
  const answer = await fetch(`${server.url}/api/plan/current.csv`, { headers: { cookie } });
  const text = await answer.text();
  expect(text).toContain('LHR-F1');
  expect(text).not.toContain('Plan-2024');
  const draft = await load(Buffer.from(text));
  const cameras = (await server.sql`select id from assignment where valid_to is null`).length;
  expect(draft.report).toMatchObject({
    ...{ rows: cameras, goodRows: cameras },
    cameras: { added: 0, changed: 0, moved: 0, removed: 0, unchanged: cameras },
    stations: { added: 0, changed: 0 },
  });
  const one = await fetch(`${server.url}/api/plan/current.csv?district=MUL`, {
    headers: { cookie },
  });
  expect((await one.text()).split('\r\n').filter((line) => line.startsWith('LHR,'))).toEqual([]);
});

test('a station is given its supply by hand: names as in plans, audited, an import below it stays', async () => {
  const station = 'GE24-NA117-PS001';
  const change = async (body: object, code = station, as = cookie) => {
    const answer = await fetch(`${server.url}/api/stations/${code}/supply`, {
      method: 'PATCH',
      headers: { cookie: as, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { error?: { code: string } };
  };
  const moved = buildList(5).map((row) => ({ ...row, feeder: 'LESCO-11' }));
  const applied = await apply(await load(moved));
  expect(await change({ uplink: ' PTCL \u200e 7 ' })).toEqual({
    ...{ stationCode: station, uplink: 'PTCL 7', feeder: 'LESCO-11' },
  });
  expect((await change({ feeder: 'N/A' })).error?.code).toBe('REQUEST_INVALID');
  expect((await change({ feeder: null }, 'GE24-NA1-PS9')).error?.code).toBe('STATION_UNKNOWN');
  const supervisor = await server.signIn('supervisor');
  expect((await change({ feeder: null }, station, supervisor)).error?.code).toBe(
    'PERMISSION_DENIED',
  );
  const read = async <T>(path: string) =>
    (await (
      await fetch(`${server.url}/api/${path}`, { headers: { cookie: supervisor } })
    ).json()) as T;
  expect(await read(`stations/${station}`)).toMatchObject({ uplink: 'PTCL 7', feeder: 'LESCO-11' });
  const { uplinks } = await read<SupplyListView>('supplies');
  expect(uplinks).toContainEqual({ name: 'PTCL 7', stations: 1 });
  const [entry] = await server.sql`
    select subject, details from audit_log where action = 'station.supply' order by id desc limit 1`;
  expect(entry).toEqual({
    subject: station,
    details: {
      ...{ uplink: 'PTCL 7', uplinkBefore: 'PTCL LHR 1' },
      ...{ feeder: 'LESCO-11', feederBefore: 'LESCO-11' },
    },
  });
  await expect(call('POST', '/undo', { importId: applied.importId })).rejects.toMatchObject({
    code: 'PLAN_UNDO_UNSAFE',
  });
  await change({ uplink: 'PTCL LHR 1' });
  await call('POST', '/undo', { importId: applied.importId });
  expect(await read(`stations/${station}`)).toMatchObject({ feeder: 'LHR-F1' });
});

test('unknown headings are mapped by a person once; the next file takes the mapping over', async () => {
  const header = planColumnKeys.map((column) => (column === 'station_no' ? 'Sr. of PS' : column));
  const file = Buffer.from(`\ufeff${listCsv(buildList(10), header)}`, 'utf16le');
  const draft = await load(file);
  expect(draft).toMatchObject({ state: 'mapping', missingColumns: ['station_no'], report: null });
  expect(draft.sample[0]?.[planColumnKeys.indexOf('password')]).toBe('');
  await expect(
    call('PUT', `/drafts/${draft.id}/mapping`, { mapping: draft.mapping }),
  ).rejects.toMatchObject({ code: 'PLAN_COLUMNS_MISSING' });
  const mapping = { ...draft.mapping, station_no: header.indexOf('Sr. of PS') };
  await call('PUT', `/drafts/${draft.id}/mapping`, { mapping });
  expect((await settled(draft.id)).report?.goodRows).toBe(10);
  expect(await load(file)).toMatchObject({ state: 'ready', mappingRemembered: true });
});

test('a transaction that fails half way leaves nothing', async () => {
  const before = await dump();
  await server.sql`create function fail_now() returns trigger language plpgsql as
    $$ begin raise exception 'disk on fire'; end $$`;
  await server.sql`create trigger fail_now before insert on assignment
    for each row when (new.placement = 'STRONGROOM') execute function fail_now()`;
  const rows = buildList(1_010).map((row, index) =>
    index === 1_009 ? { ...row, placement: 'STRONGROOM' } : row,
  );
  const draft = await load(rows);
  const failed = await apply(draft);
  expect(failed).toMatchObject({ state: 'ready', fault: { code: 'INTERNAL' } });
  expect(await dump()).toEqual(before);
  await server.sql`drop trigger fail_now on assignment`;
});

test('while a plan is applied the processes renew their leases', async () => {
  const lease = await server.sql.begin(async (tx) => {
    await lockPlan(tx);
    // Within the transaction: were it the same lock, this would wait for its end.
    return await beatServerProcess(server.sql, 'beside-an-import', [], 10_000);
  });
  expect(lease.servers).toContain('beside-an-import');
});

test('the template workbook is itself a plan; a broken file is refused with its reason', async () => {
  const draft = await load(await buildTemplateXlsx(), 'template.xlsx');
  expect(draft).toMatchObject({ format: 'xlsx', state: 'ready', rows: 2 });
  expect(draft.report?.goodRows).toBe(2);
  expect((await apply(draft)).fault).toBeNull();
  const [station] = await server.sql`
    select uplink, feeder from station where code = 'GE24-NA117-PS042'`;
  expect(station).toEqual({ uplink: 'PTCL Shahdara', feeder: 'LESCO Shahdara-2' });
  const broken = await load(Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 1, 2]));
  expect(broken).toMatchObject({ state: 'failed', fault: { code: 'PLAN_FILE_INVALID' } });
  const binary = await load(Buffer.from([0xc3, 0x28, 0x00, 0x01, 0x02]));
  expect(binary).toMatchObject({ state: 'failed', fault: { code: 'PLAN_FILE_INVALID' } });
});
