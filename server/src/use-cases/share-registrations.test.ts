import { createManualClock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { expect, test } from 'vitest';
import { createRegistrationShares } from './share-registrations.ts';

const cameras = Array.from({ length: 400 }, (_, n) => (n + 1) as CameraId);
const same = (id: CameraId) => id;

function process(serverId: string, others: string[]) {
  const clock = createManualClock();
  return { clock, shares: createRegistrationShares({ clock, serverId, others: () => others }) };
}

test('processes with gateways share the waiting cameras out: each one is tried by one', () => {
  const names = ['one', 'two', 'three'];
  const parts = names.map((name) =>
    process(
      name,
      names.filter((other) => other !== name),
    ).shares.pick(cameras, same),
  );
  expect(parts.flat().toSorted((a, b) => a - b)).toEqual(cameras);
  for (const part of parts) expect(part.length).toBeGreaterThan(80);
});

test('a process that is alone tries all, and those of one that went at once', () => {
  const others = ['two'];
  const { shares } = process('one', others);
  expect(shares.pick(cameras, same).length).toBeLessThan(300);
  others.pop();
  expect(shares.pick(cameras, same)).toEqual(cameras);
});

test('what another does not get done is taken up after ten minutes, whatever the wall clock says', () => {
  const { clock, shares } = process('one', ['two']);
  const own = shares.pick(cameras, same).length;
  clock.step(86_400_000);
  clock.advance(599_999);
  expect(shares.pick(cameras, same)).toHaveLength(own);
  clock.advance(1);
  expect(shares.pick(cameras, same)).toEqual(cameras);
});

test('a camera that waited, was registered, and waits again is left to the other again', () => {
  const { clock, shares } = process('one', ['two']);
  const own = shares.pick(cameras, same);
  shares.pick([], same);
  clock.advance(600_000);
  expect(shares.pick(cameras, same)).toEqual(own);
});
