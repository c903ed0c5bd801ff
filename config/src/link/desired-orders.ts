import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkDown, StreamOrder } from '@nigehban/domain/link-messages.ts';

export type DesiredOrders = ReadonlyMap<CameraId, StreamOrder>;

type DesiredMessage = Extract<LinkDown, { type: 'desired' | 'desired-change' }>;

/** The whole desired state after a message: `desired` replaces, `desired-change` edits. Pure. */
export function applyDesired(orders: DesiredOrders, message: DesiredMessage): DesiredOrders {
  if (message.type === 'desired') {
    return new Map(message.orders.map((order) => [order.cameraId, order]));
  }
  const next = new Map(orders);
  for (const cameraId of message.remove) next.delete(cameraId);
  for (const order of message.upsert) next.set(order.cameraId, order);
  return next;
}
