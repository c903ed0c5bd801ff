import {
  type CameraState,
  type CameraStateKind,
  initialCameraState,
} from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { TickTurns, ticksBetween } from './tick-turns.ts';

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

test('who is suspected is looked at every second, who is down every four, who only remembers every sixteen', () => {
  expect(ticksBetween(cameraWith('SUSPECTED'))).toBe(1);
  expect(ticksBetween(cameraWith('FAILED'))).toBe(4);
  expect(ticksBetween(cameraWith('ONLINE', { sinceMs: nowMs, breaks: [nowMs] }))).toBe(4);
  expect(ticksBetween(cameraWith('ONLINE', { breaks: [nowMs] }))).toBe(16);
  expect(ticksBetween(cameraWith('ONLINE'))).toBeNull();
});

test('each camera has its turns by its last state, spread over the ticks; calm ones have none', () => {
  const turns = new TickTurns();
  const ids = Array.from({ length: 32 }, (_, index) => index + 1);
  const looks = (from = 0) => {
    const ticks = Array.from({ length: 16 }, (_, tick) => [...turns.due(from + tick)]);
    return { all: ticks.flat(), most: Math.max(...ticks.map((some) => some.length)) };
  };
  for (const id of ids) turns.note(id, cameraWith('ONLINE', { breaks: [nowMs] }));
  expect(looks().all.toSorted((a, b) => a - b)).toEqual(ids);
  expect(looks(5).most).toBe(2);
  turns.note(7, cameraWith('SUSPECTED'));
  expect(looks().all.filter((id) => id === 7)).toHaveLength(16);
  turns.note(7, cameraWith('FAILED'));
  expect(looks(3).all.filter((id) => id === 7)).toHaveLength(4);
  for (const id of ids) turns.note(id, cameraWith('ONLINE'));
  expect(looks().all).toEqual([]);
});

test('a camera that changes at its turn does not hold up the tick', () => {
  const turns = new TickTurns();
  turns.note(16, cameraWith('SUSPECTED'));
  const seen: number[] = [];
  for (const id of turns.due(16)) {
    seen.push(id);
    turns.note(id, cameraWith('ONLINE', { breaks: [nowMs] }));
  }
  expect(seen).toEqual([16, 16]);
});
