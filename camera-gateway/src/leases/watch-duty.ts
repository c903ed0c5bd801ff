import type { CameraId } from '@nigehban/domain/camera.ts';
import {
  defaultWatchPolicy,
  type WatchDown,
  type WatchOrder,
  type WatchPolicy,
} from '@nigehban/domain/watch-orders.ts';
import { shardOf } from './plan-shards.ts';
import type { ShardLeases } from './shard-leases.ts';

/** A camera that this gateway is to watch from now on. */
export interface Duty {
  readonly order: WatchOrder;
  /** Since when nobody showed to be watching it; null: not known, or it is new. */
  readonly unheldForMs: number | null;
}

export interface WatchDutyListener {
  /** In whole after a change of policy, which comes with all orders. */
  readonly onPolicy?: (policy: WatchPolicy) => void;
  /** New or changed orders of held cameras, and cameras that are this gateway's no more. */
  readonly onChange: (begun: readonly Duty[], ended: readonly CameraId[]) => void;
}

/** All watch orders, and which of them are this gateway's by its shard leases. */
export interface WatchDuty {
  accept(message: WatchDown): void;
  /** All orders, also those that others carry out; live. */
  book(): { readonly policy: WatchPolicy; readonly orders: ReadonlyMap<CameraId, WatchOrder> };
  /** True while this gateway is the one that watches the camera. */
  holds(cameraId: CameraId): boolean;
  policy(): WatchPolicy;
  /** Tells the listener what is held already, then each change. */
  listen(listener: WatchDutyListener): void;
}

export function createWatchDuty(leases: ShardLeases): WatchDuty {
  const orders = new Map<CameraId, WatchOrder>();
  let policy = defaultWatchPolicy;
  const listeners: WatchDutyListener[] = [];
  const isHeld = (order: WatchOrder): boolean => leases.holds(shardOf(order.stationId));
  const heldNow = (): WatchOrder[] => [...orders.values()].filter(isHeld);
  const tell = (begun: readonly Duty[], ended: readonly CameraId[]): void => {
    if (begun.length === 0 && ended.length === 0) return;
    for (const listener of listeners) listener.onChange(begun, ended);
  };
  const fresh = (order: WatchOrder): Duty => ({ order, unheldForMs: null });

  const replace = (upsert: readonly WatchOrder[], remove: readonly CameraId[]): void => {
    const begun: Duty[] = [];
    const ended: CameraId[] = [];
    for (const cameraId of remove) {
      const before = orders.get(cameraId);
      orders.delete(cameraId);
      if (before !== undefined && isHeld(before)) ended.push(cameraId);
    }
    for (const order of upsert) {
      const before = orders.get(order.cameraId);
      orders.set(order.cameraId, order);
      if (isHeld(order)) {
        if (before === undefined || !isSame(before, order)) begun.push(fresh(order));
      } else if (before !== undefined && isHeld(before)) ended.push(order.cameraId);
    }
    tell(begun, ended);
  };

  leases.onChange(({ taken, lost }) => {
    const unheld = new Map(taken.map(({ shard, unheldForMs }) => [shard, unheldForMs]));
    const gone = new Set(lost);
    const begun: Duty[] = [];
    const ended: CameraId[] = [];
    for (const order of orders.values()) {
      const shard = shardOf(order.stationId);
      const unheldForMs = unheld.get(shard);
      if (unheldForMs !== undefined) begun.push({ order, unheldForMs });
      else if (gone.has(shard)) ended.push(order.cameraId);
    }
    tell(begun, ended);
  });

  return {
    accept(message) {
      if (message.type === 'watch-change') {
        replace(message.upsert, message.remove);
        return;
      }
      policy = message.policy;
      for (const listener of listeners) listener.onPolicy?.(policy);
      const named = new Set(message.orders.map((order) => order.cameraId));
      replace(
        message.orders,
        [...orders.keys()].filter((cameraId) => !named.has(cameraId)),
      );
    },
    book: () => ({ policy, orders }),
    holds(cameraId) {
      const order = orders.get(cameraId);
      return order !== undefined && isHeld(order);
    },
    policy: () => policy,
    listen(listener) {
      listeners.push(listener);
      listener.onPolicy?.(policy);
      const held = heldNow().map(fresh);
      if (held.length > 0) listener.onChange(held, []);
    },
  };
}

/** Orders come whole at each link-up: what has not changed goes on undisturbed. */
function isSame(one: WatchOrder, other: WatchOrder): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
