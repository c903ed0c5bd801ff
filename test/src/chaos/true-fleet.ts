import { systemClock } from '@nigehban/config/clock/clock.ts';
import { type NodeLink, startNodeLink } from '@nigehban/config/link/node-link.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import { startFakeGateway } from '@nigehban/server/testing/fake-nodes.ts';
import { testClusterKey, testLog } from '@nigehban/server/testing/test-services.ts';

/** Cameras whose truth the test sets, and media nodes and a gateway that tell nothing else. */
export interface TrueFleet {
  isDown(cameraId: CameraId): boolean;
  /** Cuts or restores cameras; the nodes that carry them tell it at once, as far as they are linked. */
  set(cameraIds: readonly CameraId[], down: boolean): void;
  /** Cameras that the nodes were ordered to carry. */
  carried(): number;
  stop(): Promise<void>;
}

/** Dials as `media-1`, `media-2` and a gateway. What is missed while unlinked is in the next hello. */
export function startTrueFleet(serverUrl: string): TrueFleet {
  const down = new Set<CameraId>();
  const factOf = (cameraId: CameraId): NodeFact =>
    down.has(cameraId)
      ? {
          kind: 'stream-down',
          cameraId,
          quality: 'main',
          atMs: Date.now(),
          lastFrameMs: Date.now() - 5_000,
          fault: 'CAMERA_SILENT',
          evidence: 'no packet for 5 s',
        }
      : { kind: 'stream-flowing', cameraId, quality: 'main', atMs: Date.now() };
  const nodes: { readonly link: NodeLink; readonly carries: Set<CameraId> }[] = [];
  for (const nodeId of ['media-1', 'media-2']) {
    const carries = new Set<CameraId>();
    const link = startNodeLink({
      serverUrl,
      clusterKey: testClusterKey,
      clock: systemClock,
      random: Math.random,
      log: testLog,
      hello: () => ({
        role: 'media',
        nodeId,
        version: 'chaos',
        startedAtMs: Date.now(),
        footageUrl: null,
        snapshot: [...carries].map(factOf),
      }),
      onDesired(orders) {
        const ordered = orders.map((order) => order.cameraId);
        const fresh = ordered.filter((id) => !carries.has(id));
        carries.clear();
        for (const id of ordered) carries.add(id);
        link.sendFacts(fresh.map(factOf));
      },
    });
    nodes.push({ link, carries });
  }
  const gateway = startFakeGateway(serverUrl, {
    'gateway.check': async ({ cameraId }) =>
      down.has(cameraId)
        ? { kind: 'unreachable', fault: 'CAMERA_UNREACHABLE', evidence: 'no route to host' }
        : { kind: 'answers' },
  });
  return {
    isDown: (cameraId) => down.has(cameraId),
    set(cameraIds, isDown) {
      for (const id of cameraIds) {
        if (isDown) down.add(id);
        else down.delete(id);
      }
      for (const { link, carries } of nodes) {
        link.sendFacts(cameraIds.filter((id) => carries.has(id)).map(factOf));
      }
    },
    carried: () => nodes.reduce((sum, { carries }) => sum + carries.size, 0),
    async stop() {
      for (const { link } of nodes) await link.stop();
      await gateway.stop();
    },
  };
}
