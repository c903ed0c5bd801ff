import { expect, test } from 'vitest';
import { type CheckedDistrict, checkPlan, isGoodRow } from './plan-checks.ts';
import type { PlanColumn } from './plan-columns.ts';
import { type PlanIssueCode, planIssueCodes, planIssueSeverities } from './plan-issues.ts';
import { indexDistricts, readPlanRow } from './plan-rows.ts';

type Row = Partial<Record<PlanColumn, string>>;

const districts: (CheckedDistrict & { name: string; nameUr: string })[] = [
  {
    code: 'LHR',
    name: 'Lahore',
    nameUr: 'لاہور',
    lat: 31.56,
    lon: 74.35,
    seatRanges: [[117, 130]],
  },
  { code: 'KSR', name: 'Kasur', nameUr: 'قصور', lat: 31.12, lon: 74.45, seatRanges: [[131, 134]] },
  { code: 'TMP', name: 'Provisional', nameUr: '', lat: null, lon: null, seatRanges: null },
];
const names = indexDistricts(districts);

/** Clean rows: stations of NA-117 and NA-118, one camera each, all different. */
function clean(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    district_code: 'LHR',
    constituency: `NA-${117 + (index % 2)}`,
    pp_constituency: `PP-${145 + (index % 2)}`,
    pp_station_no: String(index + 1),
    station_no: String(index + 1),
    station_name: `School ${index + 1}`,
    station_name_ur: 'سکول',
    category: 'A',
    station_type: 'COMBINED',
    voters: '1200',
    booths_male: '2',
    booths_female: '1',
    lat: (31.5 + index / 1_000).toFixed(4),
    lon: (74.3 + index / 1_000).toFixed(4),
    placement: 'BOOTH',
    booth: '1',
    camera_no: '1',
    serial: `SN${index}`,
    mac: `02:00:00:00:00:${String(index).padStart(2, '0')}`,
    address: `192.0.2.${index + 1}`,
  }));
}

/** Everything found in the rows, as `row code`; the first row has number 2. */
function findingsOf(rows: readonly Row[]): string[] {
  const read = rows.map((row, index) =>
    readPlanRow(index + 2, (column) => row[column] ?? '', names),
  );
  return [...read.flatMap(({ issues }) => issues), ...checkPlan(read, districts)]
    .map(({ row, code }) => `${row} ${code}`)
    .sort();
}

/** Clean rows with some of them changed. */
const seeded = (changes: Readonly<Record<number, Row>>, count = 12): Row[] =>
  clean(count).map((row, index) => ({ ...row, ...changes[index + 2] }));

test('a clean list has no defects', () => {
  expect(findingsOf(clean(12))).toEqual([]);
});

const seeds: [PlanIssueCode, Row[], string[]][] = [
  ['FIELD_MISSING', seeded({ 3: { station_name: '' } }), ['3 FIELD_MISSING']],
  ['FIELD_INVALID', seeded({ 3: { category: 'very' } }), ['3 FIELD_INVALID']],
  ['CELL_ERROR', seeded({ 3: { voters: '#REF!' } }), ['3 CELL_ERROR']],
  ['UNKNOWN_DISTRICT', seeded({ 4: { district_code: 'Lahroe' } }), ['4 UNKNOWN_DISTRICT']],
  [
    'DUPLICATE_STATION_NUMBER',
    seeded({ 4: { station_no: '1', pp_station_no: '1' } }),
    ['4 DUPLICATE_CAMERA', '4 DUPLICATE_STATION_NUMBER'],
  ],
  [
    'STATION_ROWS_DIFFER',
    [
      ...clean(12),
      { ...clean(1)[0], category: 'B', camera_no: '2', serial: 'X', mac: '', address: '' },
    ],
    ['14 STATION_ROWS_DIFFER'],
  ],
  ['DUPLICATE_CAMERA', [...clean(12), clean(1)[0] ?? {}], ['14 DUPLICATE_CAMERA']],
  [
    'DUPLICATE_SERIAL',
    seeded({ 5: { serial: 'SN0' } }),
    ['2 DUPLICATE_SERIAL', '5 DUPLICATE_SERIAL'],
  ],
  [
    'DUPLICATE_MAC',
    seeded({ 5: { mac: '02-00-00-00-00-00' } }),
    ['2 DUPLICATE_MAC', '5 DUPLICATE_MAC'],
  ],
  ['DUPLICATE_ADDRESS', seeded({ 5: { address: '192.0.2.1' } }), ['5 DUPLICATE_ADDRESS']],
  ['GPS_MISSING', seeded({ 6: { lat: '', lon: '' } }), ['6 GPS_MISSING']],
  ['GPS_OUTSIDE_PUNJAB', seeded({ 6: { lat: '24.86', lon: '67.00' } }), ['6 GPS_OUTSIDE_PUNJAB']],
  ['GPS_FAR', seeded({ 6: { lat: '30.2', lon: '71.48' } }), ['6 GPS_FAR']],
  ['CONSTITUENCY_UNKNOWN', seeded({ 6: { constituency: 'NA-250' } }), ['6 CONSTITUENCY_UNKNOWN']],
  [
    'CONSTITUENCY_OUTSIDE_DISTRICT',
    seeded({ 6: { constituency: 'NA-131', pp_constituency: '' } }),
    ['6 CONSTITUENCY_OUTSIDE_DISTRICT'],
  ],
  ['NA_PP_MISMATCH', seeded({ 3: { pp_constituency: 'PP-300' } }), ['3 NA_PP_MISMATCH']],
  ['BOOTHS_IMPLAUSIBLE', seeded({ 7: { booths_male: '22' } }), ['7 BOOTHS_IMPLAUSIBLE']],
];

