import { expect, test } from 'vitest';
import { buildCameraCode, buildStationCode, normalizeConstituency } from './camera-code.ts';

test('codes are built as the field writes them', () => {
  const station = buildStationCode('NA-117', 42);
  expect(station).toBe('GE24-NA117-PS042');
  expect(buildCameraCode(station, 2, 1)).toBe('GE24-NA117-PS042-B2-C1');
  expect(buildCameraCode(station, null, 3)).toBe('GE24-NA117-PS042-C3');
  expect(buildStationCode('117', 1_234, 'GE29')).toBe('GE29-NA117-PS1234');
});

test.each([
  ['NA-117', 'NA117'],
  ['na 49', 'NA49'],
  [' 051 ', 'NA51'],
  ['PP-12', null],
  ['NA-0', null],
  ['NA-1170', null],
  ['', null],
])('constituency %j is %j', (text, expected) => {
  expect(normalizeConstituency(text)).toBe(expected);
});

test.each([
  () => buildStationCode('PP-1', 1),
  () => buildStationCode('NA-117', 0),
  () => buildStationCode('NA-117', 1.5),
  () => buildCameraCode('GE24-NA117-PS042', 0, 1),
  () => buildCameraCode('GE24-NA117-PS042', 1, 100),
])('a number that is none is refused (%#)', (build) => {
  expect(build).toThrow(expect.objectContaining({ code: 'PLAN_INVALID' }));
});
