import { rtpSequence, rtpSsrc } from './rtp-packet.ts';

export interface ReorderLimits {
  /** A packet this far ahead of the next expected one ends the wait for those before it; a power of 2. */
  readonly maxPackets: number;
  /** Longest wait for a missing packet, microseconds; seen at {@link ReorderBuffer.expire}. */
  readonly maxDelayUs: number;
}

export const DEFAULT_REORDER_LIMITS: ReorderLimits = { maxPackets: 64, maxDelayUs: 100_000 };

/** As in RFC 3550 A.1: a longer leap forward is a stray or a restart, not loss. */
const MAX_DROPOUT = 3000;

type Deliver = (buffer: Buffer, offset: number, length: number, arrivalUs: number) => void;

/**
 * Puts the packets of one RTP source back in sequence (RFC 3550 §5.1) before anybody sees them. What
 * comes in order passes at once; behind a hole packets wait until it is filled or given up. Duplicates
 * and packets of a hole that was given up are dropped. A waiting packet's memory is kept by reference:
 * it must not be reused by the caller.
 */
export class ReorderBuffer {
  readonly #deliver: Deliver;
  readonly #maxPackets: number;
  readonly #maxDelayUs: number;
  readonly #packets: (Buffer | undefined)[];
  readonly #arrivals: Float64Array;
  #held = 0;
  #next = -1;
  #ssrc = 0;
  /** Follows a packet from far off: should it come, the sender began anew there (RFC 3550 A.1). */
  #strayNext = -1;

  /** Packets that waited for an earlier one, and packets that came twice or too late. */
  reordered = 0;
  dropped = 0;

  constructor(deliver: Deliver, limits: ReorderLimits = DEFAULT_REORDER_LIMITS) {
    this.#deliver = deliver;
    this.#maxPackets = limits.maxPackets;
    this.#maxDelayUs = limits.maxDelayUs;
    this.#packets = new Array<Buffer | undefined>(limits.maxPackets).fill(undefined);
    this.#arrivals = new Float64Array(limits.maxPackets);
  }

  /** Packets that wait now. */
  get held(): number {
    return this.#held;
  }

  /** One RTP packet that fills `packet`. */
  push(packet: Buffer, arrivalUs: number): void {
    const sequence = rtpSequence(packet, 0);
    const ssrc = rtpSsrc(packet, 0);
    if (this.#next < 0 || ssrc !== this.#ssrc) {
      this.flush();
      this.#ssrc = ssrc;
      this.#next = sequence;
    }
    const ahead = (sequence - this.#next) & 0xffff;
    if (ahead === 0) {
      this.#strayNext = -1;
      this.#next = (sequence + 1) & 0xffff;
      this.#deliver(packet, 0, packet.length, arrivalUs);
      if (this.#held > 0) this.#drain();
    } else if (ahead < this.#maxPackets) {
      this.#hold(packet, sequence, arrivalUs);
    } else if (ahead < MAX_DROPOUT) {
      // More is missing than may wait.
      this.#goOnAt(packet, sequence, arrivalUs);
    } else if (0x1_0000 - ahead <= this.#maxPackets) {
      this.dropped++;
    } else if (sequence === this.#strayNext) {
      this.#goOnAt(packet, sequence, arrivalUs);
    } else {
      this.dropped++;
      this.#strayNext = (sequence + 1) & 0xffff;
    }
  }

  /**
   * Gives up holes that are waited for longer than the limit. To be called when everything that came was
   * pushed: of a process that stood still for long, the missing packet may be the next one to be read.
   */
  expire(nowUs: number): void {
    while (this.#held > 0 && nowUs - this.#oldestArrivalUs() >= this.#maxDelayUs) this.#skipHole();
  }

  /** Hands over what waits, holes or not. */
  flush(): void {
    while (this.#held > 0) this.#skipHole();
  }

  #goOnAt(packet: Buffer, sequence: number, arrivalUs: number): void {
    this.flush();
    this.#strayNext = -1;
    this.#next = (sequence + 1) & 0xffff;
    this.#deliver(packet, 0, packet.length, arrivalUs);
  }

  #hold(packet: Buffer, sequence: number, arrivalUs: number): void {
    const slot = sequence & (this.#maxPackets - 1);
    if (this.#packets[slot] !== undefined) {
      this.dropped++;
      return;
    }
    this.#packets[slot] = packet;
    this.#arrivals[slot] = arrivalUs;
    this.#held++;
    this.reordered++;
  }

  /** Hands over the run that begins at the next expected packet. */
  #drain(): void {
    for (;;) {
      const slot = this.#next & (this.#maxPackets - 1);
      const packet = this.#packets[slot];
      if (packet === undefined) return;
      this.#packets[slot] = undefined;
      this.#held--;
      this.#next = (this.#next + 1) & 0xffff;
      this.#deliver(packet, 0, packet.length, this.#arrivals[slot] ?? 0);
    }
  }

  #skipHole(): void {
    while (this.#packets[this.#next & (this.#maxPackets - 1)] === undefined) {
      this.#next = (this.#next + 1) & 0xffff;
    }
    this.#drain();
  }

  #oldestArrivalUs(): number {
    let oldestUs = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < this.#maxPackets; slot++) {
      if (this.#packets[slot] !== undefined) {
        oldestUs = Math.min(oldestUs, this.#arrivals[slot] ?? 0);
      }
    }
    return oldestUs;
  }
}
