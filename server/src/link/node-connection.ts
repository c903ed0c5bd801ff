import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault, fromFaultMessage, toFaultMessage } from '@nigehban/domain/faults.ts';
import type {
  LinkDown,
  LinkHello,
  LinkMethod,
  LinkMethods,
  LinkUp,
  NodeFact,
} from '@nigehban/domain/link-messages.ts';
import { WebSocket } from 'ws';

/** The server's end of one node's link, from its hello to its close. */
export interface NodeConnection {
  readonly hello: LinkHello;
  /** Milliseconds since the Unix epoch. */
  readonly linkedAtMs: number;
  send(message: LinkDown): void;
  /**
   * Asks the node. @throws the node's own Fault; NODE_UNAVAILABLE or GATEWAY_UNAVAILABLE when the
   * link is gone or no answer comes in time.
   */
  request<M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
    timeoutMs: number,
  ): Promise<LinkMethods[M][1]>;
  close(code: number, reason: string): void;
}

export interface NodeConnectionEvents {
  /** The hello came. */
  linked(connection: NodeConnection): void;
  facts(connection: NodeConnection, facts: readonly NodeFact[]): void;
  /** The link is gone; only after `linked`. */
  unlinked(connection: NodeConnection): void;
}

export const heartbeatEveryMs = 5_000;
/** The link is gone when so many pings in a row brought nothing. */
const mostUnanswered = 3;
const helloWithinMs = 10_000;
const maxBufferedBytes = 64 * 1024 * 1024;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: Fault) => void;
  readonly cancel: () => void;
}

/** Serves one authenticated socket until it closes. `holdWrites` is called before each write. */
export function serveNodeSocket(
  socket: WebSocket,
  holdWrites: () => void,
  clock: Clock,
  events: NodeConnectionEvents,
): void {
  let connection: NodeConnection | null = null;
  let unanswered = 0;
  let nextId = 1;
  const waiting = new Map<number, Waiting>();
  let cancelHeartbeat = () => {};
  const cancelHello = clock.after(helloWithinMs, () => {
    if (connection === null) socket.close(4408, 'no hello');
  });

  const away = () =>
    new Fault(
      connection?.hello.role === 'gateway' ? 'GATEWAY_UNAVAILABLE' : 'NODE_UNAVAILABLE',
      `The link to ${connection?.hello.nodeId ?? 'the node'} does not answer`,
    );
  const send = (message: LinkDown) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > maxBufferedBytes) {
      socket.terminate();
      return;
    }
    holdWrites();
    socket.send(JSON.stringify(message));
  };
  const request: NodeConnection['request'] = (method, params, timeoutMs) =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) {
        reject(away());
        return;
      }
      const id = nextId++;
      const cancel = clock.after(timeoutMs, () => {
        waiting.delete(id);
        reject(away());
      });
      waiting.set(id, {
        // The method's name ties its result's type; the node is ours, authenticated by the key.
        resolve: (result) => resolve(result as LinkMethods[typeof method][1]),
        reject,
        cancel,
      });
      send({ type: 'request', id, method, params });
    });

  const heartbeat = () => {
    // Counted, not timed: neither a step of the clock nor a stall of this process is the node's silence.
    if (unanswered >= mostUnanswered) {
      socket.terminate();
      return;
    }
    unanswered += 1;
    send({ type: 'ping' });
    cancelHeartbeat = clock.after(heartbeatEveryMs, heartbeat);
  };
  cancelHeartbeat = clock.after(heartbeatEveryMs, heartbeat);

  const receive = (message: LinkUp) => {
    switch (message.type) {
      case 'hello':
        if (connection !== null || !isHello(message)) {
          socket.close(4400, 'hello refused');
          return;
        }
        cancelHello();
        connection = {
          hello: message,
          linkedAtMs: clock.nowMs(),
          send,
          request,
          close: (code, reason) => socket.close(code, reason),
        };
        events.linked(connection);
        return;
      case 'facts':
        if (connection !== null && Array.isArray(message.facts)) {
          events.facts(connection, message.facts);
        }
        return;
      case 'reply': {
        const asked = waiting.get(message.id);
        if (asked === undefined) return;
        waiting.delete(message.id);
        asked.cancel();
        if ('fault' in message) asked.reject(fromFaultMessage(message.fault));
        else asked.resolve(message.result);
        return;
      }
      case 'request':
        send({
          type: 'reply',
          id: message.id,
          fault: toFaultMessage(
            new Fault('REQUEST_INVALID', `The server does not answer ${String(message.method)}`),
          ),
        });
        return;
      case 'pong':
        return;
    }
  };

  socket.on('message', (data, isBinary) => {
    unanswered = 0;
    if (isBinary) {
      socket.close(4400, 'text only');
      return;
    }
    let message: LinkUp;
    try {
      message = JSON.parse(String(data)) as LinkUp;
    } catch {
      socket.close(4400, 'not JSON');
      return;
    }
    receive(message);
  });
  // The close that follows tells what there is to tell.
  socket.on('error', () => {});
  socket.on('close', () => {
    cancelHello();
    cancelHeartbeat();
    for (const asked of waiting.values()) {
      asked.cancel();
      asked.reject(away());
    }
    waiting.clear();
    if (connection !== null) events.unlinked(connection);
  });
}

function isHello(message: LinkHello): boolean {
  return (
    (message.role === 'media' || message.role === 'gateway') &&
    typeof message.nodeId === 'string' &&
    /^[A-Za-z0-9._-]{1,64}$/.test(message.nodeId) &&
    Array.isArray(message.snapshot)
  );
}
