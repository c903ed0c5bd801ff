import { expect, test } from 'vitest';
import { PhaseWheel } from './phase-wheel.ts';

function visited(wheel: PhaseWheel<number>, nowMs: number): number[] {
  const seen: number[] = [];
  wheel.turn(nowMs, (value) => seen.push(value));
  return seen;
}

function filled(): PhaseWheel<number> {
  const wheel = new PhaseWheel<number>(1_000, 100);
  for (let key = 0; key < 10; key += 1) wheel.put(key, key, key);
  return wheel;
}

test('each phase comes up once a turn, in order', () => {
  const wheel = filled();
  expect(visited(wheel, 50_000)).toEqual([0]);
  expect(visited(wheel, 50_050)).toEqual([]);
  expect(visited(wheel, 50_320)).toEqual([1, 2, 3]);
  expect(visited(wheel, 51_000)).toEqual([4, 5, 6, 7, 8, 9, 0]);
});

test('after a stall everything comes up once, not once for each turn missed', () => {
  const wheel = filled();
  visited(wheel, 50_000);
  expect(visited(wheel, 95_500).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(visited(wheel, 95_600)).toEqual([6]);
});

test('a step back of the time does not stop it', () => {
  const wheel = filled();
  visited(wheel, 50_000);
  expect(visited(wheel, 20_000)).toEqual([]);
  expect(visited(wheel, 20_200)).toEqual([1, 2]);
});

test('what was removed comes up no more; since when something has been up is known', () => {
  const wheel = filled();
  wheel.remove(3, 3);
  expect(visited(wheel, 50_400)).toEqual([4]);
  expect(visited(wheel, 51_300)).toEqual([5, 6, 7, 8, 9, 0, 1, 2]);
  expect(wheel.sinceDueMs(3, 50_400)).toBe(100);
  expect(wheel.sinceDueMs(5, 50_400)).toBe(900);
  expect(wheel.sinceDueMs(14, 50_400)).toBe(0);
});
