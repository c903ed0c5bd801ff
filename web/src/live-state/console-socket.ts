import type {
  ClientMessage,
  ServerMessage,
  WsMethod,
  WsMethods,
} from '@nigehban/domain/api/ws-messages.ts';
import { ConsoleFault } from '../api/console-fault.ts';
import { backoffDelayMs } from './backoff.ts';

/** `connecting`: first attempt; `open`: welcomed; `lost`: was open or tried, trying again. */
export type LinkState = 'connecting' | 'open' | 'lost' | 'closed';

/** The part of WebSocket that the link needs, so that tests can play the server. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface ConsoleSocketPorts {
  readonly open: () => SocketLike;
  readonly random: () => number;
  readonly setTimer: (run: () => void, delayMs: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

/** Signed out, or signed in elsewhere: the server closes with it and connecting again is no use. */
const signInRequiredCloseCode = 4401;
/** Heartbeats come every 5 s: two and a half missed ones mean a dead connection. */
const silenceLimitMs = 13_000;
const requestTimeoutMs = 10_000;

type Pending = {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: ConsoleFault) => void;
  readonly timer: unknown;
};

/**
 * The browser's one WebSocket to `/api/ws`: reconnects with a jittered backoff, hands every message
 * to its listeners, and carries requests. A request that has no answer when the connection breaks is
 * rejected with `SERVER_UNREACHABLE`; it is never sent again by itself.
 */
export class ConsoleSocket {
  readonly #ports: ConsoleSocketPorts;
  readonly #messageListeners = new Set<(message: ServerMessage) => void>();
  readonly #stateListeners = new Set<() => void>();
  readonly #pending = new Map<number, Pending>();
  #socket: SocketLike | null = null;
  #state: LinkState = 'closed';
  #attempt = 0;
  #nextRequestId = 1;
  #retryTimer: unknown = null;
  #silenceTimer: unknown = null;

  constructor(ports: ConsoleSocketPorts) {
    this.#ports = ports;
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (this.#state !== 'closed') return;
    this.#attempt = 0;
    this.#setState('connecting');
    this.#connect();
  }

  stop(): void {
    this.#ports.clearTimer(this.#retryTimer);
    this.#setState('closed');
    this.#drop();
  }

  /** Does not wait for the backoff: for a person who says "now", and for `online` events. */
  retryNow(): void {
    if (this.#state !== 'lost' || this.#socket !== null) return;
    this.#ports.clearTimer(this.#retryTimer);
    this.#connect();
  }

  onMessage(listener: (message: ServerMessage) => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  onStateChange(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Asks the server; rejects with {@link ConsoleFault}. */
  request<Method extends WsMethod>(
    method: Method,
    params: WsMethods[Method][0],
  ): Promise<WsMethods[Method][1]> {
    const socket = this.#socket;
    if (this.#state !== 'open' || socket === null) {
      return Promise.reject(new ConsoleFault('SERVER_UNREACHABLE', 'no link to the server'));
    }
    const id = this.#nextRequestId++;
    return new Promise((resolve, reject) => {
      const timer = this.#ports.setTimer(() => {
        this.#pending.delete(id);
        reject(new ConsoleFault('SERVER_UNREACHABLE', `${method} was not answered`));
      }, requestTimeoutMs);
      this.#pending.set(id, {
        resolve: (result) => resolve(result as WsMethods[Method][1]),
        reject,
        timer,
      });
      const message: ClientMessage = { type: 'request', id, method, params };
      socket.send(JSON.stringify(message));
    });
  }

  #connect(): void {
    const socket = this.#ports.open();
    this.#socket = socket;
    this.#watchSilence();
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lose(event.code);
    };
  }

  #receive(data: unknown): void {
    this.#watchSilence();
    this.#take(JSON.parse(String(data)) as ServerMessage);
  }

  #take(message: ServerMessage): void {
    if (message.type === 'batch') {
      for (const one of message.messages) this.#take(one);
      return;
    }
    if (message.type === 'welcome') {
      this.#attempt = 0;
      this.#setState('open');
    }
    if (message.type === 'reply') this.#settle(message);
    for (const listener of this.#messageListeners) listener(message);
  }

  #settle(message: Extract<ServerMessage, { type: 'reply' }>): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    this.#ports.clearTimer(pending.timer);
    if ('fault' in message) {
      pending.reject(new ConsoleFault(message.fault.code, message.fault.message));
    } else {
      pending.resolve(message.result);
    }
  }

  #lose(closeCode: number): void {
    this.#drop();
    if (closeCode === signInRequiredCloseCode) {
      this.#setState('closed');
      return;
    }
    this.#setState('lost');
    const delayMs = backoffDelayMs(this.#attempt++, this.#ports.random());
    this.#retryTimer = this.#ports.setTimer(() => this.#connect(), delayMs);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#ports.clearTimer(this.#silenceTimer);
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    for (const pending of this.#pending.values()) {
      this.#ports.clearTimer(pending.timer);
      pending.reject(new ConsoleFault('SERVER_UNREACHABLE', 'the link broke'));
    }
    this.#pending.clear();
  }

  #watchSilence(): void {
    this.#ports.clearTimer(this.#silenceTimer);
    this.#silenceTimer = this.#ports.setTimer(() => this.#lose(0), silenceLimitMs);
  }

  #setState(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener();
  }
}

/** The real link, to the page's own origin. */
export function openBrowserSocket(): SocketLike {
  const url = new URL('/api/ws', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url) as SocketLike;
}
