import type { TrackDescription } from '@nigehban/media/hub/stream-hub-types.ts';
import { expect, test } from 'vitest';
import {
  buildAudioProducerParameters,
  buildVideoProducerParameters,
  soundOf,
  soundTrackToForward,
  videoTrackToForward,
} from './producer-parameters.ts';
import { routerCodecs } from './router-codecs.ts';

const video: TrackDescription = {
  index: 1,
  kind: 'video',
  codec: 'H264',
  payloadType: 96,
  clockRateHz: 90_000,
  channels: 0,
  formatParameters: { 'packetization-mode': '1' },
  parameterSets: [],
};
const audio: TrackDescription = {
  ...video,
  index: 0,
  kind: 'audio',
  codec: 'PCMA',
  clockRateHz: 8000,
  channels: 1,
};

test('the first H.264 track that browsers can depacketize is forwarded', () => {
  expect(videoTrackToForward([audio, video])).toBe(video);
  expect(videoTrackToForward([{ ...video, formatParameters: {} }])).toBeDefined();
  expect(videoTrackToForward([audio, { ...video, codec: 'H265' }])).toBeUndefined();
  expect(
    videoTrackToForward([{ ...video, formatParameters: { 'packetization-mode': '2' } }]),
  ).toBeUndefined();
});

test('what is produced is what every router has', () => {
  const [h264] = routerCodecs();
  const { codecs, encodings } = buildVideoProducerParameters(77, 'camera-1');
  expect(codecs).toMatchObject([
    { mimeType: h264?.mimeType, clockRate: h264?.clockRate, parameters: h264?.parameters },
  ]);
  expect(encodings).toEqual([{ ssrc: 77 }]);
  expect(codecs[0]?.rtcpFeedback).toEqual([{ type: 'nack', parameter: 'pli' }]);
});

test('G.711 of one channel at 8 kHz is heard, other sound is named as such', () => {
  const heard = (changes: Partial<TrackDescription>) => soundOf([video, { ...audio, ...changes }]);
  expect(soundTrackToForward([video, audio])).toBe(audio);
  expect(heard({})).toBe('available');
  expect(heard({ codec: 'PCMU', payloadType: 0 })).toBe('available');
  expect(heard({ codec: 'MPEG4-GENERIC', clockRateHz: 16_000 })).toBe('unsupported');
  expect(heard({ clockRateHz: 16_000 })).toBe('unsupported');
  expect(heard({ channels: 2 })).toBe('unsupported');
  expect(soundOf([video])).toBe('none');
});

test('sound is produced under the static payload types that every router has', () => {
  for (const codec of ['PCMU', 'PCMA'] as const) {
    const { codecs, encodings } = buildAudioProducerParameters(codec, 5, 'camera-1');
    const known = routerCodecs().find(({ mimeType }) => mimeType === `audio/${codec}`);
    expect(codecs).toEqual([
      {
        mimeType: `audio/${codec}`,
        payloadType: known?.preferredPayloadType,
        clockRate: known?.clockRate,
      },
    ]);
    expect(encodings).toEqual([{ ssrc: 5 }]);
  }
});
