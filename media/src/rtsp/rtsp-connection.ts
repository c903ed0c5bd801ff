import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import { MediaError } from '../media-error.ts';
import type { ReadArena } from './read-arena.ts';
import {
  formatRequest,
  formatResponse,
  type RtspRequest,
  type RtspResponse,
  sequenceOf,
} from './rtsp-message.ts';
import { RtspReader } from './rtsp-reader.ts';

export interface RtspConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly arena: ReadArena;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  /** Bytes and interleaved packets taken between two {@link RtspConnection.refill}s; then reading pauses. */
  readonly readAllowance: { readonly bytes: number; readonly packets: number } | undefined;
}

export interface RtspConnectionHandler {
  onConnected(): void;
  /** One interleaved packet, valid during the call; `arrivalUs` is the node's wall clock. */
  onInterleaved(
    channel: number,
    buffer: Buffer,
    offset: number,
    length: number,
    arrivalUs: number,
  ): void;
  /** A request of the server; returns the status to answer with. */
  onRequest(request: RtspRequest): { statusCode: number; reason: string };
  /** Once: the connection is over. No other call follows. */
  onClosed(error: MediaError): void;
}

type Header = readonly [name: string, value: string];

interface PendingRequest {
  readonly onResponse: (response: RtspResponse) => void;
  readonly onFault: (error: MediaError) => void;
  readonly timer: Timer;
}

/** What the other side may leave unread of ours before it counts as stuck. */
const MAX_UNSENT_BYTES = 65_536;

/**
 * One TCP connection that speaks RTSP (RFC 2326): requests matched by CSeq, interleaved packets
 * handed over as they lie in the shared read buffer. Every fault is told once, by `onClosed`, and
 * rejects what is pending.
 */
export class RtspConnection {
  readonly #options: RtspConnectionOptions;
  readonly #handler: RtspConnectionHandler;
  readonly #reader: RtspReader;
  readonly #socket: Socket;
  readonly #pending = new Map<number, PendingRequest>();
  #connectTimer: Timer | undefined;
  #closed: MediaError | undefined;
  #connected = false;
  #sequence = 0;
  #carry: Buffer | undefined;
  #carryBytes = 0;
  #arrivalUs = 0;
  #allowedBytes: number;
  #allowedPackets: number;
  #paused = false;

  /** Bytes received. */
  bytes = 0;
  /** Resolves when the socket's descriptor is given back. */
  readonly whenReleased: Promise<void>;

