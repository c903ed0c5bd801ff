import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildList, listCsv, spoilRows } from '@nigehban/server/testing/plan-lists.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testPassword,
} from '@nigehban/server/testing/test-services.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCommand } from '../cli-arguments.ts';
import { runImportDistricts } from './import-districts.ts';
import { runImport } from './import-plan.ts';

let services: TestServices;
let server: TestServer;
let folder: string;
const environment = { NIGEHBAN_PASSWORD: testPassword };

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  folder = await mkdtemp(join(tmpdir(), 'nigehban-import-'));
});

afterAll(async () => {
  await server?.stop();
  await services?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(file: string, ...options: string[]): Promise<{ done: boolean; said: string }> {
  const command = parseCommand(['import', file, '--server', server.url, ...options]);
  if (command.kind !== 'import') throw new Error(command.kind);
  const lines: string[] = [];
  const done = await runImport(command, environment, (line) => lines.push(line));
  return { done, said: lines.join('\n') };
}

test('a dry run names the bad rows and writes nothing; --apply writes the good ones, once', async () => {
  const file = join(folder, 'lahore.csv');
  await writeFile(file, listCsv(spoilRows(buildList(60)).rows));
  const dry = await run(file);
  expect(dry.done).toBe(false);
  expect(dry.said).toContain('60 rows, 57 good, 3 left out');
  expect(dry.said).toContain(
    'row 21, district_code "Lahroe": There is no district Lahroe (block UNKNOWN_DISTRICT)',
  );
  expect(dry.said).not.toContain('Plan-2024');
  expect(await server.sql`select id from camera`).toHaveLength(0);

  await expect(run(file, '--apply')).rejects.toMatchObject({ code: 'PLAN_BLOCKED' });
  const applied = await run(file, '--apply', '--set-aside');
  expect(applied).toMatchObject({
    done: true,
    said: expect.stringContaining('57 rows are applied'),
  });
  expect(await server.sql`select id from camera`).toHaveLength(57);
  const again = await run(file, '--apply', '--set-aside');
  expect(again.said).toContain('nothing was written');

  const rows = spoilRows(buildList(60)).rows.map((row) => ({ ...row, feeder: 'LESCO-9' }));
  await writeFile(file, listCsv(rows));
  const changed = await run(file, '--apply', '--set-aside');
  expect(changed.said).toContain('12 changed, 0 unchanged, 12 with another uplink or feeder');
  expect(changed.said).toMatch(/LHR +\+0 .*, 3 with another uplink or feeder/);
  const feeders = await server.sql`select distinct feeder from station`;
  expect(feeders).toEqual([{ feeder: 'LESCO-9' }]);
});

test('a wrong password, a missing file and a server that is none are told by their codes', async () => {
  const file = join(folder, 'lahore.csv');
  const command = parseCommand(['import', file, '--server', server.url]);
  if (command.kind !== 'import') throw new Error(command.kind);
  await expect(runImport(command, { NIGEHBAN_PASSWORD: 'wrong' }, () => {})).rejects.toMatchObject({
    code: 'SIGN_IN_REFUSED',
  });
  await expect(run(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await expect(
    runImport({ ...command, server: 'http://127.0.0.1:9' }, environment, () => {}),
  ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('a list of districts: the report names what would be, --apply writes it, --remove not the used ones', async () => {
  const file = join(folder, 'districts.csv');
  const runList = async (...options: string[]) => {
    const command = parseCommand(['import-districts', file, '--server', server.url, ...options]);
    if (command.kind !== 'import-districts') throw new Error(command.kind);
    const lines: string[] = [];
    const done = await runImportDistricts(command, environment, (line) => lines.push(line));
    return { done, said: lines.join('\n') };
  };
  const head = 'Code,District,District (Urdu),Division';
  const codes = async () =>
    (await server.sql<{ code: string }[]>`select code from district order by code`).map(
      ({ code }) => code,
    );
  const before = await codes();
  await writeFile(file, `${head}\nWAH,Wah,واہ,Rawalpindi\nL-1,Lahore,,Lahore\n`);
  const dry = await runList();
  expect(dry.done).toBe(false);
  expect(dry.said).toContain('+ WAH Wah (Rawalpindi)');
  expect(dry.said).toContain('row 3, code "L-1": Two to eight letters and digits');
  expect(dry.said).toContain('row 3, name_ur: Missing (FIELD_MISSING)');
  await expect(runList('--apply')).rejects.toMatchObject({ code: 'DISTRICT_LIST_INVALID' });
  expect(await codes()).toEqual(before);

  await writeFile(file, `${head}\nWAH,Wah,واہ,Rawalpindi\n`);
  expect(await runList('--apply')).toMatchObject({
    done: true,
    said: expect.stringContaining('the list is applied'),
  });
  expect(await codes()).toEqual([...before, 'WAH'].sort());
  await expect(runList('--apply', '--remove')).rejects.toMatchObject({ code: 'DISTRICT_IN_USE' });
  expect((await runList('--apply')).said).toContain('everything is as the list says already');
});
