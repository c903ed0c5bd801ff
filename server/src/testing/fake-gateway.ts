import { systemClock } from '@nigehban/config/clock/clock.ts';
import { type NodeLink, startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { LinkMethod, LinkMethods } from '@nigehban/domain/link-messages.ts';
import type {
  ViewVerdict,
  WatchDown,
  WatchFact,
  WatchOrder,
  WatchPolicy,
} from '@nigehban/domain/watch-orders.ts';
import { testClusterKey, testLog } from './test-services.ts';

type Handlers = {
  readonly [M in LinkMethod]?: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>;
};

/** A gateway that is only its link: it keeps its watch orders and tells what the test says. */
export interface FakeGateway {
  readonly link: NodeLink;
  /** By camera code; as told so far. */
  orders(): ReadonlyMap<string, WatchOrder>;
  policy(): WatchPolicy | null;
  /** Every message, in order. */
  readonly heard: readonly WatchDown[];
  tell(...facts: readonly WatchFact[]): void;
  lost(cameraIds: readonly CameraId[]): void;
  answered(cameraIds: readonly CameraId[], clockOffsetMs?: number): void;
  judged(cameraId: CameraId, verdict: ViewVerdict): void;
}

export function startFakeWatchGateway(
  serverUrl: string,
  options: { readonly nodeId?: string; readonly handlers?: Handlers } = {},
): FakeGateway {
  const orders = new Map<CameraId, WatchOrder>();
  const heard: WatchDown[] = [];
  let policy: WatchPolicy | null = null;
  const link = startNodeLink({
    serverUrl,
    clusterKey: testClusterKey,
    clock: systemClock,
    random: Math.random,
    log: testLog,
    hello: () => ({
      role: 'gateway',
      nodeId: options.nodeId ?? 'gateway-1',
      version: 'test',
      startedAtMs: Date.now(),
      footageUrl: null,
      snapshot: [],
    }),
    onWatch(message) {
      heard.push(message);
      if (message.type === 'watch') {
        orders.clear();
        policy = message.policy;
        for (const order of message.orders) orders.set(order.cameraId, order);
      } else {
        for (const order of message.upsert) orders.set(order.cameraId, order);
        for (const cameraId of message.remove) orders.delete(cameraId);
      }
    },
  });
  for (const [method, handle] of Object.entries(options.handlers ?? {})) {
    link.handle(method as LinkMethod, handle as never);
  }
  const tell = (...facts: readonly WatchFact[]) => link.sendFacts(facts);
  return {
    link,
    orders: () => new Map([...orders.values()].map((order) => [order.cameraCode, order])),
    policy: () => policy,
    heard,
    tell,
    lost(cameraIds) {
      tell(
        ...cameraIds.map((cameraId) => ({
          kind: 'camera-lost' as const,
          cameraId,
          atMs: Date.now(),
          outcome: {
            kind: 'unreachable' as const,
            fault: 'CAMERA_UNREACHABLE' as const,
            evidence: 'no answer in 5 s, twice',
          },
        })),
      );
    },
    answered(cameraIds, clockOffsetMs = 0) {
      tell(
        ...cameraIds.map((cameraId) => ({
          kind: 'camera-answered' as const,
          cameraId,
          atMs: Date.now(),
          clockOffsetMs,
        })),
      );
    },
    judged(cameraId, verdict) {
      tell({
        kind: 'view-judged',
        cameraId,
        atMs: Date.now(),
        verdict,
        evidence: `judged ${verdict}`,
      });
    },
  };
}
