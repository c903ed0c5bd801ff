import { sequenceDifference, timestampDifference } from './rtp-view.ts';

/** What a received packet is in the outgoing stream. */
export type Continuation =
  /** A duplicate or a packet that came after its successor: not forwarded. */
  | { readonly kind: 'late' }
  | {
      readonly kind: 'next';
      readonly timestamp: number;
      /** Packets missing before this one; the outgoing numbering leaves them out, so that the viewer knows. */
      readonly missing: number;
    };

const largestGapPackets = 1000;
const largestStepMs = 10_000;
const late: Continuation = { kind: 'late' };

/**
 * Makes one outgoing RTP timeline of a camera's sessions. Within a session timestamps and losses
 * pass as they are; a new session, a sequence reset or a timestamp that leaves the arrival clock
 * by more than ten seconds goes on from the last outgoing timestamp by the time that passed on the
 * node's clock, so that viewers keep their consumer over reconnects of the camera.
 */
export class RtpContinuity {
  readonly #clockRateHz: number;
  #timestampOffset = 0;
  #lastIn: { sequence: number; timestamp: number; ssrc: number } | undefined;
  #lastOut: { timestamp: number; arrivalUs: number } | undefined;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /** The next packet belongs to a new session. */
  startSession(): void {
    this.#lastIn = undefined;
  }

  follow(sequence: number, timestamp: number, ssrc: number, arrivalUs: number): Continuation {
    const before = this.#lastIn;
    let missing = 0;
    let anchored = before !== undefined && before.ssrc === ssrc;
    if (anchored && before !== undefined) {
      const step = sequenceDifference(sequence, before.sequence);
      if (step <= 0 && step > -largestGapPackets) return late;
      if (step > largestGapPackets || step <= -largestGapPackets) anchored = false;
      else missing = step - 1;
    }
    const last = this.#lastOut;
    if (anchored && before !== undefined && last !== undefined) {
      const stepMs = (timestampDifference(timestamp, before.timestamp) / this.#clockRateHz) * 1000;
      const passedMs = (arrivalUs - last.arrivalUs) / 1000;
      if (Math.abs(stepMs - passedMs) > largestStepMs) anchored = false;
    }
    if (!anchored) {
      missing = 0;
      if (last !== undefined) {
        const passedUs = Math.max(1000, arrivalUs - last.arrivalUs);
        const ticks = Math.max(1, Math.round((passedUs / 1e6) * this.#clockRateHz));
        this.#timestampOffset = (last.timestamp + ticks - timestamp) | 0;
      }
    }
    const outgoing = (timestamp + this.#timestampOffset) >>> 0;
    this.#lastIn = { sequence, timestamp, ssrc };
    this.#lastOut = { timestamp: outgoing, arrivalUs };
    return { kind: 'next', timestamp: outgoing, missing };
  }
}

/** Numbers packets as they leave: consecutive but for the losses that are passed on. */
export class RtpSequencer {
  #next: number;

  constructor(firstSequence: number) {
    this.#next = firstSequence & 0xffff;
  }

  /** Writes the sequence number into the packet's header. */
  number(packet: Buffer, missing: number): void {
    const sequence = (this.#next + missing) & 0xffff;
    packet.writeUInt16BE(sequence, 2);
    this.#next = (sequence + 1) & 0xffff;
  }
}
