import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServices, type TestServices } from '../testing/test-services.ts';
import { openDatabase } from './database.ts';
import { migrate, readMigrations } from './migrate.ts';

let services: TestServices;
beforeAll(async () => {
  services = await startTestServices();
}, 60_000);
afterAll(async () => await services?.stop());

test('processes that start together migrate once; a second start changes nothing', async () => {
  const url = await services.createDatabase();
  const pools = [openDatabase(url), openDatabase(url), openDatabase(url)];
  const applied = await Promise.all(pools.map((pool) => migrate(pool)));
  const names = readMigrations().map((migration) => migration.name);
  expect(applied.filter((list) => list.length > 0)).toEqual([names]);
  expect(await migrate(openFirst(pools))).toEqual([]);
  await Promise.all(pools.map((pool) => pool.end()));
});

test('a changed, an unknown and a belated migration are refused; a broken one leaves nothing', async () => {
  const sql = openDatabase(await services.createDatabase());
  const one = { name: '0001-one.sql', text: 'create table one (id int)' };
  const three = { name: '0003-three.sql', text: 'create table three (id int)' };
  await migrate(sql, [one, three]);
  const refused = { code: 'MIGRATION_MISMATCH' };
  await expect(migrate(sql, [{ ...one, text: `${one.text} ` }, three])).rejects.toMatchObject(
    refused,
  );
  await expect(migrate(sql, [one])).rejects.toMatchObject(refused);
  const two = { name: '0002-two.sql', text: 'create table two (id int)' };
  await expect(migrate(sql, [one, two, three])).rejects.toMatchObject(refused);
  const broken = { name: '0004-broken.sql', text: 'create table four (id int); select nonsense' };
  await expect(migrate(sql, [one, three, broken])).rejects.toThrow('nonsense');
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public'
    order by 1`;
  expect(tables.map((table) => table.name)).toEqual(['one', 'schema_migration', 'three']);
  await sql.end();
});

function openFirst<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error('empty');
  return first;
}
