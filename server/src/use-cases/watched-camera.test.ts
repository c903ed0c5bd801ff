import {
  type CameraState,
  type CameraStateKind,
  initialCameraState,
} from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { isTimeUp } from './watched-camera.ts';

const nowMs = 1_000_000;

function cameraWith(kind: CameraStateKind, flap: Partial<CameraState['detail']['flap']> = {}) {
  const state = initialCameraState(nowMs);
  const { connection } = state.detail;
  return {
    ...state,
    kind,
    flowingSinceMs: kind === 'ONLINE' ? nowMs : null,
    detail: {
      ...state.detail,
      connection: { ...connection, kind: kind as typeof connection.kind },
      flap: { ...state.detail.flap, ...flap },
    },
  };
}

/** On how many of 16 ticks in a row time decides about it. */
const looks = (state: CameraState) =>
  Array.from({ length: 16 }, (_, turn) => turn + 5).filter((turn) => isTimeUp(state, turn)).length;

test('who is suspected is looked at every second, who is down every four, who only remembers every sixteen', () => {
  expect(looks(cameraWith('SUSPECTED'))).toBe(16);
  expect(looks(cameraWith('FAILED'))).toBe(4);
  expect(looks(cameraWith('ONLINE', { sinceMs: nowMs, breaks: [nowMs] }))).toBe(4);
  expect(looks(cameraWith('ONLINE', { breaks: [nowMs] }))).toBe(1);
  expect(looks(cameraWith('ONLINE'))).toBe(0);
});
