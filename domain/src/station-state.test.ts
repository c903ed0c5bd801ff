import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placements } from './camera.ts';
import { isDown } from './camera-state.ts';
import {
  decideStationAlert,
  deriveStationState,
  type StationCamera,
  type StationState,
} from './station-state.ts';

const kinds = [
  'UNKNOWN',
  'ONLINE',
  'SUSPECTED',
  'UNREACHABLE',
  'REFUSED',
  'FAILED',
  'SILENT',
] as const;

const camera = fc.record({
  cameraId: fc.integer({ min: 1, max: 50 }),
  placement: fc.constantFrom(...placements),
  state: fc.constantFrom(...kinds),
  sinceMs: fc.integer({ min: 0, max: 1_000_000 }),
});
const station = fc.uniqueArray(camera, { selector: (c) => c.cameraId, maxLength: 8 });

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
  expect(state).toEqual({
    kind: 'PARTIAL',
    cameras: 4,
    down: 2,
    lostPlacements: ['ENTRANCE'],
    sinceMs: 7,
  });
});

test('no cameras: nothing to lose; all down: blind', () => {
  expect(deriveStationState([]).kind).toBe('OK');
  expect(deriveStationState([down('REAR', 1)]).kind).toBe('BLIND');
});

test('the state does not depend on the order of cameras, and agrees with its own counts', () => {
  fc.assert(
    fc.property(station, (cameras) => {
      const state = deriveStationState(cameras);
      expect(deriveStationState(cameras.toReversed())).toEqual(state);
      expect(state.down).toBe(cameras.filter((c) => isDown(c.state)).length);
      expect(state.kind === 'OK').toBe(state.down === 0);
      expect(state.kind === 'BLIND').toBe(state.down > 0 && state.down === state.cameras);
      if (state.kind === 'BLIND') {
        expect(new Set(state.lostPlacements)).toEqual(new Set(cameras.map((c) => c.placement)));
      }
    }),
  );
});

type Open = Pick<StationState, 'down' | 'lostPlacements'> & { kind: 'PARTIAL' | 'BLIND' };

/** What a store does with a decision. */
function store(open: Open | null, state: StationState): { open: Open | null; opened: number } {
  const decision = decideStationAlert(open, state);
  switch (decision.kind) {
    case 'none':
      return { open, opened: 0 };
    case 'close':
      return { open: null, opened: 0 };
    default: {
      if (decision.state.kind === 'OK') throw new Error('an alert about nothing');
      const { kind, down: count, lostPlacements } = decision.state;
      return {
        open: { kind, down: count, lostPlacements },
        opened: decision.kind === 'open' ? 1 : 0,
      };
    }
  }
}

test('after any history the open alert tells the station as it is; repeating changes nothing', () => {
  fc.assert(
    fc.property(fc.array(station, { maxLength: 12 }), (history) => {
      let open: Open | null = null;
      for (const cameras of history) {
        const state = deriveStationState(cameras);
        const before: Open | null = open;
        const next = store(open, state);
        open = next.open;
        expect(next.opened).toBe(before === null && state.kind !== 'OK' ? 1 : 0);
        expect(open === null).toBe(state.kind === 'OK');
        expect(decideStationAlert(open, state)).toEqual({ kind: 'none' });
        if (open !== null) {
          expect(open).toEqual({
            kind: state.kind,
            down: state.down,
            lostPlacements: state.lostPlacements,
          });
        }
      }
    }),
  );
});
