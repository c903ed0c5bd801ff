import { expect, test } from 'vitest';
import { decideListening, type Playback } from './listening-state.ts';

const silent: Playback = { kind: 'silent' };
const facts = { mayListen: true, wished: false, sound: 'available', playback: silent } as const;

test('whoever may not listen sees no button, whatever the camera sends', () => {
  expect(decideListening({ ...facts, mayListen: false })).toEqual({ kind: 'forbidden' });
});

test('every camera is silent until it is asked for', () => {
  expect(decideListening(facts)).toEqual({ kind: 'silent', fault: null });
});

test('a camera without sound that browsers play says why', () => {
  for (const sound of ['none', 'unsupported'] as const) {
    expect(decideListening({ ...facts, sound })).toEqual({ kind: 'unavailable', cause: sound });
  }
  const dark = { kind: 'unavailable', cause: 'no-picture' };
  expect(decideListening({ ...facts, sound: null })).toEqual(dark);
});

test('it is heard only once it plays; a broken picture does not end the wish', () => {
  const wished = { ...facts, wished: true };
  expect(decideListening(wished)).toEqual({ kind: 'starting' });
  expect(decideListening({ ...wished, playback: { kind: 'playing' } })).toEqual({
    kind: 'playing',
  });
  expect(decideListening({ ...wished, sound: null })).toEqual({ kind: 'starting' });
});

test('what failed is silent again, and says what happened', () => {
  const playback: Playback = { kind: 'failed', fault: 'LIVE_UNAVAILABLE' };
  expect(decideListening({ ...facts, playback })).toEqual({
    kind: 'silent',
    fault: 'LIVE_UNAVAILABLE',
  });
  expect(decideListening({ ...facts, wished: true, playback })).toEqual({ kind: 'starting' });
});
