import { expect, test } from 'vitest';
import { indexPlan, matchCamera } from './registration.ts';

const a = { code: 'A', serial: 'KV-0042', mac: '02-00-00-00-00-0A' };
const b = { code: 'B', serial: null, mac: '0200.0000.000b' };
const c = { code: 'C', serial: 'ab 0099887766', mac: null };
const plan = indexPlan([a, b, c]);

test('binds by serial, by MAC, and by both', () => {
  expect(matchCamera({ serial: ' kv-0042', mac: null }, plan)).toEqual({
    kind: 'bound',
    entry: a,
    by: 'serial',
  });
  expect(matchCamera({ serial: 'X1', mac: '02:00:00:00:00:0b' }, plan)).toEqual({
    kind: 'bound',
    entry: b,
    by: 'mac',
  });
  expect(matchCamera({ serial: 'KV-0042', mac: '02:00:00:00:00:0a' }, plan)).toEqual({
    kind: 'bound',
    entry: a,
    by: 'both',
  });
  expect(matchCamera({ serial: 'AB0099887766', mac: '02:00:00:00:00:ff' }, plan)).toEqual({
    kind: 'bound',
    entry: c,
    by: 'serial',
  });
});

test('serials are text: leading zeros count', () => {
  expect(matchCamera({ serial: 'KV-42', mac: null }, plan)).toEqual({ kind: 'unknown' });
});

test('a camera that the plan does not know stays unknown', () => {
  expect(matchCamera({ serial: null, mac: null }, plan)).toEqual({ kind: 'unknown' });
  expect(matchCamera({ serial: '', mac: 'not a mac' }, plan)).toEqual({ kind: 'unknown' });
  expect(matchCamera({ serial: 'KV-0043', mac: '02:00:00:00:00:0c' }, indexPlan([]))).toEqual({
    kind: 'unknown',
  });
});

test('serial of one entry and MAC of another is a conflict', () => {
  expect(matchCamera({ serial: 'KV-0042', mac: '02:00:00:00:00:0b' }, plan)).toEqual({
    kind: 'conflict',
    reason: 'serial-and-mac-differ',
    entries: [a, b],
  });
});

test('an entry that contradicts the camera is a conflict', () => {
  expect(matchCamera({ serial: 'OTHER', mac: '02:00:00:00:00:0a' }, plan)).toEqual({
    kind: 'conflict',
    reason: 'identity-contradicts',
    entries: [a],
  });
  expect(matchCamera({ serial: 'KV-0042', mac: '02:00:00:00:00:99' }, plan)).toEqual({
    kind: 'conflict',
    reason: 'identity-contradicts',
    entries: [a],
  });
});

test("a sticker's serial that is the end of the told one does not contradict", () => {
  const sticker = { code: 'D', serial: 'G12345678', mac: '02:00:00:00:00:0d' };
  const told = { serial: 'DS-2CD20240101AAWRG12345678', mac: '02:00:00:00:00:0d' };
  expect(matchCamera(told, indexPlan([sticker]))).toEqual({
    kind: 'bound',
    entry: sticker,
    by: 'mac',
  });
  expect(matchCamera({ ...told, mac: null }, indexPlan([sticker]))).toEqual({ kind: 'unknown' });
});

test('an identity planned twice binds to neither', () => {
  const twice = { code: 'A2', serial: 'kv-0042', mac: null };
  expect(
    matchCamera({ serial: 'KV-0042', mac: '02:00:00:00:00:0a' }, indexPlan([a, twice])),
  ).toEqual({
    kind: 'conflict',
    reason: 'planned-twice',
    entries: [a, twice],
  });
});
