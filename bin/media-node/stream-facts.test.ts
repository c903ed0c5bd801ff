import type { StreamStatus } from '@nigehban/media/hub/stream-hub-types.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import { expect, test } from 'vitest';
import { factOfEvent, factOfStatus, parseStreamKey, streamKey } from './stream-facts.ts';

test('keys read back; foreign keys are nobody’s', () => {
  expect(parseStreamKey(streamKey(17, 'sub'))).toEqual({ cameraId: 17, quality: 'sub' });
  expect(parseStreamKey('17/x')).toBeUndefined();
});

test('a refused stream is a fact with the coded fault and its evidence', () => {
  const error = new MediaError('SESSIONS_EXHAUSTED', 'SETUP answered 453', { statusCode: 453 });
  expect(
    factOfEvent({
      kind: 'down',
      key: '3/main',
      atUs: 5_000_900,
      stop: { cause: 'sessions-exhausted', error, lastPacketUs: 1_000_000 },
    }),
  ).toEqual({
    kind: 'stream-down',
    cameraId: 3,
    quality: 'main',
    atMs: 5_000,
    lastFrameMs: 1_000,
    fault: 'CAMERA_SESSIONS_EXHAUSTED',
    evidence: 'SETUP answered 453',
  });
});

test('a stream that we stopped ourselves is no fact, a connecting one is not known yet', () => {
  const stop = { cause: 'stopped', error: undefined, lastPacketUs: undefined } as const;
  expect(factOfEvent({ kind: 'down', key: '3/main', atUs: 1, stop })).toBeUndefined();
  const status = { key: '3/main', state: { kind: 'connecting', sinceUs: 1, attempt: 1 } };
  expect(factOfStatus(status as StreamStatus)).toBeUndefined();
});
