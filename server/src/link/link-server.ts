import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { createTurnCork } from '@nigehban/config/link/cork-turn.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type {
  LinkMethod,
  LinkMethods,
  LinkRole,
  NodeFact,
} from '@nigehban/domain/link-messages.ts';
import { WebSocketServer } from 'ws';
import { secretsEqual } from '../security/tokens.ts';
import { type NodeConnection, serveNodeSocket } from './node-connection.ts';
import type { RequestGateway, RequestNode } from './node-requests.ts';

export const linkPath = '/internal/link';

export interface LinkEvents {
  linked(node: NodeConnection): void;
  facts(node: NodeConnection, facts: readonly NodeFact[]): void;
  unlinked(node: NodeConnection): void;
}

/** All links of this process. A node that dials again replaces its former link. */
export interface LinkServer {
  /** Takes over an HTTP upgrade to {@link linkPath}; refuses a wrong cluster key with 401. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  node(nodeId: string): NodeConnection | null;
  nodes(role: LinkRole): readonly NodeConnection[];
  /** Asks a media node. @throws Fault NODE_UNAVAILABLE when it is not linked here. */
  readonly requestNode: RequestNode;
  /** Asks the linked gateways in turn. @throws Fault GATEWAY_UNAVAILABLE when none is linked. */
  readonly requestGateway: RequestGateway;
  /** Asks a node that is linked here for another server process. @throws Fault as the others */
  answer(call: {
    readonly role: LinkRole;
    readonly nodeId: string;
    readonly method: LinkMethod;
    readonly params: unknown;
    readonly timeoutMs: number;
  }): Promise<unknown>;
  stop(): Promise<void>;
}

const maxMessageBytes = 64 * 1024 * 1024;

/** `events` are called in the order in which things happen to a node. */
export function createLinkServer(options: {
  readonly clusterKey: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: LinkEvents;
}): LinkServer {
  const { clock, log, events } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const byId = new Map<string, NodeConnection>();
  let turn = 0;

  const nodes = (role: LinkRole) => [...byId.values()].filter((node) => node.hello.role === role);

  return {
    handleUpgrade(request, socket, head) {
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!secretsEqual(given, options.clusterKey)) {
        log.warn(
          { address: request.socket.remoteAddress },
          'a link was refused: wrong cluster key',
        );
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        serveNodeSocket(webSocket, createTurnCork(socket), clock, {
          linked(node) {
            const { nodeId, role } = node.hello;
            const key = `${role}/${nodeId}`;
            const former = byId.get(key);
            byId.set(key, node);
            former?.close(4409, 'linked again');
            log.info({ nodeId, role }, 'a node linked');
            events.linked(node);
          },
          facts(node, facts) {
            if (byId.get(`${node.hello.role}/${node.hello.nodeId}`) === node)
              events.facts(node, facts);
          },
          unlinked(node) {
            const key = `${node.hello.role}/${node.hello.nodeId}`;
            if (byId.get(key) !== node) return;
            byId.delete(key);
            log.warn({ nodeId: node.hello.nodeId, role: node.hello.role }, 'a node is unlinked');
            events.unlinked(node);
          },
        });
      });
    },
    node: (nodeId) => byId.get(`media/${nodeId}`) ?? null,
    nodes,
    async requestNode(nodeId, method, params, timeoutMs) {
      const node = byId.get(`media/${nodeId}`);
      if (node === undefined) {
        throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} is not linked`);
      }
      return await node.request(method, params, timeoutMs);
    },
    async requestGateway(method, params, timeoutMs) {
      const gateways = nodes('gateway');
      const gateway = gateways[turn++ % Math.max(1, gateways.length)];
      if (gateway === undefined) {
        throw new Fault('GATEWAY_UNAVAILABLE', 'No camera gateway is linked');
      }
      return await gateway.request(method, params, timeoutMs);
    },
    async answer({ role, nodeId, method, params, timeoutMs }) {
      const node = byId.get(`${role}/${nodeId}`);
      if (node === undefined) {
        throw new Fault(
          role === 'gateway' ? 'GATEWAY_UNAVAILABLE' : 'NODE_UNAVAILABLE',
          `${nodeId} is not linked any more`,
        );
      }
      // The asking process typed them: one build runs in all.
      return await node.request(method, params as LinkMethods[typeof method][0], timeoutMs);
    },
    async stop() {
      for (const socket of sockets.clients) socket.close(1001, 'server stops');
      await new Promise<void>((resolve) => {
        const cancel = clock.after(1_000, () => {
          for (const socket of sockets.clients) socket.terminate();
        });
        sockets.close(() => {
          cancel();
          resolve();
        });
        if (sockets.clients.size === 0) return;
      });
    },
  };
}
