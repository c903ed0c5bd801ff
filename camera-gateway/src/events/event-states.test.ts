import { expect, test } from 'vitest';
import { createEventStates } from './event-states.ts';
import type { CameraNotification } from './notification.ts';

const startMs = Date.UTC(2027, 1, 8, 3);

function told(
  event: CameraNotification['event'],
  active: boolean | null,
  source = 'one',
): CameraNotification {
  return { event, source, active, evidence: `${event} ${source}` };
}

function short(facts: ReturnType<ReturnType<typeof createEventStates>['settle']>): string[] {
  return facts.map((fact) =>
    fact.kind === 'camera-event' ? `${fact.event} ${fact.active ? 'begins' : 'ends'}` : fact.kind,
  );
}

test('a state is told when it changes, not when it is repeated', () => {
  const states = createEventStates(7);
  expect(short(states.take([told('tamper', false)], startMs))).toEqual([]);
  expect(short(states.take([told('tamper', true), told('tamper', true)], startMs))).toEqual([
    'tamper begins',
  ]);
  expect(states.standing()).toMatchObject([{ cameraId: 7, event: 'tamper', active: true }]);
  expect(short(states.take([told('tamper', false)], startMs + 1))).toEqual(['tamper ends']);
  expect(states.standing()).toEqual([]);
});

test('an event ends with the last of its sources', () => {
  const states = createEventStates(7);
  states.take([told('tamper', true, 'scene'), told('tamper', true, 'dark')], startMs);
  expect(short(states.take([told('tamper', false, 'scene')], startMs))).toEqual([]);
  expect(short(states.take([told('tamper', false, 'dark')], startMs))).toEqual(['tamper ends']);
});

test('motion that comes and goes is one motion', () => {
  const states = createEventStates(7);
  const facts: string[] = [];
  for (let second = 0; second < 60; second += 1) {
    facts.push(...short(states.take([told('motion', second % 2 === 0)], startMs + second * 1_000)));
  }
  expect(facts).toEqual(['motion begins']);
  expect(short(states.settle(startMs + 68_000))).toEqual([]);
  expect(short(states.settle(startMs + 70_000))).toEqual(['motion ends']);
});

test('a camera that never tells the end: over after a minute', () => {
  const states = createEventStates(7);
  expect(short(states.take([told('tamper', null)], startMs))).toEqual(['tamper begins']);
  expect(short(states.settle(startMs + 59_999))).toEqual([]);
  expect(short(states.settle(startMs + 60_000))).toEqual(['tamper ends']);
});

test('after a new subscription only what the camera tells again goes on', () => {
  const states = createEventStates(7);
  states.take([told('tamper', true), told('digital-input', true)], startMs);
  states.renewed(startMs);
  expect(short(states.take([told('digital-input', true)], startMs + 1_000))).toEqual([]);
  expect(short(states.settle(startMs + 60_000))).toEqual(['tamper ends']);
  expect(states.standing()).toMatchObject([{ event: 'digital-input' }]);
});

test('a camera that invents sources without end costs no memory and still tells the first', () => {
  const states = createEventStates(7);
  const many = Array.from({ length: 10_000 }, (_, index) => told('tamper', true, `rule ${index}`));
  expect(short(states.take(many, startMs))).toEqual(['tamper begins']);
  const over = Array.from({ length: 64 }, (_, index) => told('tamper', false, `rule ${index}`));
  expect(short(states.take(over, startMs))).toEqual(['tamper ends']);
});
