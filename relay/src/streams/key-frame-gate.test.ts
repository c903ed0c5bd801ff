import { ManualClock } from '@nigehban/media/testing/manual-clock.ts';
import { expect, test } from 'vitest';
import { KeyFrameGate } from './key-frame-gate.ts';

function gate() {
  const clock = new ManualClock();
  const askedMs: number[] = [];
  return {
    clock,
    askedMs,
    gate: new KeyFrameGate(clock, 1000, () => askedMs.push(clock.monotonicMs())),
  };
}

test('requests of many viewers are one request a second', () => {
  const { clock, askedMs, gate: under } = gate();
  for (let step = 0; step < 300; step += 1) {
    under.request();
    clock.advance(10);
  }
  expect(askedMs).toEqual([0, 1000, 2000, 3000]);
});

test('a request that came too early is made when the second is over', () => {
  const { clock, askedMs, gate: under } = gate();
  under.request();
  clock.advance(100);
  under.request();
  clock.advance(899);
  expect(askedMs).toEqual([0]);
  clock.advance(1);
  expect(askedMs).toEqual([0, 1000]);
});

test('a key picture in between answers it', () => {
  const { clock, askedMs, gate: under } = gate();
  under.request();
  clock.advance(100);
  under.request();
  under.keyPictureSent();
  clock.advance(5000);
  expect(askedMs).toEqual([0]);
  expect(clock.pending).toBe(0);
  under.request();
  expect(askedMs).toEqual([0, 5100]);
});
