import { expect, test } from 'vitest';
import { planAssignments, rankHomes, rendezvous } from './assignment.ts';

const cameras = Array.from({ length: 900 }, (_, index) => ({
  cameraId: index + 1,
  nodeId: null as string | null,
}));
const node = (nodeId: string, alive = true) => ({ nodeId, alive });

function apply(from: typeof cameras, nodes: ReturnType<typeof node>[]): typeof cameras {
  const moves = new Map(planAssignments(from, nodes).map((move) => [move.cameraId, move.to]));
  return from.map((camera) => ({
    ...camera,
    nodeId: moves.get(camera.cameraId) ?? camera.nodeId,
  }));
}

test('the load is spread evenly, and the order of nodes does not matter', () => {
  const placed = apply(cameras, [node('a'), node('b'), node('c')]);
  const other = apply(cameras, [node('c'), node('a'), node('b')]);
  expect(other).toEqual(placed);
  for (const id of ['a', 'b', 'c']) {
    const count = placed.filter((camera) => camera.nodeId === id).length;
    expect(count).toBeGreaterThan(240);
    expect(count).toBeLessThan(360);
  }
});

test('a camera stays while its node lives; only those of a dead node move', () => {
  const placed = apply(cameras, [node('a'), node('b')]);
  expect(planAssignments(placed, [node('a'), node('b'), node('c')])).toEqual([]);
  const moves = planAssignments(placed, [node('a'), node('b', false), node('c')]);
  expect(moves.every((move) => move.from === 'b' && move.to !== 'b')).toBe(true);
  expect(moves.length).toBe(placed.filter((camera) => camera.nodeId === 'b').length);
});

test('without a living node nothing moves', () => {
  expect(planAssignments(cameras, [])).toEqual([]);
  expect(planAssignments(cameras, [node('a', false)])).toEqual([]);
  expect(rendezvous(1, [])).toBeNull();
});

test('homes get their share by size, and one that goes moves only what it had', () => {
  const homes = [
    { name: 'large', size: 3000 },
    { name: 'small', size: 1000 },
    { name: 'other', size: 1000 },
  ];
  const keys = Array.from({ length: 2000 }, (_, index) => String(index + 1));
  const best = keys.map((key) => rankHomes(key, homes)[0]);
  const share = best.filter((name) => name === 'large').length / keys.length;
  expect(share).toBeGreaterThan(0.55);
  expect(share).toBeLessThan(0.65);
  const without = homes.filter(({ name }) => name !== 'small');
  for (const [index, key] of keys.entries()) {
    const [next] = rankHomes(key, without);
    if (best[index] !== 'small') expect(next).toBe(best[index]);
    else expect(next).toBe(rankHomes(key, homes)[1]);
  }
});
