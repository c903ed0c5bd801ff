import { expect, test } from 'vitest';
import type { PlanColumn } from './plan-columns.ts';
import { indexDistricts, readPlanRow } from './plan-rows.ts';
import {
  checkSupplies,
  findSpelling,
  normalizeSupplyName,
  type SupplyNames,
} from './station-supply.ts';

const names = indexDistricts([{ code: 'LHR', name: 'Lahore', nameUr: 'لاہور' }]);

function read(number: number, given: Partial<Record<PlanColumn, string>>) {
  const row: Partial<Record<PlanColumn, string>> = {
    district_code: 'LHR',
    constituency: 'NA-117',
    station_no: String(number),
    station_name: `School ${number}`,
    category: 'A',
    station_type: 'COMBINED',
    placement: 'REAR',
    camera_no: '1',
    ...given,
  };
  return readPlanRow(number + 1, (column) => row[column] ?? '', names);
}

const spellings = (feeders: readonly string[], stored?: SupplyNames) =>
  checkSupplies(
    feeders.map((feeder, index) => read(index + 1, { feeder })),
    stored,
  ).map(({ row, column, code, value, about }) => [row, column, code, value, about]);

test('a name loses marks and spaces; a placeholder names nothing', () => {
  expect(normalizeSupplyName(' \u200eLESCO\u00a0 F-12\u202c ')).toBe('LESCO F-12');
  expect(normalizeSupplyName('گلبرگ  فیڈر')).toBe('گلبرگ فیڈر');
  for (const word of ['-', '—', 'N/A', 'n.a.', 'NA', 'nil', 'Unknown', '?', 'نامعلوم']) {
    expect([word, normalizeSupplyName(word)]).toEqual([word, '']);
  }
  expect(normalizeSupplyName('NADRA 4')).toBe('NADRA 4');
});

test('a row states both, or what is wrong with them', () => {
  const { station, issues } = read(1, { uplink: ' PTCL  Gulberg ', feeder: 'N/A' });
  expect([station?.uplink, station?.feeder, issues]).toEqual(['PTCL Gulberg', null, []]);
  const long = read(1, { feeder: 'F'.repeat(65), uplink: '#REF!' });
  expect(long.issues.map(({ column, code }) => [column, code])).toEqual([
    ['uplink', 'CELL_ERROR'],
    ['feeder', 'FIELD_INVALID'],
  ]);
});

test('spellings that differ in case, spaces and punctuation are told, the commonest one is right', () => {
  expect(spellings(['LESCO F-12', 'LESCO F-12', 'Lesco F12', 'LESCO F-13'])).toEqual([
    [4, 'feeder', 'SUPPLY_SPELLING', 'Lesco F12', 'LESCO F-12'],
  ]);
});

test('what stations outside the plan are stored with is right, however common another spelling', () => {
  const stored = { uplink: ['lesco f12'], feeder: ['Lesco-F12'] };
  expect(spellings(['LESCO F12', 'LESCO F12', 'Lesco-F12'], stored)).toEqual([
    [2, 'feeder', 'SUPPLY_SPELLING', 'LESCO F12', 'Lesco-F12'],
    [3, 'feeder', 'SUPPLY_SPELLING', 'LESCO F12', 'Lesco-F12'],
  ]);
});

test('a name that differs by its spelling only is found among the known ones', () => {
  const known = ['LESCO F-12', 'MEPCO 3'];
  expect(findSpelling('lesco f12', known)).toBe('LESCO F-12');
  expect(findSpelling('LESCO F-12', known)).toBeNull();
  expect(findSpelling('LESCO F-13', known)).toBeNull();
  expect(findSpelling('-', known)).toBeNull();
});

test('of several cameras of a station only the first speaks', () => {
  const twice = [
    read(1, { feeder: 'f 1' }),
    read(1, { feeder: 'f 1' }),
    read(2, { feeder: 'F-1' }),
  ];
  expect(checkSupplies(twice)).toHaveLength(1);
});
