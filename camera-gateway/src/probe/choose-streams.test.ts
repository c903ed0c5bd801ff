import { expect, test } from 'vitest';
import type { MediaProfile } from '../onvif/media-operations.ts';
import { chooseStreams, mergeProfiles } from './choose-streams.ts';

function profile(
  token: string,
  codec: MediaProfile['codec'],
  widthPx: number,
  heightPx: number,
  frameRateFps: number | null = 25,
): MediaProfile {
  return { token, name: token, service: 'media2', codec, widthPx, heightPx, frameRateFps };
}

const tokens = (profiles: readonly MediaProfile[]): readonly string[] =>
  chooseStreams(profiles).map(({ quality, profile: { token } }) => `${quality} ${token}`);

test('main is the largest, sub the smallest H.264 that shows something', () => {
  expect(
    tokens([
      profile('tiny', 'H264', 176, 144),
      profile('sub', 'H264', 640, 360),
      profile('mid', 'H264', 704, 576),
      profile('main', 'H265', 2560, 1440),
      profile('still', 'JPEG', 3840, 2160),
      profile('old', 'other', 4000, 3000),
    ]),
  ).toEqual(['main main', 'sub sub']);
});

test('of equal size the one with more frames is main, the other may be sub', () => {
  expect(
    tokens([profile('a', 'H264', 1280, 720, null), profile('b', 'H264', 1280, 720, 15)]),
  ).toEqual(['main b', 'sub a']);
});

test('an H.265 sub-stream is none: browsers need H.264', () => {
  expect(tokens([profile('a', 'H264', 1280, 720), profile('b', 'H265', 640, 360)])).toEqual([
    'main a',
  ]);
});

test('where every other picture is narrow, the largest of them is sub', () => {
  expect(
    tokens([
      profile('main', 'H265', 1280, 720),
      profile('narrow', 'H264', 160, 90),
      profile('less narrow', 'H264', 176, 144),
    ]),
  ).toEqual(['main main', 'sub less narrow']);
});

test('nothing recordable, nothing chosen', () => {
  expect(tokens([profile('a', 'JPEG', 1280, 720), profile('b', 'H264', 0, 0)])).toEqual([]);
});

test('Media 2 has the word where both tell of a profile', () => {
  const told1 = { ...profile('p', 'H264', 640, 480), service: 'media' as const };
  const told2 = profile('p', 'H265', 2560, 1440);
  const only1 = { ...profile('q', 'H264', 640, 360), service: 'media' as const };
  expect(mergeProfiles([told2], [told1, only1])).toEqual([told2, only1]);
});
