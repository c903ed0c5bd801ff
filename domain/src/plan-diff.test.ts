import { expect, test } from 'vitest';
import { diffPlan, diffStations, type ExistingCamera, type PlanDiffInput } from './plan-diff.ts';
import type { PlannedCamera, PlannedStation } from './plan-rows.ts';

const planned = (place: number, over: Partial<PlannedCamera> = {}): PlannedCamera => ({
  row: place + 1,
  code: `S1-C${place}`,
  stationCode: 'S1',
  placement: 'REAR',
  booth: null,
  boothType: null,
  serial: `SN${place}`,
  mac: null,
  address: `192.0.2.${place}`,
  onvifPort: 80,
  username: null,
  password: null,
  ...over,
});

const existing = (place: number, over: Partial<ExistingCamera> = {}): ExistingCamera => ({
  id: place,
  code: `S1-C${place}`,
  serial: `SN${place}`,
  mac: null,
  plannedAddress: `192.0.2.${place}`,
  plannedOnvifPort: 80,
  registered: true,
  stationCode: 'S1',
  districtCode: 'LHR',
  placement: 'REAR',
  booth: null,
  ...over,
});

function diff(
  cameras: PlannedCamera[],
  there: ExistingCamera[],
  over: Partial<PlanDiffInput> = {},
) {
  const result = diffPlan({
    cameras,
    existing: there,
    districts: new Set(['LHR']),
    doubtfulStations: new Set(),
    doubtfulCameras: new Set(),
    districtOf: () => 'LHR',
    mayMove: () => true,
    credentialsChanged: () => false,
    ...over,
  });
  return {
    writes: result.writes.map(({ kind, camera, existing: target }) => [
      kind,
      camera.code,
      target?.id ?? null,
    ]),
    unchanged: result.unchanged.length,
    removed: result.removed.map(({ code }) => code),
    issues: result.issues.map(({ row, code }) => `${row} ${code}`),
  };
}

test('the same is unchanged, another address changed, a new one added, a missing one removed', () => {
  expect(
    diff(
      [planned(1), planned(2, { address: '192.0.2.99' }), planned(4)],
      [existing(1), existing(2), existing(3)],
    ),
  ).toEqual({
    writes: [
      ['changed', 'S1-C2', 2],
      ['added', 'S1-C4', null],
    ],
    unchanged: 1,
    removed: ['S1-C3'],
    issues: [],
  });
});

test('a serial under another code is the same asset at another place', () => {
  const moved = planned(7, { serial: 'SN1', stationCode: 'S2', code: 'S2-C1' });
  expect(diff([moved], [existing(1)])).toEqual({
    writes: [['moved', 'S2-C1', 1]],
    unchanged: 0,
    removed: [],
    issues: [],
  });
  expect(diff([moved], [existing(1)], { mayMove: () => false }).issues).toEqual(['8 SERIAL_TAKEN']);
});

test('two cameras change places; a new one takes the place of one that moves', () => {
  const swapped = [planned(1, { serial: 'SN2' }), planned(2, { serial: 'SN1' })];
  expect(diff(swapped, [existing(1), existing(2)]).writes).toEqual([
    ['moved', 'S1-C1', 2],
    ['moved', 'S1-C2', 1],
  ]);
  const pushed = [planned(1, { serial: 'NEW' }), planned(2, { serial: 'SN1' })];
  expect(diff(pushed, [existing(1)]).writes).toEqual([
    ['added', 'S1-C1', null],
    ['moved', 'S1-C2', 1],
  ]);
});

test('a place that somebody else keeps is not taken', () => {
  const taken = diff([planned(2, { serial: 'SN1' })], [existing(1), existing(2)]);
  expect(taken.issues).toEqual(['3 CODE_TAKEN']);
  expect(taken.writes).toEqual([]);
});

test('another serial at a known code replaces the device, with a warning when it has recorded', () => {
  const replaced = [planned(1, { serial: 'OTHER' })];
  expect(diff(replaced, [existing(1)])).toMatchObject({
    writes: [['changed', 'S1-C1', 1]],
    issues: ['2 IDENTITY_REPLACED'],
  });
  expect(diff(replaced, [existing(1, { registered: false })]).issues).toEqual([]);
});

test('what a row that is left out may mean is not removed, nor is what other districts have', () => {
  expect(diff([], [existing(1)], { doubtfulStations: new Set(['S1']) }).removed).toEqual([]);
  expect(diff([], [existing(1)], { doubtfulCameras: new Set(['SN1']) }).removed).toEqual([]);
  expect(diff([], [existing(1, { districtCode: 'KSR' })]).removed).toEqual([]);
  expect(diff([], [existing(1, { stationCode: null })]).removed).toEqual([]);
});

const station = (over: Partial<PlannedStation> = {}): PlannedStation => ({
  code: 'S1',
  districtCode: 'LHR',
  constituency: 'NA-117',
  number: 1,
  name: 'School',
  nameUr: 'سکول',
  category: 'NORMAL',
  stationType: 'COMBINED',
  lat: null,
  lon: null,
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
  ...over,
});

test('a changed supply is told; a plan that does not state it leaves it as it is', () => {
  const stored = new Map([['S1', station({ uplink: 'PTCL 1', feeder: 'F-1' })]]);
  const of = (over: Partial<PlannedStation>) => {
    const { added, changed, unchanged, resupplied } = diffStations([station(over)], stored);
    return [added, changed, unchanged, resupplied.length];
  };
  expect(of({})).toEqual([0, 0, 1, 0]);
  expect(of({ uplink: 'PTCL 1' })).toEqual([0, 0, 1, 0]);
  expect(of({ feeder: 'F-2' })).toEqual([0, 1, 0, 1]);
  expect(of({ voters: 9 })).toEqual([0, 1, 0, 0]);
  expect(of({ code: 'S2', feeder: 'F-2' })).toEqual([1, 0, 0, 0]);
});
