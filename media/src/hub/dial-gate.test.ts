import { expect, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { DialGate, type DialTicket } from './dial-gate.ts';

function gateOf(maxDials: number) {
  const clock = new ManualClock();
  const gate = new DialGate({ clock, random: () => 0.5, maxDials, slotMs: 1000 });
  const admitted: string[] = [];
  const enter = (name: string, priority: 'fresh' | 'retry' = 'fresh'): DialTicket =>
    gate.enter(priority, () => admitted.push(name));
  return { clock, admitted, enter };
}

test('admits at once while there is room, then one for each that leaves, retries last', () => {
  const { clock, admitted, enter } = gateOf(2);
  const first = enter('a');
  enter('b');
  enter('r', 'retry');
  enter('c');
  const leaving = enter('d');
  expect(admitted).toEqual(['a', 'b']);
  first.release();
  first.release();
  clock.advance(20);
  expect(admitted).toEqual(['a', 'b', 'c']);
  leaving.release();
  clock.advance(500);
  expect(admitted).toEqual(['a', 'b', 'c']);
  // b and c have hung for a second: their places are given on.
  clock.advance(600);
  expect(admitted).toEqual(['a', 'b', 'c', 'r']);
});

test('never more at once than allowed, and every place comes back', () => {
  const { clock, admitted, enter } = gateOf(3);
  const tickets = Array.from({ length: 30 }, (_, index) => enter(String(index)));
  for (let index = 0; index < 30; index++) {
    expect(admitted.length).toBeLessThanOrEqual(index + 3);
    tickets[index]?.release();
    clock.advance(20);
  }
  expect(admitted).toHaveLength(30);
  for (const name of ['x', 'y', 'z', 'late']) enter(name);
  expect(admitted.slice(30)).toEqual(['x', 'y', 'z']);
});
