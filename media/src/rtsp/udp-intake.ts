import type { Clock } from '../clock.ts';
import { MediaError } from '../media-error.ts';
import { ReorderBuffer } from '../rtp/reorder-buffer.ts';
import type { ReadArena } from './read-arena.ts';
import type { RtspSettings } from './rtsp-settings.ts';
import { UdpPair } from './udp-pair.ts';

export interface UdpIntakeOptions {
  readonly clock: Clock;
  readonly arena: ReadArena;
  readonly settings: RtspSettings;
  readonly tickMs: number;
  readonly random: () => number;
}

export interface UdpIntakeHandler {
  /** A datagram of the RTP port as it arrived; false drops it. */
  admit(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): boolean;
  /** An admitted packet in sequence; valid during the call. */
  onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
  onRtcp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
}

/**
 * What one session receives over UDP: a pair of ports and a reorder buffer per track, and the rate
 * limit, above which datagrams are dropped as nobody can be told to wait.
 */
export class UdpIntake {
  readonly #options: UdpIntakeOptions;
  readonly #handler: UdpIntakeHandler;
  #pairs: readonly UdpPair[] = [];
  #reorders: readonly ReorderBuffer[] = [];
  #allowedBytes = 0;
  #allowedPackets = 0;
  #closing: Promise<void> | undefined;
  #expiry: NodeJS.Immediate | undefined;

  /** Bytes received from the server, RTCP included. */
  bytes = 0;

  constructor(options: UdpIntakeOptions, handler: UdpIntakeHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#refill();
  }

  /** Whether the rate limit was reached since the last {@link tick}. */
  get exhausted(): boolean {
    return this.#allowedBytes <= 0 || this.#allowedPackets <= 0;
  }

  /** Binds the ports of a track. Rejects with MediaError. */
  async open(track: number, localAddress: string): Promise<UdpPair> {
    const { settings, random } = this.#options;
    const reorder = new ReorderBuffer(
      (packet, offset, length, arrivalUs) => this.#hand(track, packet, offset, length, arrivalUs),
      settings.udp.reorder,
    );
    const { ports, receiveBufferBytes } = settings.udp;
    const pair = await UdpPair.open(
      { localAddress, ports, receiveBufferBytes, random },
      (bytes, isRtcp) => this.#onDatagram(track, reorder, bytes, isRtcp),
    );
    if (this.#closing !== undefined) {
      await pair.close();
      throw new MediaError('STOPPED', 'closed while opening ports');
    }
    this.#pairs = [...this.#pairs, pair];
    this.#reorders = [...this.#reorders, reorder];
    return pair;
  }

  /** Gives up what is waited for too long and renews the rate allowance; every `tickMs`. */
  tick(): void {
    if (this.#pairs.length === 0) return;
    this.#refill();
    this.#expireSoon();
  }

  /** No call of the handler follows. Resolves when all ports are free again. Idempotent. */
  close(): Promise<void> {
    clearImmediate(this.#expiry);
    this.#closing ??= Promise.all(this.#pairs.map((pair) => pair.close())).then(() => undefined);
    return this.#closing;
  }

  #refill(): void {
    const { settings, tickMs } = this.#options;
    this.#allowedBytes = (settings.maxBitsPerSecond * tickMs) / 8000;
    this.#allowedPackets = (settings.maxPacketsPerSecond * tickMs) / 1000;
  }

  #onDatagram(track: number, reorder: ReorderBuffer, bytes: Buffer, isRtcp: boolean): void {
    if (this.#closing !== undefined || this.exhausted) return;
    this.#allowedBytes -= bytes.length;
    this.#allowedPackets--;
    this.bytes += bytes.length;
    const arrivalUs = this.#options.clock.wallUs();
    if (isRtcp) this.#handler.onRtcp(track, bytes, 0, bytes.length, arrivalUs);
    else if (this.#handler.admit(track, bytes, 0, bytes.length, arrivalUs)) {
      reorder.push(bytes, arrivalUs);
      if (reorder.held > 0) this.#expireSoon();
    }
  }

  /** After the sockets were read: timers run before them, and one datagram is read before the next. */
  #expireSoon(): void {
    if (this.#closing !== undefined) return;
    this.#expiry ??= setImmediate(() => {
      this.#expiry = undefined;
      const nowUs = this.#options.clock.wallUs();
      for (const reorder of this.#reorders) reorder.expire(nowUs);
    });
  }

  /** Through the shared read buffer, where sinks expect packets to lie. */
  #hand(track: number, packet: Buffer, offset: number, length: number, arrivalUs: number): void {
    if (this.#closing !== undefined) return;
    const { buffer, readOffset, readView } = this.#options.arena;
    if (length > readView.length) return;
    packet.copy(readView, 0, offset, offset + length);
    this.#handler.onRtp(track, buffer, readOffset, length, arrivalUs);
  }
}
