import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { rendezvous } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraOwners } from '../store/server-process-store.ts';
import { startWokenLoop } from './woken-loop.ts';

/**
 * Which of several server processes decides about a camera: the one that its media node is linked
 * to; of cameras without a linked node, living processes take their share by rendezvous hashing.
 * Two may believe it for a moment: versions of what is stored settle that.
 */
export interface CameraOwnership {
  ownerOf(cameraId: CameraId): string;
  owns(cameraId: CameraId): boolean;
  /** A media node linked to, or unlinked from, this process. */
  linksChanged(): void;
  stop(): Promise<void>;
}

export const serverLeaseMs = 10_000;
const beatEveryMs = 2_000;

export function startCameraOwnership(options: {
  readonly serverId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Media nodes that are linked to this process now. */
  readonly linkedNodes: () => readonly string[];
  readonly nodeOf: (cameraId: CameraId) => string | null;
  readonly beat: (linkedNodes: readonly string[]) => Promise<CameraOwners>;
  readonly end: () => Promise<void>;
  /** Others came, went, or hold other nodes: some cameras may have another owner. */
  readonly onChanged: () => void;
}): CameraOwnership {
  const { serverId, clock, log, linkedNodes } = options;
  let owners: CameraOwners = { servers: [serverId], serverOfNode: new Map() };
  let seen = '';
  let linked = new Set<string>();

  const pass = async () => {
    const next = await options.beat(linkedNodes());
    owners = next.servers.includes(serverId)
      ? next
      : { ...next, servers: [...next.servers, serverId].sort() };
    const looks = JSON.stringify([owners.servers, [...owners.serverOfNode].sort()]);
    if (looks === seen) return;
    seen = looks;
    options.onChanged();
  };
  linked = new Set(linkedNodes());
  const loop = startWokenLoop({
    clock,
    log,
    async pass() {
      await pass();
      return beatEveryMs;
    },
    everyMs: beatEveryMs,
    // What was known last holds: the database away must not stop the watching.
    failing: 'the owners of cameras cannot be read',
  });

  const ownerOf = (cameraId: CameraId): string => {
    const nodeId = options.nodeOf(cameraId);
    if (nodeId !== null) {
      if (linked.has(nodeId)) return serverId;
      const holder = owners.serverOfNode.get(nodeId);
      if (holder !== undefined && holder !== serverId) return holder;
    }
    return owners.servers.length < 2
      ? serverId
      : (rendezvous(cameraId, owners.servers) ?? serverId);
  };

  return {
    ownerOf,
    owns: (cameraId) => ownerOf(cameraId) === serverId,
    linksChanged() {
      linked = new Set(linkedNodes());
      loop.wake();
    },
    async stop() {
      await loop.stop();
      await options.end().catch(() => {
        // Its lease runs out by itself.
      });
    },
  };
}
