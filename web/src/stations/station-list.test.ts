import type { CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import { expect, test } from 'vitest';
import { buildFleetIndex, searchFleet } from '../palette/fleet-search.ts';
import { foldText, listDistricts, listStations } from './station-list.ts';

const station = (code: string, more: Partial<StationView>): StationView =>
  ({
    code,
    name: `School ${code}`,
    nameUr: 'گورنمنٹ ہائی اسکول',
    districtCode: 'LHR',
    district: 'Lahore',
    districtUr: 'لاہور',
    constituency: 'NA-117',
    state: 'OK',
    sinceMs: null,
    ...more,
  }) as StationView;

const stations = [
  station('PS-1', {}),
  station('PS-2', { state: 'PARTIAL', sinceMs: 500 }),
  station('PS-3', { state: 'BLIND', sinceMs: 900 }),
  station('PS-4', { state: 'PARTIAL', sinceMs: 100 }),
  station('PS-10', { districtCode: 'MUL', district: 'Multan', districtUr: 'ملتان' }),
];
const codes = (filter: Parameters<typeof listStations>[1]): readonly string[] =>
  listStations(stations, filter).map((found) => found.code);

test('the worst come first, of equals the longest lost, then by code', () => {
  expect(codes({})).toEqual(['PS-3', 'PS-4', 'PS-2', 'PS-1', 'PS-10']);
});

test('text, district and state narrow the list together', () => {
  expect(codes({ district: 'MUL' })).toEqual(['PS-10']);
  expect(codes({ state: 'PARTIAL', q: 'ps-2' })).toEqual(['PS-2']);
  expect(codes({ q: 'لاهور school' })).toHaveLength(4);
  expect(codes({ q: 'nothing like it' })).toEqual([]);
});

test('Arabic keyboards write other letters for the same Urdu words', () => {
  expect(foldText('كيمرا')).toBe(foldText('کیمرا'));
  expect(foldText('لاهور')).toBe(foldText('لاہور'));
  expect(foldText('براہِ راست')).toBe(foldText('براہ راست'));
});

test('districts are listed once, by name', () => {
  expect(listDistricts(stations).map((district) => district.code)).toEqual(['LHR', 'MUL']);
});

test('the palette finds districts, stations and cameras by any of their words', () => {
  const camera = {
    id: 3,
    code: 'PS-10-B2',
    stationCode: 'PS-10',
    placement: 'BOOTH',
  } as CameraView;
  const index = buildFleetIndex(stations, [camera], () => 'Booth 2');
  const keys = (query: string) => searchFleet(index, query, 10).map((finding) => finding.key);
  expect(keys('multan')).toEqual(['district:MUL', 'station:PS-10', 'camera:3']);
  expect(keys('booth 2 ملتان')).toEqual(['camera:3']);
  expect(searchFleet(index, '', 2)).toHaveLength(2);
});
