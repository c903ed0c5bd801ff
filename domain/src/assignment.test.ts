import { expect, test } from 'vitest';
import { planAssignments, rendezvous } from './assignment.ts';

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