  constructor(options: RtspConnectionOptions, handler: RtspConnectionHandler) {
    this.#options = options;
    this.#allowedBytes = options.readAllowance?.bytes ?? Number.POSITIVE_INFINITY;
    this.#allowedPackets = options.readAllowance?.packets ?? Number.POSITIVE_INFINITY;
    this.#handler = handler;
    this.#reader = new RtspReader({
      onInterleaved: (channel, buffer, offset, length) => {
        this.#allowedPackets--;
        handler.onInterleaved(channel, buffer, offset, length, this.#arrivalUs);
      },
      onMessage: (message) => {
        if (message.kind === 'response') this.#onResponse(message);
        else this.#onRequest(message);
      },
    });
    this.#connectTimer = options.clock.setTimer(options.connectTimeoutMs, () =>
      this.fail(new MediaError('CONNECT_TIMEOUT', `no connection to ${this.#peer()} in time`)),
    );
    this.#socket = connect({
      host: options.host,
      port: options.port,
      noDelay: true,
      autoSelectFamily: false,
      onread: {
        buffer: options.arena.readView,
        callback: (bytes) => this.#onRead(bytes),
      },
    });
    this.#socket.on('connect', () => {
      this.#connected = true;
      this.#connectTimer?.cancel();
      handler.onConnected();
    });
    this.#socket.on('error', (cause) => this.fail(this.#faultOf(cause)));
    this.#socket.on('end', () => this.#onEnd());
    this.whenReleased = new Promise((resolve) => {
      this.#socket.on('close', () => {
        this.#onEnd();
        resolve();
      });
    });
  }

  /** Both ends of the connection; undefined while there is none. */
  get addresses(): { readonly local: string; readonly remote: string } | undefined {
    const { localAddress: local, remoteAddress: remote } = this.#socket;
    return local === undefined || remote === undefined ? undefined : { local, remote };
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Whether reading waits for {@link refill} because the allowance is used up. */
  get exhausted(): boolean {
    return this.#paused;
  }

  /**
   * Sends a request. `onResponse` is called synchronously from the read that completes the answer,
   * so that packets behind it in the same read find its effect done; `onFault` when there is none.
   */
  send(
    method: string,
    uri: string,
    headers: readonly Header[],
    onResponse: (response: RtspResponse) => void,
    onFault: (error: MediaError) => void,
  ): void {
    if (this.#closed !== undefined) {
      onFault(this.#closed);
      return;
    }
    const sequence = ++this.#sequence;
    const bytes = formatRequest(method, uri, [['CSeq', String(sequence)], ...headers]);
    const timer = this.#options.clock.setTimer(this.#options.responseTimeoutMs, () => {
      this.#pending.delete(sequence);
      onFault(new MediaError('RESPONSE_TIMEOUT', `no answer to ${method} from ${this.#peer()}`));
    });
    this.#pending.set(sequence, { onResponse, onFault, timer });
    this.write(bytes);
  }

  /** Sends bytes as they are; fails the connection when the other side has stopped reading. */
  write(bytes: Buffer): void {
    if (this.#closed !== undefined) return;
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.fail(new MediaError('CONNECTION_LOST', `${this.#peer()} does not read`));
      return;
    }
    this.#socket.write(bytes);
  }

  /** Sends a packet on an interleaved channel (RFC 2326 §10.12). */
  writeInterleaved(channel: number, packet: Buffer): void {
    const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
    this.write(Buffer.concat([head, packet]));
  }

  /** Renews the read allowance and reads on if it was used up. */
  refill(): void {
    const allowance = this.#options.readAllowance;
    if (allowance === undefined) return;
    this.#allowedBytes = allowance.bytes;
    this.#allowedPackets = allowance.packets;
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
  }

  /** Ends the connection at once; `onClosed` gets the error unless it is closed already. */
  fail(error: MediaError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#reader.stop();
    this.#connectTimer?.cancel();
    this.#carry = undefined;
    this.#carryBytes = 0;
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) {
      request.timer.cancel();
      request.onFault(error);
    }
    this.#handler.onClosed(error);
  }

  #onRead(bytes: number): boolean {
    if (this.#closed !== undefined) return false;
    const { buffer, readOffset } = this.#options.arena;
    this.#arrivalUs = this.#options.clock.wallUs();
    this.bytes += bytes;
    this.#allowedBytes -= bytes;
    const start = readOffset - this.#carryBytes;
    if (this.#carryBytes > 0) this.#carry?.copy(buffer, start, 0, this.#carryBytes);
    const end = readOffset + bytes;
    try {
      const unread = this.#reader.read(buffer, start, end);
      this.#keep(buffer, unread, end);
    } catch (cause) {
      this.fail(
        cause instanceof MediaError
          ? cause
          : new MediaError('PROTOCOL_VIOLATION', 'reading failed', { cause }),
      );
      return false;
    }
    if (this.#closed !== undefined) return false;
    if (this.#allowedBytes <= 0 || this.#allowedPackets <= 0) {
      this.#paused = true;
      return false;
    }
    return true;
  }

  #keep(buffer: Buffer, start: number, end: number): void {
    const bytes = end - start;
    this.#carryBytes = bytes;
    if (bytes === 0 || this.#closed !== undefined) return;
    if (this.#carry === undefined || this.#carry.length < bytes) {
      let capacity = 2048;
      while (capacity < bytes) capacity *= 2;
      this.#carry = Buffer.allocUnsafeSlow(capacity);
    }
    buffer.copy(this.#carry, 0, start, end);
  }

  #onResponse(response: RtspResponse): void {
    // 100 Continue says that the answer is still to come.
    if (response.statusCode < 200) return;
    // A server that leaves CSeq out answers in order.
    const sequence = sequenceOf(response) ?? this.#pending.keys().next().value;
    const request = sequence === undefined ? undefined : this.#pending.get(sequence);
    if (sequence === undefined || request === undefined) return;
    this.#pending.delete(sequence);
    request.timer.cancel();
    request.onResponse(response);
  }

  #onRequest(request: RtspRequest): void {
    const { statusCode, reason } = this.#handler.onRequest(request);
    const sequence = sequenceOf(request);
    const headers: Header[] = sequence === undefined ? [] : [['CSeq', String(sequence)]];
    if (request.method === 'OPTIONS') headers.push(['Public', 'OPTIONS']);
    this.write(formatResponse(statusCode, reason, headers));
  }

  #onEnd(): void {
    this.fail(
      this.#connected
        ? new MediaError('CONNECTION_LOST', `${this.#peer()} closed the connection`)
        : new MediaError('CONNECT_FAILED', `no connection to ${this.#peer()}`),
    );
  }

  #faultOf(cause: Error): MediaError {
    const code = 'code' in cause ? String(cause.code) : '';
    const text = `${this.#peer()}: ${code || 'socket fault'}`;
    if (code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL') {
      return new MediaError('LIMIT_EXCEEDED', `this node cannot open a socket: ${code}`, { cause });
    }
    if (this.#connected) return new MediaError('CONNECTION_LOST', text, { cause });
    if (code === 'ECONNREFUSED') return new MediaError('CONNECT_REFUSED', text, { cause });
    if (code === 'ETIMEDOUT') return new MediaError('CONNECT_TIMEOUT', text, { cause });
    return new MediaError('CONNECT_FAILED', text, { cause });
  }

  #peer(): string {
    const { host, port } = this.#options;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }
}
