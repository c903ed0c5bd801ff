import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placements } from './camera.ts';
import { cameraStateKinds, isDown } from './camera-state.ts';
import { defaultRequiredPlacements } from './required-placements.ts';
import { deriveStationState, isTampered, type StationCamera } from './station-state.ts';

const camera = fc.record({
  cameraId: fc.integer({ min: 1, max: 50 }),
  placement: fc.constantFrom(...placements),
  state: fc.constantFrom(...cameraStateKinds),
  sinceMs: fc.integer({ min: 0, max: 1_000_000 }),
});
const station = fc.uniqueArray(camera, { selector: (c) => c.cameraId, maxLength: 8 });
const needs = fc.constantFrom(...Object.values(defaultRequiredPlacements));

function down(placement: StationCamera['placement'], cameraId: number, sinceMs = 5): StationCamera {
  return { cameraId, placement, state: 'UNREACHABLE', sinceMs };
}
function well(placement: StationCamera['placement'], cameraId: number): StationCamera {
  return { cameraId, placement, state: 'ONLINE', sinceMs: 1 };
}

test('a placement is lost only when no camera of it gives a picture', () => {
  const state = deriveStationState([
    down('BOOTH', 1, 9),
    well('BOOTH', 2),
    down('ENTRANCE', 3, 7),
    { ...well('REAR', 4), state: 'SUSPECTED' },
  ]);
  expect(state).toMatchObject({
    kind: 'PARTIAL',
    cameras: 4,
    down: 2,
    lostPlacements: ['ENTRANCE'],
    sinceMs: 7,
  });
});

test('no cameras: nothing to lose, in the count neither; all down: blind', () => {
  expect(deriveStationState([], defaultRequiredPlacements.count).kind).toBe('OK');
  expect(deriveStationState([down('REAR', 1)]).kind).toBe('BLIND');
});

test('in the count the table has to be seen: by its own camera, else by one of a booth', () => {
  const { poll, count } = defaultRequiredPlacements;
  const without = [well('ENTRANCE', 1), well('REAR', 2)];
  expect(deriveStationState(without, poll)).toMatchObject({ kind: 'OK', missingPlacements: [] });
  expect(deriveStationState(without, count)).toMatchObject({
    kind: 'PARTIAL',
    down: 0,
    missingPlacements: ['COUNT_TABLE'],
    required: 3,
    covered: 2,
    sinceMs: null,
  });
  const booth = [...without, well('BOOTH', 3)];
  expect(deriveStationState(booth, count).kind).toBe('OK');
  // A planned table camera that is down is not stood in for: the plan says where the count is.
  expect(deriveStationState([...booth, down('COUNT_TABLE', 4)], count)).toMatchObject({
    kind: 'PARTIAL',
    missingPlacements: ['COUNT_TABLE'],
  });
  expect(deriveStationState([...booth, down('COUNT_TABLE', 4)], poll)).toMatchObject({
    lostPlacements: ['COUNT_TABLE'],
    missingPlacements: [],
  });
});

test('the state does not depend on the order of cameras, and agrees with its own counts', () => {
  fc.assert(
    fc.property(station, needs, (cameras, need) => {
      const state = deriveStationState(cameras, need);
      expect(deriveStationState(cameras.toReversed(), need)).toEqual(state);
      expect(state.down).toBe(cameras.filter((c) => isDown(c.state)).length);
      expect(state.tampered).toBe(cameras.filter((c) => isTampered(c.state)).length);
      expect(state.kind === 'OK').toBe(state.down === 0 && state.missingPlacements.length === 0);
      expect(state.kind === 'BLIND').toBe(state.down > 0 && state.down === state.cameras);
      expect(state.covered + state.missingPlacements.length).toBe(state.required);
      if (state.kind === 'BLIND') {
        expect(state.covered).toBe(0);
        expect(new Set(state.lostPlacements)).toEqual(new Set(cameras.map((c) => c.placement)));
      }
    }),
  );
});

test('a camera that comes back never makes a station worse', () => {
  const order = { OK: 0, PARTIAL: 1, BLIND: 2 };
  fc.assert(
    fc.property(station, needs, fc.nat(), (cameras, need, pick) => {
      if (cameras.length === 0) return;
      const index = pick % cameras.length;
      const healed = cameras.map((c, i) => (i === index ? { ...c, state: 'ONLINE' as const } : c));
      const before = deriveStationState(cameras, need);
      const after = deriveStationState(healed, need);
      expect(order[after.kind]).toBeLessThanOrEqual(order[before.kind]);
      expect(after.covered).toBeGreaterThanOrEqual(before.covered);
    }),
  );
});
