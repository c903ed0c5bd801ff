import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { ClientMessage, ServerMessage } from '@nigehban/domain/api/ws-messages.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import { type Action, can, type Role } from '@nigehban/domain/permissions.ts';
import { WebSocket, WebSocketServer } from 'ws';
import type { SessionRow } from '../store/user-store.ts';
import type { LiveSessions } from '../use-cases/live-sessions.ts';
import { type WsMethodTable, wsMethods } from './ws-methods.ts';

export const browserPath = '/api/ws';

/** A change before its number is given. */
export type Push = DistributiveOmit<
  Extract<
    ServerMessage,
    { type: 'camera' | 'station' | 'alert' | 'incident' | 'phase' | 'reload' }
  >,
  'seq'
>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What a browser must be allowed to do to hear of it. */
export const pushAccess: Readonly<Record<Push['type'], Action>> = {
  camera: 'status.read',
  station: 'status.read',
  alert: 'alert.read',
  incident: 'alert.read',
  phase: 'status.read',
  reload: 'status.read',
};

const heartbeatEveryMs = 5_000;
const recheckEveryMs = 30_000;
/** All alerts of a province that goes dark fit in here a few times. */
const maxBufferedBytes = 32 * 1024 * 1024;
const messagesPerFrame = 500;
const maxMessageBytes = 256 * 1024;
const maxRequestsInFlight = 64;

/** The browsers of this process: tells them what changes, and answers their requests. */
export interface BrowserHub {
  /** Serves the socket of somebody who is signed in; the caller has checked session and origin. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    session: SessionRow,
    token: string,
    /** Where the browser is. */
    address: string | null,
  ): void;
  push(message: Push): void;
  /** Tells several changes, in few frames. */
  pushAll(messages: readonly Push[]): void;
  /** A media node ended a viewer's transport, or all it had there. */
  liveClosed(nodeId: string, closed: Extract<NodeFact, { kind: 'live-closed' }>): void;
  /** Ends the live views of cameras that their viewers may see no more; `hidden` says which those are. */
  recheckViews(
    hidden: (role: Role, cameraIds: readonly CameraId[]) => Promise<ReadonlySet<CameraId>>,
  ): Promise<void>;
  /** Ends what people of these roles hear; their pictures go on. */
  endListening(withdrawn: (role: Role) => boolean): void;
  /** Tells every open console of a user. */
  notify(username: string, message: Extract<ServerMessage, { type: 'notice' }>): void;
  signedOut(token: string): void;
  /** Some sessions of that user ended: whose did is found out at once. */
  sessionsEnded(username: string): void;
  clients(): number;
  stop(): Promise<void>;
}

interface Client {
  readonly socket: WebSocket;
  readonly session: SessionRow;
  readonly token: string;
  readonly live: ReturnType<LiveSessions['open']>;
  alive: boolean;
  checkedAtMs: number;
  inFlight: number;
}

