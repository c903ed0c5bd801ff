import { expect, test } from 'vitest';
import type { PlanInForceRow } from '../store/plan-export-store.ts';
import { parsePlan } from './parse-plan.ts';
import { formatPlanInForce } from './plan-in-force.ts';

const row = (cameraCode: string, over: Partial<PlanInForceRow> = {}): PlanInForceRow => ({
  code: 'GE24-NA117-PS042',
  districtCode: 'LHR',
  constituency: 'NA-117',
  number: 42,
  name: 'School, "Main" Road',
  nameUr: 'سکول',
  category: 'SENSITIVE',
  stationType: 'COMBINED',
  lat: 31.6211,
  lon: 74.2824,
  ppConstituency: 'PP-145',
  ppNumber: 17,
  categoryFrom: '2024-01-20',
  categoryTo: null,
  permanence: 'TEMPORARY',
  voters: 1_269,
  boothsMale: 2,
  boothsFemale: 1,
  buildingName: 'School',
  buildingNameUr: null,
  uplink: 'PTCL 1',
  feeder: 'LESCO-9',
  cameraCode,
  placement: 'REAR',
  booth: null,
  boothType: null,
  serial: `SN-${cameraCode}`,
  mac: null,
  address: '192.0.2.7',
  onvifPort: 8_080,
  ...over,
});

test('what is written is read back as it was', () => {
  const booth = { booth: 2, placement: 'BOOTH', boothType: 'FEMALE' } as const;
  const rows = [row('GE24-NA117-PS042-C3'), row('GE24-NA117-PS042-B2-C1', booth)];
  const plan = parsePlan(formatPlanInForce(rows), new Set(['LHR']));
  expect(plan.errors).toEqual([]);
  const {
    cameraCode,
    placement,
    booth: _,
    boothType,
    serial,
    mac,
    address,
    onvifPort,
    ...station
  } = row('GE24-NA117-PS042-C3');
  expect(plan.stations).toEqual([station]);
  const camera = { stationCode: station.code, mac, address, onvifPort };
  const entry = { username: null, password: null };
  expect(plan.cameras).toEqual([
    {
      ...{ row: 2, code: cameraCode, serial, placement, boothType },
      ...camera,
      ...entry,
      booth: null,
    },
    {
      ...{ row: 3, code: 'GE24-NA117-PS042-B2-C1', serial: 'SN-GE24-NA117-PS042-B2-C1' },
      ...{ ...booth, ...camera, ...entry },
    },
  ]);
});

test('a name that a spreadsheet would run is guarded', () => {
  const text = formatPlanInForce([row('GE24-NA117-PS042-C1', { name: '=1+1', feeder: '@x' })]);
  expect(text).toContain(",'=1+1,");
  expect(text).toContain(",'@x,");
});

test('a camera that came from elsewhere gets a number that nobody has there', () => {
  const rows = [
    row('GE24-NA122-PS108-C1'),
    row('SPARE-7'),
    row('GE24-NA117-PS042-C1'),
    row('GE24-NA117-PS042-C3'),
    row('GE24-NA117-PS042-B1-C1'),
  ];
  const plan = parsePlan(formatPlanInForce(rows), new Set(['LHR']));
  expect(plan.errors).toEqual([]);
  expect(plan.cameras.map(({ code }) => code.slice(-2))).toEqual(['C2', 'C4', 'C1', 'C3', 'C5']);
});
