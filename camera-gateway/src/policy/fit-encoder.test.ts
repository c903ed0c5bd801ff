import { expect, test } from 'vitest';
import type { EncoderOptions, EncoderSetting } from '../onvif/encoder-operations.ts';
import { fitEncoder, itemsOf } from './fit-encoder.ts';

const found: EncoderSetting = {
  codec: 'H265',
  widthPx: 640,
  heightPx: 360,
  frameRateFps: 25,
  bitrateKbps: 1024,
  keyFrameEveryFrames: 50,
};
const h264: EncoderOptions = {
  codec: 'H264',
  resolutions: [
    { widthPx: 320, heightPx: 240 },
    { widthPx: 640, heightPx: 480 },
  ],
  frameRates: [5, 12.5, 25],
  bitrateKbps: { min: 64, max: 768 },
  keyFrameEveryFrames: { min: 1, max: 100 },
};
const h265: EncoderOptions = { ...h264, codec: 'H265', frameRates: { min: 1, max: 30 } };

test('what the camera can is taken as it is; what it cannot goes to the nearest', () => {
  const policy = { codec: 'H264', bitrateKbps: 512, frameRateFps: 10 } as const;
  expect(fitEncoder(policy, found, [h265, h264])).toEqual({
    codec: 'H264',
    widthPx: 640,
    heightPx: 480,
    frameRateFps: 12.5,
    bitrateKbps: 512,
    keyFrameEveryFrames: 50,
  });
  expect(fitEncoder({ bitrateKbps: 4000, keyFrameEveryFrames: 200 }, found, [h265])).toMatchObject({
    codec: 'H265',
    frameRateFps: 25,
    bitrateKbps: 768,
    keyFrameEveryFrames: 100,
  });
});

test('a codec that the camera does not have leaves the one it has, with the rest fitted', () => {
  expect(fitEncoder({ codec: 'H264', bitrateKbps: 4000 }, found, [h265])).toMatchObject({
    codec: 'H265',
    bitrateKbps: 768,
  });
});

test('a camera that tells no options is asked for what is wanted', () => {
  const policy = { codec: 'H264', widthPx: 352, heightPx: 288, bitrateKbps: 300 } as const;
  expect(fitEncoder(policy, found, [])).toEqual({ ...found, ...policy });
});

test('items are those that the policy names', () => {
  expect(itemsOf({})).toEqual([]);
  expect(itemsOf({ widthPx: 640, heightPx: 360, codec: 'H264' })).toEqual(['codec', 'resolution']);
});
