import type { DegradedReasonView } from '@nigehban/domain/api/health-types.ts';
import { degradedReasonKinds, faultOfReason } from '@nigehban/domain/camera-health.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { cameraTone } from '../status/status-tone.ts';
import { checkCamera } from './camera-checks.ts';

type Facts = Parameters<typeof checkCamera>[0];
type Detail = Parameters<typeof checkCamera>[1];

const well: Facts = {
  state: 'ONLINE',
  fault: null,
  registered: true,
  recording: true,
  approval: 'approved',
};
const plain: Detail = { reasons: [], clockOffsetMs: 40, evidence: null };
const lights = (camera: Partial<Facts>, detail: Partial<Detail> = {}) =>
  Object.fromEntries(
    checkCamera({ ...well, ...camera }, { ...plain, ...detail }).map(({ kind, tone }) => [
      kind,
      tone,
    ]),
  );
const reasonOf = (kind: (typeof degradedReasonKinds)[number]): DegradedReasonView => ({
  kind,
  fault: faultOfReason[kind],
  sinceMs: 0,
  evidence: `measured ${kind}`,
  nextAction: '',
});

test('a camera that is well has six green lights', () => {
  expect(new Set(Object.values(lights({})))).toEqual(new Set(['ok']));
});

test('what lies behind a red light waits', () => {
  expect(lights({ state: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE', recording: false })).toEqual({
    network: 'bad',
    link: 'none',
    stream: 'none',
    recording: 'none',
    clock: 'ok',
    view: 'none',
  });
  expect(
    lights({ state: 'REFUSED', fault: 'CAMERA_AUTH_REFUSED', recording: false }),
  ).toMatchObject({ network: 'ok', link: 'bad', stream: 'none', recording: 'none' });
  expect(lights({ state: 'FAILED', fault: 'CAMERA_TIMEOUT', recording: false })).toMatchObject({
    network: 'bad',
    link: 'none',
  });
  expect(lights({ state: 'SILENT', fault: 'CAMERA_SILENT', recording: false })).toMatchObject({
    link: 'ok',
    stream: 'bad',
    recording: 'none',
  });
});

test('a stream that is not recorded is red by itself', () => {
  expect(lights({ recording: false })).toMatchObject({ stream: 'ok', recording: 'bad' });
});

test('every state that is not well lights something, and says what to do', () => {
  for (const state of cameraStateKinds) {
    if (cameraTone[state] === 'ok' || state === 'DEGRADED') continue;
    const checks = checkCamera({ ...well, state, registered: state !== 'UNKNOWN' }, plain);
    expect(
      checks.filter(({ tone }) => tone !== 'ok'),
      state,
    ).not.toEqual([]);
    if (cameraTone[state] === 'bad') {
      expect(checks.filter(({ tone, next }) => tone === 'bad' && next !== null)).toHaveLength(1);
    }
  }
});

test('every reason lights one check, with its measure', () => {
  for (const kind of degradedReasonKinds) {
    const checks = checkCamera(
      { ...well, state: 'DEGRADED' },
      { ...plain, reasons: [reasonOf(kind)], clockOffsetMs: kind === 'clock-offset' ? 9_000 : 0 },
    );
    const lit = checks.filter(({ tone }) => tone !== 'ok');
    expect(lit, kind).toHaveLength(1);
    expect(lit[0]?.next, kind).not.toBeNull();
    if (kind !== 'clock-offset') expect(lit[0]?.evidence).toBe(`measured ${kind}`);
  }
});

test('a clock is right to two seconds, and far off from five', () => {
  expect(lights({}, { clockOffsetMs: -2_000 }).clock).toBe('ok');
  expect(lights({}, { clockOffsetMs: -2_001 }).clock).toBe('warn');
  expect(lights({}, { clockOffsetMs: 5_001 }).clock).toBe('bad');
  expect(lights({}, { clockOffsetMs: null }).clock).toBe('none');
});

test('a view that waits for approval is said, unless something is before the lens', () => {
  expect(lights({ approval: 'unapproved' }).view).toBe('pending');
  expect(lights({ approval: 'unapproved', state: 'COVERED' }).view).toBe('bad');
});
