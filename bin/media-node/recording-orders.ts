import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { RecordingOrder } from '@nigehban/recorder/recorder-types.ts';
import { streamKey } from './stream-facts.ts';

/** What of the desired state the recorder does: the main streams of cameras that are to be recorded. */
export function recordingOrders(orders: readonly StreamOrder[]): RecordingOrder[] {
  return orders.flatMap((order) => {
    const main = order.streams.find((stream) => stream.quality === 'main');
    if (!order.record || main === undefined) return [];
    return [
      {
        cameraId: order.cameraId,
        cameraCode: order.cameraCode,
        stationCode: order.stationCode,
        source: {
          key: streamKey(order.cameraId, 'main'),
          url: main.url,
          username: order.credentials?.username,
          password: order.credentials?.password,
          transport: order.transport,
          held: order.held,
        },
      },
    ];
  });
}
