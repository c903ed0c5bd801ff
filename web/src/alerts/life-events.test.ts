import type { AlertStep } from '@nigehban/domain/api/alert-types.ts';
import { expect, test } from 'vitest';
import { detailText, mergeLife, type Transition } from './life-events.ts';

const step = (id: number, atMs: number, details = {}): AlertStep => ({
  id,
  atMs,
  step: 'noted',
  actor: null,
  details,
});
const transition = (cameraId: number, atMs: number) =>
  ({ cameraId, atMs, to: 'SILENT' }) as Transition;

test('steps and states stand in order of time, states before the step they led to', () => {
  const events = mergeLife([step(1, 20), step(2, 40)], [transition(7, 20), transition(8, 30)]);
  expect(events.map((event) => event.key)).toEqual(['t7-20-SILENT', 's1', 't8-30-SILENT', 's2']);
});

test('details of a step are read as text or not at all', () => {
  expect(detailText(step(1, 1, { text: 'called' }), 'text')).toBe('called');
  expect(detailText(step(1, 1, { level: 2 }), 'level')).toBe('2');
  expect(detailText(step(1, 1, { text: { a: 1 } }), 'text')).toBeNull();
  expect(detailText(step(1, 1), 'text')).toBeNull();
});
