import type { HealthTable } from '@nigehban/domain/api/health-types.ts';
import type { CameraView, StationView } from '@nigehban/domain/api/http-types.ts';
import { degradedReasonKinds } from '@nigehban/domain/camera-health.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { writeHealthCsv } from './health-csv.ts';
import { countPresets, findRows, orderRows, rankNames } from './health-order.ts';
import { HealthRows } from './health-rows.ts';
import { nextSort, parseHealthSearch, parseSort } from './health-search.ts';

const nowMs = 1_700_000_000_000;
const stationOf = (code: string, name: string, districtCode: string): StationView => ({
  code,
  name,
  nameUr: 'سکول',
  districtCode,
  district: districtCode,
  districtUr: '',
  constituency: 'NA-117',
  category: 'NORMAL',
  lat: null,
  lon: null,
  state: 'OK',
  sinceMs: null,
  cameras: 2,
  down: 0,
  openAlertId: null,
});
const stations = new Map([
  ['PS1', stationOf('PS1', 'School 10', 'LHR')],
  ['PS2', stationOf('PS2', 'School 9, "North"', 'MUL')],
]);
const state = (kind: (typeof cameraStateKinds)[number]) => cameraStateKinds.indexOf(kind);
const reason = (kind: (typeof degradedReasonKinds)[number]) =>
  1 << degradedReasonKinds.indexOf(kind);

const table: HealthTable = {
  nowMs,
  states: cameraStateKinds,
  reasonKinds: degradedReasonKinds,
  stations: ['PS1', 'PS2'],
  districts: ['LHR', 'MUL'],
  faults: ['CAMERA_UNREACHABLE'],
  firmwares: ['5.7.14', '5.7.9'],
  counts: [],
  cameras: {
    id: [11, 12, 13, 14, 15],
    code: ['PS1-E-C1', 'PS1-B1-C2', 'PS2-E-C1', 'PS2-B1-C2', 'PS2-B2-C3'],
    placement: ['ENTRANCE', 'BOOTH', 'ENTRANCE', 'BOOTH', 'BOOTH'],
    station: [0, 0, 1, 1, 1],
    district: [0, 0, 1, 1, 1],
    state: ['ONLINE', 'UNREACHABLE', 'DEGRADED', 'ONLINE', 'MOVED'].map((kind) =>
      cameraStateKinds.indexOf(kind as 'ONLINE'),
    ),
    reasons: [0, 0, reason('clock-offset'), 0, 0],
    sinceMs: [nowMs - 5_000, nowMs - 60_000, nowMs - 1_000, nowMs - 9_000, nowMs - 2_000],
    fault: [-1, 0, -1, -1, -1],
    frameRateFps: [15, null, 25, 2, null],
    bitrateKbps: [900, null, 1_500, 40, null],
    lossPercent: [0, null, 3.5, 0, null],
    clockOffsetMs: [-84, null, 6_000, -2_500, 0],
    lastSeenMs: [nowMs - 100, nowMs - 60_000, nowMs - 90, nowMs - 45_000, nowMs - 300],
    flapping: [0, 0, 0, 0, 0],
    registered: [1, 1, 1, 1, 1],
    recording: [1, 0, 1, 1, 1],
    firmware: [0, 0, 1, 1, -1],
  },
};

function cameraOf(id: number, change: Partial<CameraView> = {}): CameraView {
  const row = table.cameras.id.indexOf(id);
  return {
    id,
    code: table.cameras.code[row] ?? '',
    stationCode: row < 2 ? 'PS1' : 'PS2',
    placement: table.cameras.placement[row] ?? 'BOOTH',
    booth: table.cameras.placement[row] === 'BOOTH' ? 1 : null,
    state: cameraStateKinds[table.cameras.state[row] ?? 0] ?? 'UNKNOWN',
    sinceMs: table.cameras.sinceMs[row] ?? 0,
    fault: null,
    lastFrameMs: null,
    registered: true,
    recording: table.cameras.recording[row] === 1,
    live: ['main'],
    approval: id === 15 ? 'unapproved' : 'approved',
    ...change,
  };
}

function build(changes: readonly CameraView[] = []) {
  const rows = new HealthRows(
    table,
    [...table.cameras.id.map((id) => cameraOf(id))],
    (code) => stations.get(code) ?? null,
  );
  rows.take(changes);
  rows.judgePresets(30_000);
  const ranks = rankNames(
    rows,
    'en-GB',
    (english) => english,
    (placement) => (placement === 'BOOTH' ? 'Booth' : 'Entrance'),
  );
  const ids = (order: Int32Array) => [...order].map((row) => rows.ids[row]);
  return { rows, ranks, ids, all: findRows(rows, ranks, {}) };
}

