import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { rendezvous } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { CameraOwners } from '../store/server-process-store.ts';

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
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let failing = false;
  let cancel = () => {};

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
  const run = async () => {
    cancel();
    try {
      await pass();
      failing = false;
    } catch (error) {
      // What was known last holds: the database away must not stop the watching.
      if (!failing) log.warn({ err: error }, 'the owners of cameras cannot be read');
      failing = true;
    }
    running = null;
    if (stopped) return;
    cancel = clock.after(again && !failing ? 0 : beatEveryMs, wake);
    again = false;
  };
  const wake = () => {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = run();
  };
  linked = new Set(linkedNodes());
  wake();

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
      wake();
    },
    async stop() {
      stopped = true;
      cancel();
      await running;
      await options.end().catch(() => {
        // Its lease runs out by itself.
      });
    },
  };
}
