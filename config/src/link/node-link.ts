import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type {
  LinkDown,
  LinkHello,
  LinkMethod,
  LinkMethods,
  LinkUp,
  NodeFact,
  StreamOrder,
} from '@nigehban/domain/link-messages.ts';
import type { ElectionPhase, LegalHold } from '@nigehban/domain/retention.ts';
import type { WatchDown } from '@nigehban/domain/watch-orders.ts';
import { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { createTurnCork } from './cork-turn.ts';
import { applyDesired, type DesiredOrders } from './desired-orders.ts';

/** A node's side of the link (`domain/src/link-messages.ts`). */
export interface NodeLink {
  /** Answers a method of the server. A thrown Fault becomes the reply. */
  handle<M extends LinkMethod>(
    method: M,
    run: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>,
  ): void;
  /** Tells the server; dropped while unlinked, because the next hello carries a snapshot. */
  sendFacts(facts: readonly NodeFact[]): void;
  linked(): boolean;
  stop(): Promise<void>;
}

export interface NodeLinkOptions {
  /** http(s) base URL of the server. */
  readonly serverUrl: string;
  readonly clusterKey: string;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of the back-off. */
  readonly random: () => number;
  readonly log: Logger;
  /** Asked at each dial. */
  readonly hello: () => Omit<LinkHello, 'type'>;
  /** The whole desired state, at link-up and after each change. */
  readonly onDesired?: (orders: readonly StreamOrder[]) => void;
  /** All legal holds in force, at link-up and after each change. */
  readonly onHolds?: (holds: readonly LegalHold[]) => void;
  /** The election phase, at link-up and after each change. */
  readonly onElectionPhase?: (phase: ElectionPhase | null) => void;
  /** Gateways: what to watch, whole at link-up and then each change, in order. */
  readonly onWatch?: (message: WatchDown) => void;
}

/** The server pings every 5 s; three missed mean that the link is gone. */
const heartbeatTimeoutMs = 15_000;
const backoffMs = { first: 250, last: 5_000 };
const maxMessageBytes = 64 * 1024 * 1024;

/** Dials the server and keeps dialling until stopped; never throws because the server is away. */
export function startNodeLink(options: NodeLinkOptions): NodeLink {
  return new DiallingLink(options);
}

type Handler = (params: never) => Promise<unknown>;

class DiallingLink implements NodeLink {
  readonly #options: NodeLinkOptions;
  readonly #handlers = new Map<LinkMethod, Handler>();
  #socket: WebSocket | undefined;
  #holdWrites = () => {};
  #orders: DesiredOrders = new Map();
  #attempts = 0;
  #stopped = false;
  #cancelRedial: () => void = () => {};
  #cancelHeartbeat: () => void = () => {};

  constructor(options: NodeLinkOptions) {
    this.#options = options;
    // The caller registers its handlers first; the first dial is the next turn's.
    queueMicrotask(() => this.#dial());
  }

  handle<M extends LinkMethod>(
    method: M,
    run: (params: LinkMethods[M][0]) => Promise<LinkMethods[M][1]>,
  ): void {
    this.#handlers.set(method, run as Handler);
  }

  sendFacts(facts: readonly NodeFact[]): void {
    if (facts.length > 0) this.#send({ type: 'facts', facts });
  }

  linked(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRedial();
    this.#cancelHeartbeat();
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(1_000, () => socket.terminate());
      socket.once('close', () => {
        cancel();
        resolve();
      });
      socket.close(1001);
    });
  }

  #dial(): void {
    if (this.#stopped) return;
    const url = new URL('/internal/link', this.#options.serverUrl);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${this.#options.clusterKey}` },
      handshakeTimeout: 10_000,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    this.#holdWrites = () => {};
    socket.on('upgrade', ({ socket }) => {
      this.#holdWrites = createTurnCork(socket);
    });
    socket.on('open', () => {
      this.#attempts = 0;
      this.#options.log.info({ server: url.host }, 'linked to the server');
      this.#send({ type: 'hello', ...this.#options.hello() });
      this.#expectHeartbeat(socket);
    });
    socket.on('message', (data) => {
      this.#expectHeartbeat(socket);
      this.#receive(String(data));
    });
    socket.on('unexpected-response', (_request, response) => {
      if (response.statusCode === 401) {
        this.#options.log.error({ code: 'LINK_REFUSED' }, 'the server refuses the cluster key');
      }
      response.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => {
      // The first failure is told; the following ones only by the state of the link.
      if (this.#attempts === 0) {
        this.#options.log.warn(
          { server: url.host, reason: error.message },
          'no link to the server',
        );
      }
    });
    socket.on('close', () => {
      this.#cancelHeartbeat();
      if (this.#socket === socket) this.#redial();
    });
  }

  #redial(): void {
    if (this.#stopped) return;
    const ceilingMs = Math.min(backoffMs.last, backoffMs.first * 2 ** Math.min(this.#attempts, 10));
    this.#attempts += 1;
    const delayMs = ceilingMs * (0.5 + this.#options.random() / 2);
    this.#cancelRedial = this.#options.clock.after(delayMs, () => this.#dial());
  }

  #expectHeartbeat(socket: WebSocket): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#options.clock.after(heartbeatTimeoutMs, () => {
      const giveUp = () => {
        this.#options.log.warn('the server fell silent on the link');
        socket.terminate();
      };
      // Perhaps this process itself stood still: what came meanwhile is read first.
      let turn = setImmediate(() => {
        turn = setImmediate(giveUp);
      });
      this.#cancelHeartbeat = () => clearImmediate(turn);
    });
  }

  #receive(text: string): void {
    let message: LinkDown;
    try {
      message = JSON.parse(text) as LinkDown;
    } catch {
      this.#options.log.error('the server sent a link message that is not JSON');
      return;
    }
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      case 'desired':
      case 'desired-change':
        this.#orders = applyDesired(this.#orders, message);
        this.#options.onDesired?.([...this.#orders.values()]);
        return;
      case 'holds':
        this.#options.onHolds?.(message.holds);
        return;
      case 'election-phase':
        this.#options.onElectionPhase?.(message.phase);
        return;
      case 'watch':
      case 'watch-change':
        this.#options.onWatch?.(message);
        return;
      case 'request':
        void this.#answer(message.id, message.method, message.params);
        return;
      case 'reply':
        return;
    }
  }

  async #answer(id: number, method: LinkMethod, params: unknown): Promise<void> {
    try {
      const run = this.#handlers.get(method);
      if (run === undefined)
        throw new Fault('REQUEST_INVALID', `This node does not answer ${method}`);
      const result = await run(params as never);
      this.#send({ type: 'reply', id, result });
    } catch (thrown) {
      if (!(thrown instanceof Fault)) {
        this.#options.log.error({ err: thrown, method }, 'a link request failed inside');
      }
      this.#send({ type: 'reply', id, fault: toFaultMessage(thrown) });
    }
  }

  #send(message: LinkUp): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#holdWrites();
    this.#socket.send(JSON.stringify(message));
  }
}