test('each preset counts the cameras that answer it', () => {
  const { rows, all } = build();
  expect(countPresets(rows, all)).toEqual({
    offline: 1,
    stale: 1,
    degraded: 1,
    'not-recording': 1,
    drift: 2,
    tampered: 1,
    unapproved: 1,
  });
});

test('a query finds every word in station, camera, placement or firmware, in either script', () => {
  const { rows, ranks, ids } = build();
  expect(ids(findRows(rows, ranks, { q: 'NORTH booth' }))).toEqual([14, 15]);
  expect(ids(findRows(rows, ranks, { q: 'سكول ps1-b1' }))).toEqual([12]);
  expect(ids(findRows(rows, ranks, { q: '5.7.9', district: 'MUL' }))).toEqual([13, 14]);
  expect(ids(findRows(rows, ranks, { q: 'nowhere' }))).toEqual([]);
});

test('without a column the gravest come first, and of those the longest lost', () => {
  const { rows, ranks, ids, all } = build();
  expect(ids(orderRows(rows, ranks, all, undefined, null))).toEqual([12, 15, 13, 14, 11]);
});

test('a column orders both ways, the clock by its size, and what is not known stays last', () => {
  const { rows, ranks, ids, all } = build();
  const by = (sort: string) => ids(orderRows(rows, ranks, all, undefined, parseSort(sort)));
  expect(by('frame-rate')).toEqual([14, 11, 13, 12, 15]);
  expect(by('-frame-rate')).toEqual([13, 11, 14, 12, 15]);
  expect(by('-clock')).toEqual([13, 14, 11, 15, 12]);
  expect(by('station')).toEqual([13, 14, 15, 11, 12]);
  expect(by('firmware')).toEqual([13, 14, 11, 12, 15]);
});

test('what the link tells renews a row in its place; a camera that is well has no reasons', () => {
  const { rows, ranks, ids, all } = build([
    cameraOf(13, { state: 'ONLINE', sinceMs: nowMs + 10 }),
    cameraOf(11, { state: 'SILENT', recording: false }),
  ]);
  expect(rows.stateOf(0)).toBe('SILENT');
  expect(rows.reasons[2]).toBe(0);
  expect(rows.states[2]).toBe(state('ONLINE'));
  expect(ids(orderRows(rows, ranks, all, 'offline', null))).toEqual([12, 11]);
});

test('a camera that was heard of after the table was made is not stale', () => {
  const { rows } = build([cameraOf(14, { lastFrameMs: nowMs + 500 })]);
  expect(rows.isStale(3, 30_000)).toBe(false);
  expect(build().rows.isStale(3, 30_000)).toBe(true);
  expect(build().rows.isStale(3, 60_000)).toBe(false);
});

test('the CSV holds the shown rows, quoted, and no formula', () => {
  stations.set('PS1', stationOf('PS1', '=HYPERLINK("x")', 'LHR'));
  const { rows, ranks, all } = build();
  const lines = writeHealthCsv(rows, orderRows(rows, ranks, all, 'drift', null)).split('\r\n');
  stations.set('PS1', stationOf('PS1', 'School 10', 'LHR'));
  expect(lines).toHaveLength(4);
  expect(lines[0]?.startsWith('\uFEFFcamera,placement,booth,station,')).toBe(true);
  expect(lines[1]).toContain('PS2-E-C1,ENTRANCE,,PS2,"School 9, ""North""",سکول,MUL,DEGRADED');
  expect(lines[1]).toContain(',clock-offset,,');
  expect(lines[1]).toContain(',6000,yes,');
  const all1 = writeHealthCsv(rows, all);
  expect(all1).toContain(`"'=HYPERLINK(""x"")"`);
});

test('the address keeps only what the table knows', () => {
  expect(parseHealthSearch({ status: 'drift', sort: '-clock', q: 7, district: '' })).toEqual({
    status: 'drift',
    sort: '-clock',
    q: '7',
  });
  expect(parseHealthSearch({ status: 'nice', sort: 'colour' })).toEqual({});
  expect(nextSort('loss', null)).toBe('loss');
  expect(nextSort('loss', parseSort('loss'))).toBe('-loss');
  expect(nextSort('loss', parseSort('-loss'))).toBe(null);
});
