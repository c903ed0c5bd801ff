import type { WatchFact } from '@nigehban/domain/watch-orders.ts';
import type { SimulatedCamera } from '@nigehban/test/fleet/camera.ts';
import { type Fleet, startFleet } from '@nigehban/test/fleet/fleet.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { defaultGatewaySettings, type RunningGateway, startGateway } from '../start-gateway.ts';
import { orderOf } from './testing/watch-fixtures.ts';

let fleet: Fleet;
let gateway: RunningGateway;
const facts: WatchFact[] = [];

beforeAll(async () => {
  fleet = await startFleet({ cameras: 'exercise', scenes: 'tiny', multicast: false });
  gateway = await startGateway(defaultGatewaySettings, {
    link: { handle: () => {}, sendFacts: (told) => facts.push(...told) },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await fleet?.stop();
});

/** A camera's id is its place in the fleet, from 1; its password in the order is wrong. */
function orders() {
  return fleet.cameras.map(({ plan }, at) =>
    orderOf(at + 1, {
      endpoint: { address: plan.address, onvifPort: plan.httpPort },
      credentials: { username: plan.username, password: 'wrong' },
    }),
  );
}

function camera(cameraId: number): SimulatedCamera {
  const found = fleet.cameras[cameraId - 1];
  if (found === undefined) throw new Error(`the fleet has no camera ${cameraId}`);
  return found;
}

const factOf = (cameraId: number) => facts.findLast((fact) => fact.cameraId === cameraId);
const within = { timeout: 12_000, interval: 50 };

test('models of all vendors answer; each outage has its cause; no password is ever tried', async () => {
  gateway.acceptWatch({
    type: 'watch',
    version: 1,
    policy: { sweepEveryMs: 1_000, viewEveryMs: 0 },
    orders: orders(),
  });
  await vi.waitFor(() => expect(facts).toHaveLength(fleet.cameras.length), within);
  for (const fact of facts) {
    expect(fact).toMatchObject({ kind: 'camera-answered' });
    const offsetMs = fact.kind === 'camera-answered' ? fact.clockOffsetMs : null;
    expect(Math.abs(offsetMs ?? Number.NaN)).toBeLessThan(3_000);
  }

  await Promise.all([
    fleet.setFault(camera(1).plan.id, { kind: 'unplugged' }),
    fleet.setFault(camera(5).plan.id, { kind: 'huge-xml' }),
    fleet.setFault(camera(9).plan.id, { kind: 'slow-xml', bytesPerSecond: 50 }),
    fleet.setFault(camera(12).plan.id, { kind: 'clock-offset', offsetMs: 600_000 }),
  ]);
  await vi.waitFor(() => {
    for (const lost of [1, 5, 9]) expect(factOf(lost)).toMatchObject({ kind: 'camera-lost' });
    const clock = factOf(12);
    expect(clock?.kind === 'camera-answered' && clock.clockOffsetMs).toBeGreaterThan(590_000);
  }, within);
  expect(factOf(1)).toMatchObject({
    outcome: { kind: 'unreachable', fault: 'CAMERA_UNREACHABLE' },
  });
  expect(factOf(5)).toMatchObject({
    outcome: { kind: 'failed', fault: 'CAMERA_ANSWER_TOO_LARGE' },
  });
  expect(factOf(9)).toMatchObject({ outcome: { kind: 'failed', fault: 'CAMERA_TIMEOUT' } });
  expect(gateway.sweepStatus()).toMatchObject({ lost: 3, unknown: 0 });
  expect(gateway.snapshot()).toHaveLength(fleet.cameras.length);

  await fleet.setFault(camera(1).plan.id, null);
  await vi.waitFor(() => expect(factOf(1)).toMatchObject({ kind: 'camera-answered' }), within);
  // The others were told of once, in the beginning.
  expect(facts.filter(({ cameraId }) => cameraId === 2)).toHaveLength(1);
  const tried = fleet.cameras.reduce((sum, { counters }) => sum + counters.onvifAuthFailures, 0);
  expect(tried).toBe(0);
});
