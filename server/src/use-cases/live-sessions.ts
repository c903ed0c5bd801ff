import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type {
  LinkMethod,
  LinkMethods,
  LiveConsumer,
  LiveJoined,
} from '@nigehban/domain/link-messages.ts';
import type { Role } from '@nigehban/domain/permissions.ts';
import {
  type Listener,
  type ListeningEnd,
  type ListeningGate,
  type ListenRequest,
  LiveSounds,
} from './live-sounds.ts';

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
  /** The sound of a camera that was joined. */
  listen(request: ListenRequest): Promise<LiveConsumer>;
  control(
    method: 'live.resume' | 'live.pause' | 'live.leave',
    transportId: string,
    consumerId: string,
  ): Promise<{ readonly done: true }>;
  /** The node ended one of its transports, or all: returns their ids and knows them no more. */
  forgetTransports(nodeId: string, transportId?: string): readonly string[];
  /** The node ended a sound. False when it is none of this viewer's. */
  forgetSound(consumerId: string): boolean;
  /** Ends all that is heard, pictures go on; returns what ended. */
  silence(
    reason: ListeningEnd,
  ): readonly { readonly consumerId: string; readonly transportId: string }[];
  /** Cameras that this viewer was given pictures or sound of. */
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
  open(person: Listener): Viewer;
}

const joinWithinMs = 15_000;
const answerWithinMs = 10_000;

export function createLiveSessions(options: {
  /** A fresh id that cannot be guessed. */
  readonly createId: () => string;
  readonly monotonicMs: () => number;
  readonly listening: ListeningGate;
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
    open(person) {
      const { role } = person;
      const sounds = new LiveSounds(options.listening, person, options.monotonicMs);
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
      const noteWatched = (cameraId: CameraId, nodeId: string) => {
        nodesOfCamera.set(cameraId, (nodesOfCamera.get(cameraId) ?? new Set()).add(nodeId));
      };
      const leave = (nodeId: string, consumerId: string) => {
        requestNode(nodeId, 'live.leave', { viewerId, consumerId }, answerWithinMs).catch(() => {
          // Whoever does not know it any more has released it.
        });
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
          noteWatched(cameraId, nodeId);
          return await requestNode(nodeId, 'live.consume', params, joinWithinMs);
        },
        async listen(request) {
          const { transportId, cameraId } = request;
          await options.requireVisible(role, cameraId);
          const nodeId = ownNode(transportId);
          noteWatched(cameraId, nodeId);
          return await sounds.begin(request, {
            consume: (params) =>
              requestNode(nodeId, 'live.listen', { viewerId, ...params }, joinWithinMs),
            leave: (consumerId) => leave(nodeId, consumerId),
            isOpen: () => !closed && nodeOfTransport.has(transportId),
          });
        },
        async control(method, transportId, consumerId) {
          const params = { viewerId, consumerId };
          const nodeId = ownNode(transportId);
          try {
            const done = await requestNode(nodeId, method, params, answerWithinMs);
            if (method === 'live.leave') sounds.end(consumerId, 'stopped');
            return done;
          } catch (error) {
            // Any other fault leaves it open whether the node still sends: then it counts as heard.
            const isGone = error instanceof Fault && error.code === 'LIVE_SESSION_UNKNOWN';
            if (isGone) sounds.end(consumerId, 'stopped');
            throw error;
          }
        },
        forgetTransports(nodeId, transportId) {
          const ids = [...nodeOfTransport]
            .filter(([id, node]) => node === nodeId && (transportId ?? id) === id)
            .map(([id]) => id);
          for (const id of ids) nodeOfTransport.delete(id);
          sounds.endOn(ids, 'connection-ended');
          return ids;
        },
        forgetSound: (consumerId) => sounds.end(consumerId, 'sound-changed'),
        silence(reason) {
          const heard = sounds.heard();
          for (const { consumerId, transportId } of heard) {
            const nodeId = nodeOfTransport.get(transportId);
            if (nodeId !== undefined) leave(nodeId, consumerId);
          }
          sounds.endAll(reason);
          return heard;
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
          sounds.endOn(ended, 'view-unapproved');
          for (const [cameraId, nodes] of nodesOfCamera) {
            for (const nodeId of nodeIds) nodes.delete(nodeId);
            if (nodes.size === 0) nodesOfCamera.delete(cameraId);
          }
          return ended;
        },
        close() {
          closed = true;
          sounds.endAll('connection-ended');
          for (const nodeId of joinedNodes) release(nodeId);
          nodeOfTransport.clear();
        },
      };
    },
  };
}