export function createBrowserHub(options: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveSessions;
  /** The session while it is still good. */
  readonly readSession: (token: string) => Promise<SessionRow | null>;
}): BrowserHub {
  const { clock, log, live } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const clients = new Set<Client>();
  // Begins at the clock, so that a restarted server never repeats the numbers of the former one.
  let seq = clock.nowMs();

  const sendText = (client: Client, text: string | Buffer) => {
    if (client.socket.readyState !== WebSocket.OPEN) return;
    if (client.socket.bufferedAmount > maxBufferedBytes) {
      log.warn({ username: client.session.username }, 'a browser reads too slowly: dropped');
      client.socket.terminate();
      return;
    }
    client.socket.send(text, { binary: false });
  };
  const send = (client: Client, message: ServerMessage) =>
    sendText(client, JSON.stringify(message));

  const heartbeat = () => {
    const nowMs = clock.nowMs();
    for (const client of clients) {
      if (!client.alive || client.session.expiresAtMs <= nowMs) {
        client.socket.terminate();
        continue;
      }
      client.alive = false;
      client.socket.ping();
      send(client, { type: 'heartbeat', nowMs, seq });
      if (nowMs - client.checkedAtMs >= recheckEveryMs) void recheck(client, nowMs);
    }
    cancelHeartbeat = clock.after(heartbeatEveryMs, heartbeat);
  };
  const recheck = async (client: Client, nowMs: number) => {
    client.checkedAtMs = nowMs;
    try {
      const session = await options.readSession(client.token);
      if (session === null) client.socket.close(4401, 'signed out');
    } catch {
      // The database is away: who was signed in stays so until it is back.
    }
  };
  let cancelHeartbeat = clock.after(heartbeatEveryMs, heartbeat);

  const answer = async (client: Client, message: ClientMessage) => {
    const { id, method, params } = message;
    try {
      if (client.inFlight >= maxRequestsInFlight) {
        throw new Fault('REQUESTS_THROTTLED', 'Too many requests wait for an answer');
      }
      client.inFlight += 1;
      try {
        const table: WsMethodTable = wsMethods;
        const entry = Object.hasOwn(table, method) ? table[method] : undefined;
        if (entry === undefined) {
          throw new Fault('REQUEST_INVALID', `There is no method ${String(method).slice(0, 64)}`);
        }
        if (!can(client.session.role, entry.access)) {
          throw new Fault(
            'PERMISSION_DENIED',
            `The role ${client.session.role} may not do ${entry.access}`,
          );
        }
        const result = await entry.run(client.live, params);
        send(client, { type: 'reply', id, result });
      } finally {
        client.inFlight -= 1;
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault))
        log.error({ err: thrown, method }, 'a ws request failed inside');
      send(client, { type: 'reply', id, fault: toFaultMessage(thrown) });
    }
  };

  const serve = (socket: WebSocket, session: SessionRow, token: string, address: string | null) => {
    const client: Client = {
      socket,
      session,
      token,
      live: live.open({ username: session.username, role: session.role, address }),
      alive: true,
      checkedAtMs: clock.nowMs(),
      inFlight: 0,
    };
    clients.add(client);
    send(client, { type: 'welcome', seq, nowMs: clock.nowMs() });
    socket.on('pong', () => {
      client.alive = true;
    });
    socket.on('message', (data, isBinary) => {
      client.alive = true;
      const message = isBinary ? null : parseClientMessage(String(data));
      if (message === null) socket.close(4400, 'not understood');
      else void answer(client, message);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clients.delete(client);
      client.live.close();
    });
  };

  const pushAll = (messages: readonly Push[]) => {
    for (let from = 0; from < messages.length; from += messagesPerFrame) {
      const numbered = messages.slice(from, from + messagesPerFrame).map((message) => {
        seq += 1;
        // Spliced: a copy of each message only for its number costs as much as writing it.
        return { message, text: `{"seq":${seq},${JSON.stringify(message).slice(1)}` };
      });
      // Written once for each role, whatever the number of browsers.
      const frames = new Map<Role, Buffer | null>();
      for (const client of clients) {
        const { role } = client.session;
        let frame = frames.get(role);
        if (frame === undefined) {
          const texts = numbered
            .filter(({ message }) => can(role, pushAccess[message.type]))
            .map(({ text }) => text);
          const text =
            texts.length > 1 ? `{"type":"batch","messages":[${texts.join(',')}]}` : texts[0];
          frame = text === undefined ? null : Buffer.from(text);
          frames.set(role, frame);
        }
        if (frame !== null) sendText(client, frame);
      }
    }
  };

  return {
    handleUpgrade(request, socket, head, session, token, address) {
      sockets.handleUpgrade(request, socket, head, (webSocket) =>
        serve(webSocket, session, token, address),
      );
    },
    push: (message) => pushAll([message]),
    pushAll,
    liveClosed(nodeId, { viewerId, transportId: ended, consumerId, reason }) {
      for (const client of clients) {
        if (client.live.viewerId !== viewerId) continue;
        if (consumerId !== undefined) {
          if (ended === undefined || !client.live.forgetSound(consumerId)) continue;
          send(client, { type: 'live-closed', transportId: ended, consumerId, reason });
          continue;
        }
        for (const transportId of client.live.forgetTransports(nodeId, ended)) {
          send(client, { type: 'live-closed', transportId, reason });
        }
      }
    },
    async recheckViews(hidden) {
      for (const client of clients) {
        const watched = client.live.watched();
        if (watched.length === 0) continue;
        const gone = await hidden(client.session.role, watched);
        if (gone.size === 0) continue;
        for (const transportId of client.live.drop(gone)) {
          send(client, { type: 'live-closed', transportId, reason: 'view-unapproved' });
        }
      }
    },
    endListening(withdrawn) {
      for (const client of clients) {
        if (!withdrawn(client.session.role)) continue;
        for (const { transportId, consumerId } of client.live.silence('right-withdrawn')) {
          send(client, {
            type: 'live-closed',
            ...{ transportId, consumerId },
            reason: 'right-withdrawn',
          });
        }
      }
    },
    notify(username, message) {
      for (const client of clients) {
        if (client.session.username === username) send(client, message);
      }
    },
    signedOut(token) {
      for (const client of clients) {
        if (client.token === token) client.socket.close(4401, 'signed out');
      }
    },
    sessionsEnded(username) {
      for (const client of clients) {
        if (client.session.username === username) void recheck(client, clock.nowMs());
      }
    },
    clients: () => clients.size,
    async stop() {
      cancelHeartbeat();
      for (const client of clients) client.socket.close(1001, 'server stops');
      const cancel = clock.after(1_000, () => {
        for (const client of clients) client.socket.terminate();
      });
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      cancel();
    },
  };
}

function parseClientMessage(text: string): ClientMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { type, id, method } = value as Partial<ClientMessage>;
    const wellFormed = type === 'request' && typeof method === 'string' && Number.isSafeInteger(id);
    return wellFormed ? (value as ClientMessage) : null;
  } catch {
    return null;
  }
}
