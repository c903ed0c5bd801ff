import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import type { RandomBytes } from '../onvif/camera-access.ts';
import { createCameraWork } from '../probe/camera-work.ts';
import type { RefusedCredentials } from '../probe/refused-credentials.ts';
import { type FollowedCamera, followCamera } from './follow-camera.ts';

export interface EventWatchPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly refused: RefusedCredentials;
  readonly orders: () => ReadonlyMap<CameraId, WatchOrder>;
  /** Whether this gateway is the one that looks at the camera. */
  readonly holds: (cameraId: CameraId) => boolean;
  readonly sendFacts: (facts: readonly WatchFact[]) => void;
}

export interface EventWatchLimits {
  /** Requests that wait at cameras at once: each is a socket. Beyond it cameras take turns. */
  readonly parallelPolls: number;
  /** Subscriptions being made or renewed at once. */
  readonly parallelCalls: number;
  /** New subscriptions are spread over this time for each camera, at most a minute in all. */
  readonly startEachMs: number;
}

export const defaultEventWatchLimits: EventWatchLimits = {
  parallelPolls: 4_096,
  parallelCalls: 64,
  startEachMs: 25,
};

export interface EventWatch {
  /** Events that are active, for a link that was away. */
  standing(): readonly WatchFact[];
  counts(): { readonly followed: number; readonly subscribed: number };
  /** Unsubscribes where cameras can be reached within 4 s, then resolves. */
  stop(): Promise<void>;
}

const reviewMs = 1_000;
const maxStartMs = 60_000;
/** Cameras that were not reached by then forget us by themselves. */
const goodbyeMs = 4_000;
const maxWaiting = 131_072;

/**
 * Follows the ONVIF events (PullPoint) of the cameras whose orders say so and that this gateway
 * holds. Orders and leases are looked at every second.
 */
export function startEventWatch(
  ports: EventWatchPorts,
  limits: EventWatchLimits = defaultEventWatchLimits,
): EventWatch {
  const { clock } = ports;
  const calls = createCameraWork(limits.parallelCalls, maxWaiting);
  const polls = createCameraWork(limits.parallelPolls, maxWaiting);
  const followed = new Map<CameraId, FollowedCamera>();
  const leaving = new Set<Promise<void>>();
  let cancelReview: () => void = () => {};

  const leave = (cameraId: CameraId, camera: FollowedCamera): void => {
    followed.delete(cameraId);
    const left = camera.stop().finally(() => leaving.delete(left));
    leaving.add(left);
  };

  const review = (): void => {
    const orders = ports.orders();
    for (const [cameraId, camera] of followed) {
      const order = orders.get(cameraId);
      const goesOn = order?.events === true && order.held !== true && ports.holds(cameraId);
      if (!goesOn || !sameWay(camera.order, order)) leave(cameraId, camera);
    }
    for (const [cameraId, order] of orders) {
      const isWanted = order.events && order.held !== true;
      if (!isWanted || followed.has(cameraId) || !ports.holds(cameraId)) continue;
      const startOverMs = Math.min(maxStartMs, limits.startEachMs * orders.size);
      const startAfterMs = ports.random() * startOverMs;
      followed.set(cameraId, followCamera(order, startAfterMs, { ...ports, calls, polls }));
    }
    cancelReview = clock.after(reviewMs, review);
  };

  review();
  return {
    standing: () => [...followed.values()].flatMap((camera) => camera.standing()),
    counts: () => ({
      followed: followed.size,
      subscribed: [...followed.values()].filter((camera) => camera.subscribed()).length,
    }),
    async stop() {
      cancelReview();
      for (const [cameraId, camera] of followed) leave(cameraId, camera);
      const patience = Promise.withResolvers<void>();
      const cancelPatience = clock.after(goodbyeMs, patience.resolve);
      await Promise.race([Promise.all([...leaving]), patience.promise]);
      cancelPatience();
      await Promise.all([calls.stop(), polls.stop()]);
    },
  };
}

/** Whether a camera is reached by the same address and credentials: else it is followed anew. */
function sameWay(one: WatchOrder, other: WatchOrder): boolean {
  return (
    one.endpoint.address === other.endpoint.address &&
    one.endpoint.onvifPort === other.endpoint.onvifPort &&
    one.credentials?.username === other.credentials?.username &&
    one.credentials?.password === other.credentials?.password
  );
}