test.each(seeds)('%s is found where it was put, and nothing else', (_code, rows, expected) => {
  expect(findingsOf(rows)).toEqual(expected);
});

test('one point for many stations is told once', () => {
  const rows = clean(12).map((row) => ({ ...row, lat: '31.5', lon: '74.3' }));
  expect(findingsOf(rows)).toEqual(['2 SHARED_BUILDING']);
});

test('a station in the wrong one of two seats is told by what the other stations say', () => {
  const rows = clean(60).map((row, index) => ({
    ...row,
    pp_constituency: 'PP-145',
    constituency: index === 30 ? 'NA-118' : 'NA-117',
    mac: '',
  }));
  expect(findingsOf(rows)).toEqual(['32 NA_PP_MISMATCH']);
  const twice = seeded({ 4: { pp_constituency: 'PP-145', pp_station_no: '1' } });
  expect(findingsOf(twice)).toEqual(['4 NA_PP_MISMATCH']);
});

test('booths are held against the type, the voters and the cameras', () => {
  expect(findingsOf(seeded({ 2: { station_type: 'MALE' } }))).toEqual(['2 BOOTHS_IMPLAUSIBLE']);
  expect(findingsOf(seeded({ 2: { voters: '9000' } }))).toEqual(['2 BOOTHS_IMPLAUSIBLE']);
  expect(findingsOf(seeded({ 2: { booth: '5' } }))).toEqual(['2 BOOTHS_IMPLAUSIBLE']);
  expect(findingsOf(seeded({ 2: { booths_male: '0', booths_female: '0' } }))).toEqual([
    '2 BOOTHS_IMPLAUSIBLE',
  ]);
});

test('warnings leave a row in, everything else leaves it out', () => {
  const row = readPlanRow(2, (column) => clean(1)[0]?.[column] ?? '', names);
  for (const code of planIssueCodes) {
    const issue = {
      row: 2,
      column: 'lat',
      code,
      value: '',
      message: '',
      about: '',
      districtCode: null,
    } as const;
    expect([code, isGoodRow(row, [issue])]).toEqual([
      code,
      planIssueSeverities[code] === 'warning',
    ]);
  }
});

test('districts go by code, English and Urdu name; values as spreadsheets and people write them', () => {
  const read = (row: Row) =>
    readPlanRow(2, (column) => ({ ...clean(1)[0], ...row })[column] ?? '', names);
  for (const district of ['lhr', 'LAHORE', 'لاہور', ' Lahore ']) {
    expect(read({ district_code: district }).station?.districtCode).toBe('LHR');
  }
  const { station, camera, issues } = read({
    constituency: 'NA-117 Lahore-I',
    station_no: '42.0',
    voters: '1,269',
    category: 'انتہائی حساس',
    category_from: '20/1/2024',
    station_type: 'زنانہ',
    placement: 'Count table',
    pp_constituency: 'pp 145',
    booths_male: '',
  });
  expect(issues).toEqual([]);
  expect(station).toMatchObject({
    code: 'GE24-NA117-PS042',
    voters: 1_269,
    category: 'HIGHLY_SENSITIVE',
    categoryFrom: '2024-01-20',
    stationType: 'FEMALE',
    ppConstituency: 'PP-145',
  });
  expect(camera?.placement).toBe('COUNT_TABLE');
  expect(read({ category_from: '30/2/2024' }).issues[0]).toMatchObject({ column: 'category_from' });
});

test('a password is never part of an issue', () => {
  const { issues } = readPlanRow(
    2,
    (column) => ({ ...clean(1)[0], username: '', password: 'hunter2' })[column] ?? '',
    names,
  );
  expect(issues).toHaveLength(1);
  expect(JSON.stringify(issues)).not.toContain('hunter2');
});

test('cameras of one station that name different feeders are told, with what stands there', () => {
  const rows = clean(1).flatMap((row) => [
    { ...row, uplink: 'PTCL 1', feeder: 'F-1' },
    { ...row, uplink: 'PTCL 1', feeder: 'F-2', camera_no: '2', serial: '', mac: '', address: '' },
    { ...row, uplink: '', feeder: 'F-1', camera_no: '3', serial: '', mac: '', address: '' },
  ]);
  const read = rows.map((row, index) =>
    readPlanRow(index + 2, (column) => (row as Row)[column] ?? '', names),
  );
  const found = checkPlan(read, districts).map(({ row, column, code, value, about }) => [
    ...[row, column, code],
    ...[value, about],
  ]);
  expect(found).toEqual([
    [3, 'feeder', 'STATION_ROWS_DIFFER', 'F-2', '2'],
    [4, 'uplink', 'STATION_ROWS_DIFFER', '', '2'],
  ]);
});

test('an issue names the other row that it is about', () => {
  const read = seeded({ 5: { serial: 'SN0', mac: 'x' }, 7: { address: '192.0.2.1' } }).map(
    (row, index) => readPlanRow(index + 2, (column) => row[column] ?? '', names),
  );
  const about = checkPlan(read, districts).map(({ row, code, about: other }) => [row, code, other]);
  expect(about).toEqual([
    [7, 'DUPLICATE_ADDRESS', '2'],
    [2, 'DUPLICATE_SERIAL', '5'],
    [5, 'DUPLICATE_SERIAL', '2'],
  ]);
});
