import { expect, test } from 'vitest';
import { diffDistricts, readDistrictList, type StoredDistrict } from './district-list.ts';

const header = ['Code', 'District', 'nameUr', 'Division', 'NA', 'lat', 'lon'];
const lahore = ['lhr', ' Lahore ', 'لاہور', 'Lahore', '117-130', '31.55', '74.34'];
const kasur = ['KSR', 'Kasur', 'قصور', 'Lahore', '', '', ''];

const read = (...rows: readonly (readonly string[])[]) =>
  readDistrictList(
    header,
    rows.map((cells, index) => ({ row: index + 2, cells })),
    ['TMP'],
  );
const defectsOf = (...rows: readonly (readonly string[])[]) =>
  read(...rows).issues.map(({ row, column, code, about }) => [row, column, code, about]);
/** Lahore's row with some of its cells changed. */
const but = (changes: Readonly<Record<number, string>>) =>
  lahore.map((cell, index) => changes[index] ?? cell);

const stored = (over: Partial<StoredDistrict> = {}): StoredDistrict => ({
  code: 'LHR',
  name: 'Lahore',
  nameUr: 'لاہور',
  division: 'Lahore',
  lat: 31.55,
  lon: 74.34,
  naRanges: '117-130',
  stations: 4,
  ...over,
});

test('rows become districts; what the list does not state is null', () => {
  const list = read(lahore, kasur);
  expect(list.issues).toEqual([]);
  expect(list.districts).toEqual([
    {
      ...{ row: 2, code: 'LHR', name: 'Lahore', nameUr: 'لاہور', division: 'Lahore' },
      ...{ lat: 31.55, lon: 74.34, naRanges: '117-130' },
    },
    {
      ...{ row: 3, code: 'KSR', name: 'Kasur', nameUr: 'قصور', division: 'Lahore' },
      ...{ lat: null, lon: null, naRanges: null },
    },
  ]);
  expect(readDistrictList(['code', 'name'], [], []).missingColumns).toEqual([
    'name_ur',
    'division',
  ]);
});

test('defects are told by row, column and code', () => {
  expect(defectsOf(but({ 0: '' }), but({ 0: 'L-1' }), but({ 0: 'tmp' }))).toEqual([
    [2, 'code', 'FIELD_MISSING', ''],
    [3, 'code', 'FIELD_INVALID', ''],
    [4, 'code', 'CODE_RESERVED', ''],
  ]);
  expect(defectsOf(but({ 1: '', 2: '#REF!', 3: 'x'.repeat(81) }))).toEqual([
    [2, 'name', 'FIELD_MISSING', ''],
    [2, 'name_ur', 'FIELD_INVALID', ''],
    [2, 'division', 'FIELD_INVALID', ''],
  ]);
  expect(defectsOf(but({ 4: 'NA-117', 6: '' }), but({ 5: '24.8', 6: '67.0' }))).toEqual([
    [2, 'na', 'FIELD_INVALID', ''],
    [2, 'lon', 'FIELD_MISSING', ''],
    [3, 'lat', 'FIELD_INVALID', ''],
  ]);
  expect(defectsOf(lahore, but({ 1: 'Other', 2: 'x' }), but({ 0: 'LH2', 1: 'LAHORE.' }))).toEqual([
    [3, 'code', 'DUPLICATE_CODE', '2'],
    [4, 'name', 'DUPLICATE_NAME', '2'],
  ]);
});

test('a list is held against what is stored', () => {
  const there = [stored(), stored({ code: 'SKP', name: 'Sheikhupura', nameUr: 'شیخوپورہ' })];
  const diff = diffDistricts(read(but({ 3: 'Lahore Division', 4: '' }), kasur), there, false);
  expect(diff.added.map(({ code }) => code)).toEqual(['KSR']);
  expect(diff.changed.map(({ district, changes }) => [district.code, changes])).toEqual([
    ['LHR', [{ column: 'division', before: 'Lahore', after: 'Lahore Division' }]],
  ]);
  expect(diff.unlisted.map(({ code }) => code)).toEqual(['SKP']);
  expect([diff.unchanged, diff.issues]).toEqual([0, []]);
  expect(diffDistricts(read(lahore), [stored()], false)).toMatchObject({
    ...{ added: [], changed: [], unchanged: 1, unlisted: [] },
  });
});

test('a name of a district that stays is refused, of one that goes is free', () => {
  const renamed = read(but({ 0: 'LH2' }));
  const codes = (stations: number, removes: boolean) =>
    diffDistricts(renamed, [stored({ stations })], removes).issues.map(({ code, about }) => [
      code,
      about,
    ]);
  expect(codes(0, false)).toEqual([['NAME_TAKEN', 'LHR']]);
  expect(codes(0, true)).toEqual([]);
  expect(codes(3, true)).toEqual([['NAME_TAKEN', 'LHR']]);
});
