import { expect, test } from 'vitest';
import {
  headerSignature,
  isSecretColumn,
  missingColumns,
  planColumnKeys,
  recognizeColumns,
} from './plan-columns.ts';

test('headings are recognised as the product, the commission and Urdu lists write them', () => {
  expect(recognizeColumns([...planColumnKeys])).toEqual(
    Object.fromEntries(planColumnKeys.map((column, index) => [column, index])),
  );
  expect(
    recognizeColumns([
      'District',
      'No. & Name of Constituency',
      'PS No.',
      'Name of Polling Station',
      'Male/Female/Combined',
    ]),
  ).toMatchObject({ district_code: 0, station_no: 2, station_name: 3, station_type: 4 });
  expect(recognizeColumns(['ضلع', 'حلقہ نمبر', 'پولنگ اسٹیشن نمبر', 'کیمرا نمبر'])).toEqual({
    district_code: 0,
    constituency: 1,
    station_no: 2,
    camera_no: 3,
  });
  expect(recognizeColumns(['IP Address', 'S/N', 'MAC-ID', 'GPS Latitude', 'whatever'])).toEqual({
    address: 0,
    serial: 1,
    mac: 2,
    lat: 3,
  });
  expect(recognizeColumns(['11 kV Feeder', 'ISP'])).toEqual({ feeder: 0, uplink: 1 });
  expect(recognizeColumns(['بجلی کا فیڈر', 'نیٹ ورک لنک'])).toEqual({ feeder: 0, uplink: 1 });
});

test('the first of two equal headings counts; what is missing is named', () => {
  expect(recognizeColumns(['Serial', 'serial no'])).toEqual({ serial: 0 });
  expect(missingColumns({ district_code: 0 })).toContain('camera_no');
});

test('a signature forgets case and punctuation, not order', () => {
  expect(headerSignature(['PS No.', 'NA'])).toBe(headerSignature(['ps no', ' na ']));
  expect(headerSignature(['NA', 'PS No.'])).not.toBe(headerSignature(['PS No.', 'NA']));
});

test('columns of credentials are known by mapping or by heading', () => {
  expect(isSecretColumn({ password: 1 }, ['a', 'b'], 1)).toBe(true);
  expect(isSecretColumn({}, ['Cam PWD', 'b'], 0)).toBe(true);
  expect(isSecretColumn({}, ['Cam PWD', 'b'], 1)).toBe(false);
});
