import { expect, test } from 'vitest';
import { parsePlan } from './parse-plan.ts';

const fields = {
  district_code: 'lhr',
  constituency: 'NA-117',
  station_no: '42',
  station_name: 'Govt Girls School',
  station_name_ur: 'گورنمنٹ گرلز سکول',
  category: 'A',
  station_type: 'female',
  lat: '31.55',
  lon: '74.34',
  placement: 'booth',
  booth: '2',
  camera_no: '1',
  serial: 'SN1',
  mac: 'AA-BB-CC-00-11-22',
  address: '192.0.2.7',
  onvif_port: '',
  username: 'admin',
  password: 'x',
};
type Fields = typeof fields;

function plan(...rows: Partial<Fields>[]) {
  const lines = rows.map((row) => Object.values({ ...fields, ...row }).join(','));
  return parsePlan([Object.keys(fields).join(','), ...lines].join('\n'), new Set(['LHR']));
}

test('a row becomes a station and a camera with the codes of the field', () => {
  const parsed = plan({});
  expect(parsed.errors).toEqual([]);
  expect(parsed.stations).toEqual([
    {
      code: 'GE24-NA117-PS042',
      districtCode: 'LHR',
      constituency: 'NA-117',
      number: 42,
      name: 'Govt Girls School',
      nameUr: 'گورنمنٹ گرلز سکول',
      category: 'HIGHLY_SENSITIVE',
      stationType: 'FEMALE',
      lat: 31.55,
      lon: 74.34,
      ppConstituency: null,
      ppNumber: null,
      categoryFrom: null,
      categoryTo: null,
      permanence: null,
      voters: null,
      boothsMale: null,
      boothsFemale: null,
      buildingName: null,
      buildingNameUr: null,
      uplink: null,
      feeder: null,
    },
  ]);
  expect(parsed.cameras).toEqual([
    {
      row: 2,
      code: 'GE24-NA117-PS042-B2-C1',
      stationCode: 'GE24-NA117-PS042',
      placement: 'BOOTH',
      booth: 2,
      boothType: null,
      serial: 'SN1',
      mac: 'aa:bb:cc:00:11:22',
      address: '192.0.2.7',
      onvifPort: 80,
      username: 'admin',
      password: 'x',
    },
  ]);
});

const bad: [keyof Fields, Partial<Fields>][] = [
  ['district_code', { district_code: 'XYZ' }],
  ['constituency', { constituency: 'PP-5' }],
  ['station_no', { station_no: '0' }],
  ['station_no', { station_no: '4.5' }],
  ['station_name', { station_name: '' }],
  ['category', { category: 'D' }],
  ['station_type', { station_type: 'X' }],
  ['lat', { lat: '91' }],
  ['lon', { lon: '' }],
  ['placement', { placement: 'ROOF' }],
  ['booth', { booth: '100' }],
  ['camera_no', { camera_no: '' }],
  ['mac', { mac: 'no' }],
  ['address', { address: '192.0.2.300' }],
  ['address', { address: 'http://192.0.2.1/' }],
  ['onvif_port', { onvif_port: '70000' }],
  ['username', { username: '' }],
  ['serial', { serial: 'x'.repeat(257) }],
];

test.each(bad)('the field %s is named when it is wrong (%j)', (field, row) => {
  const parsed = plan(row);
  expect(parsed.errors).toEqual([{ row: 2, field, message: expect.any(String) }]);
  expect(parsed.cameras).toEqual([]);
});

test('a camera, serial or MAC that comes again is an error of the later row', () => {
  const other = { camera_no: '2', serial: 'SN2', mac: 'aa:bb:cc:00:11:23' };
  const parsed = plan(
    {},
    {},
    { ...other, serial: 'SN1' },
    { ...other, mac: 'aabbcc001122' },
    other,
    { ...other, camera_no: '3', serial: 'SN3', mac: '', station_name: 'Another' },
  );
  expect(parsed.errors.map(({ row, field }) => [row, field])).toEqual([
    [3, 'camera_no'],
    [4, 'serial'],
    [5, 'mac'],
    [7, 'station_name'],
  ]);
  expect(parsed.cameras.map((camera) => camera.row)).toEqual([2, 6]);
});
