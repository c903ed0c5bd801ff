import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { expect, test } from 'vitest';
import { chooseStream, type StreamCondition } from './choose-stream.ts';

const h264 = [
  { quality: 'main', codec: 'H264' },
  { quality: 'sub', codec: 'H264' },
] as const;
const h265Main = [
  { quality: 'main', codec: 'H265' },
  { quality: 'sub', codec: 'H264' },
] as const;

const conditions =
  (main: StreamCondition, sub: StreamCondition) =>
  (quality: StreamQuality): StreamCondition =>
    quality === 'main' ? main : sub;

test.each([
  ['untried', 'untried', 'sub', 'sub'],
  ['flowing', 'untried', 'main', 'main'],
  ['flowing', 'sessions-exhausted', 'sub', 'main'],
  ['untried', 'sessions-exhausted', 'sub', 'LIVE_UNAVAILABLE'],
  ['flowing', 'down', 'sub', 'main'],
  ['untried', 'down', 'sub', 'main'],
  ['down', 'untried', 'main', 'sub'],
  ['down', 'down', 'main', 'LIVE_UNAVAILABLE'],
  ['unplayable', 'untried', 'main', 'sub'],
  ['unplayable', 'unplayable', 'main', 'LIVE_CODEC_UNSUPPORTED'],
] as const)('main %s, sub %s: %s is served by %s', (main, sub, asked, served) => {
  const choice = chooseStream(asked, h264, conditions(main, sub));
  expect(choice.kind === 'serve' ? choice.quality : choice.code).toBe(served);
});

test('H.265 is served by the H.264 sub-stream, alone it is unsupported', () => {
  const untried = conditions('untried', 'untried');
  expect(chooseStream('main', h265Main, untried)).toEqual({ kind: 'serve', quality: 'sub' });
  expect(chooseStream('main', [h265Main[0]], untried)).toEqual({
    kind: 'fault',
    code: 'LIVE_CODEC_UNSUPPORTED',
  });
  expect(chooseStream('main', [], untried)).toEqual({ kind: 'fault', code: 'LIVE_UNAVAILABLE' });
});
