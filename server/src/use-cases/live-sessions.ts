import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type {
  LinkMethod,
  LinkMethods,
  LiveConsumer,
  LiveJoined,
} from '@nigehban/domain/link-messages.ts';
import type { Role } from '@nigehban/domain/permissions.ts';

/** One browser connection's live views. Its transports are its own: nobody else's id is accepted. */
export interface Viewer {
  readonly viewerId: string;
  join(cameraId: CameraId, quality: StreamQuality): Promise<LiveJoined>;
  connect(transportId: string, dtlsParameters: unknown): Promise<{ readonly done: true }>;
  consume(
    transportId: string,
    cameraId: CameraId,
    quality: StreamQuality,
    rtpCapabilities: unknown,
  ): Promise<LiveConsumer>;
  control(
    method: 'live.resume' | 'live.pause' | 'live.leave',
    transportId: string,
    consumerId: string,
  ): Promise<{ readonly done: true }>;
  /** The node ended one of its transports, or all: returns their ids and knows them no more. */
  forgetTransports(nodeId: string, transportId?: string): readonly string[];
  /** Cameras that this viewer was given pictures of. */
  watched(): readonly CameraId[];
  /**
   * Ends what it has at every node that gives it one of these cameras; returns the transports that
   * ended. A node's transport carries several cameras: the browser joins the others again.
   */
  drop(cameraIds: ReadonlySet<CameraId>): readonly string[];
  /** The browser is gone: the nodes release what it had. */
  close(): void;
}

export interface LiveSessions {
  open(role: Role): Viewer;
}

const joinWithinMs = 15_000;
const answerWithinMs = 10_000;

export function createLiveSessions(options: {
  /** A fresh id that cannot be guessed. */
  readonly createId: () => string;
  /** @throws Fault VIEW_UNAPPROVED when people of this role may not see the camera now */
  readonly requireVisible: (role: Role, cameraId: CameraId) => Promise<void>;
  /** The node that carries the camera. @throws Fault CAMERA_UNKNOWN, LIVE_UNAVAILABLE */
  readonly nodeOf: (cameraId: CameraId) => string;
  readonly requestNode: <M extends LinkMethod>(
    nodeId: string,
    method: M,
    params: LinkMethods[M][0],
    timeoutMs: number,
  ) => Promise<LinkMethods[M][1]>;
}): LiveSessions {
  const { nodeOf, requestNode } = options;
  return {
    open(role) {
      const viewerId = options.createId();
      const nodeOfTransport = new Map<string, string>();
      const joinedNodes = new Set<string>();
      const nodesOfCamera = new Map<CameraId, Set<string>>();
      let closed = false;

      const ownNode = (transportId: string): string => {
        const nodeId = nodeOfTransport.get(transportId);
        if (nodeId === undefined) {
          throw new Fault('LIVE_SESSION_UNKNOWN', 'This connection has no such live view');
        }
        return nodeId;
      };
      const release = (nodeId: string) => {
        requestNode(nodeId, 'live.close', { viewerId }, answerWithinMs).catch(() => {
          // The node is gone, and the viewer's transports with it.
        });
      };

      return {
        viewerId,
        async join(cameraId, quality) {
          await options.requireVisible(role, cameraId);
          const nodeId = nodeOf(cameraId);
          joinedNodes.add(nodeId);
          const params = { viewerId, cameraId, quality };
          const joined = await requestNode(nodeId, 'live.join', params, joinWithinMs);
          if (closed) release(nodeId);
          else nodeOfTransport.set(joined.transportId, nodeId);
          return joined;
        },
        async connect(transportId, dtlsParameters) {
          const params = { viewerId, transportId, dtlsParameters };
          return await requestNode(ownNode(transportId), 'live.connect', params, answerWithinMs);
        },
        async consume(transportId, cameraId, quality, rtpCapabilities) {
          const params = { viewerId, transportId, cameraId, quality, rtpCapabilities };
          await options.requireVisible(role, cameraId);
          const nodeId = ownNode(transportId);
          nodesOfCamera.set(cameraId, (nodesOfCamera.get(cameraId) ?? new Set()).add(nodeId));
          return await requestNode(nodeId, 'live.consume', params, joinWithinMs);
        },
        async control(method, transportId, consumerId) {
          const params = { viewerId, consumerId };
          return await requestNode(ownNode(transportId), method, params, answerWithinMs);
        },
        forgetTransports(nodeId, transportId) {
          const ids = [...nodeOfTransport]
            .filter(([id, node]) => node === nodeId && (transportId ?? id) === id)
            .map(([id]) => id);
          for (const id of ids) nodeOfTransport.delete(id);
          return ids;
        },
        watched: () => [...nodesOfCamera.keys()],
        drop(cameraIds) {
          const nodeIds = new Set(
            [...cameraIds].flatMap((cameraId) => [...(nodesOfCamera.get(cameraId) ?? [])]),
          );
          const ended: string[] = [];
          for (const nodeId of nodeIds) {
            release(nodeId);
            for (const [transportId, node] of nodeOfTransport) {
              if (node === nodeId) ended.push(transportId);
            }
          }
          for (const transportId of ended) nodeOfTransport.delete(transportId);
          for (const [cameraId, nodes] of nodesOfCamera) {
            for (const nodeId of nodeIds) nodes.delete(nodeId);
            if (nodes.size === 0) nodesOfCamera.delete(cameraId);
          }
          return ended;
        },
        close() {
          closed = true;
          for (const nodeId of joinedNodes) release(nodeId);
          nodeOfTransport.clear();
        },
      };
    },
  };
}
