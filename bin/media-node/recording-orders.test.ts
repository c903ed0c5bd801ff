import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import { streamSource } from '@nigehban/relay/streams/production-table.ts';
import { expect, test } from 'vitest';
import { recordingOrders } from './recording-orders.ts';

const stream = {
  profileToken: 'Profile_1',
  url: 'rtsp://127.0.0.9/main',
  codec: 'H264' as const,
  widthPx: 1280,
  heightPx: 720,
  frameRateFps: 25,
};
const order: StreamOrder = {
  cameraId: 7,
  cameraCode: 'GE24-NA117-PS042-C1',
  stationCode: 'GE24-NA117-PS042',
  record: true,
  streams: [
    { ...stream, quality: 'main' },
    { ...stream, quality: 'sub' },
  ],
  credentials: { username: 'viewer', password: 'secret' },
  transport: 'udp',
};

test('recording and live view pull one stream alike, by the transport that is wished', () => {
  const [recording] = recordingOrders([order]);
  expect(recording?.source).toEqual(streamSource(order, 'main'));
  expect(recording?.source.transport).toBe('udp');
  const { transport: _, ...without } = order;
  expect(recordingOrders([without])[0]?.source.transport).toBeUndefined();
});

test('only what is to be recorded and has a main stream', () => {
  expect(recordingOrders([{ ...order, record: false }])).toEqual([]);
  expect(recordingOrders([{ ...order, streams: order.streams.slice(1) }])).toEqual([]);
});
