import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type {
  LinkMethod,
  LinkMethods,
  LiveConsumer,
  LiveJoined,
} from '@nigehban/domain/link-messages.ts';

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
  /** The browser is gone: the nodes release what it had. */
  close(): void;
}

export interface LiveSessions {
  open(): Viewer;
}

const joinWithinMs = 15_000;
const answerWithinMs = 10_000;

export function createLiveSessions(options: {
  /** A fresh id that cannot be guessed. */
  readonly createId: () => string;
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
    open() {
      const viewerId = options.createId();
      const nodeOfTransport = new Map<string, string>();
      const joinedNodes = new Set<string>();
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
          return await requestNode(ownNode(transportId), 'live.consume', params, joinWithinMs);
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
        close() {
          closed = true;
          for (const nodeId of joinedNodes) release(nodeId);
          nodeOfTransport.clear();
        },
      };
    },
  };
}
