import type { SenderReport } from '../hub/stream-hub-types.ts';
import { middleNtp, type ReceptionBlock } from './rtcp-packet.ts';
import { rtpSequence, rtpSsrc, rtpTimestamp, timestampDelta } from './rtp-packet.ts';

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCES = 0x1_0000;

/**
 * What was received of one RTP source: loss, duplicates and jitter (RFC 3550 appendices A.1, A.3,
 * A.8). Without the probation of A.1, because a set-up channel has one known sender.
 */
export class RtpReception {
  readonly #clockRateHz: number;
  ssrc: number | undefined;
  packets = 0;
  /** Interarrival jitter in the track's clock. */
  jitterTicks = 0;
  #base = 0;
  #highest = 0;
  #cycles = 0;
  #badSequence = -1;
  #received = 0;
  /** Losses of sources and sequence runs that ended. */
  #lostBefore = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #lastTimestamp = 0;
  #lastArrivalUs = 0;
  #report: SenderReport | undefined;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /** Packets missing by sequence number so far, late ones excepted; never negative. */
  get lost(): number {
    return Math.max(0, this.#lostBefore + this.#expected - this.#received);
  }

  get #expected(): number {
    return this.#received === 0 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }

  get jitterMs(): number {
    return (this.jitterTicks * 1000) / this.#clockRateHz;
  }

  /** Counts the packet whose header begins at `offset`. */
  count(buffer: Buffer, offset: number, arrivalUs: number): void {
    const sequence = rtpSequence(buffer, offset);
    const ssrc = rtpSsrc(buffer, offset);
    const timestamp = rtpTimestamp(buffer, offset);
    this.packets++;
    if (ssrc !== this.ssrc || this.#received === 0) {
      this.ssrc = ssrc;
      this.#restart(sequence, timestamp, arrivalUs);
      return;
    }
    const step = (sequence - this.#highest) & 0xffff;
    if (step < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES;
      this.#highest = sequence;
    } else if (step <= SEQUENCES - MAX_MISORDER) {
      if (sequence !== this.#badSequence) {
        // A lone leap may be a stray packet; two in a row are a restarted sender.
        this.#badSequence = (sequence + 1) & 0xffff;
        return;
      }
      this.#restart(sequence, timestamp, arrivalUs);
      return;
    }
    this.#received++;
    const transitChange =
      ((arrivalUs - this.#lastArrivalUs) * this.#clockRateHz) / 1_000_000 -
      timestampDelta(this.#lastTimestamp, timestamp);
    // A jump of the sender's clock is no jitter.
    if (Math.abs(transitChange) < 10 * this.#clockRateHz) {
      this.jitterTicks += (Math.abs(transitChange) - this.jitterTicks) / 16;
    }
    this.#lastTimestamp = timestamp;
    this.#lastArrivalUs = arrivalUs;
  }

  noteSenderReport(report: SenderReport): void {
    this.#report = report;
  }

  /** The report block for now; undefined before the first packet. Starts a new loss interval. */
  nextBlock(nowUs: number): ReceptionBlock | undefined {
    if (this.ssrc === undefined) return undefined;
    const expected = this.#expected;
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    const report = this.#report?.ssrc === this.ssrc ? this.#report : undefined;
    const delayUs = report === undefined ? 0 : Math.max(0, nowUs - report.arrivalUs);
    return {
      ssrc: this.ssrc,
      fractionLost:
        lostInterval <= 0 || expectedInterval <= 0
          ? 0
          : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval)),
      cumulativeLost: expected - this.#received,
      highestSequence: this.#cycles + this.#highest,
      jitterTicks: Math.floor(this.jitterTicks),
      lastReportNtp: report === undefined ? 0 : middleNtp(report.ntpUs),
      delaySinceLastReport: Math.min(0xffff_ffff, Math.floor((delayUs * 65_536) / 1_000_000)),
    };
  }

  #restart(sequence: number, timestamp: number, arrivalUs: number): void {
    this.#lostBefore += Math.max(0, this.#expected - this.#received);
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#badSequence = -1;
    this.#received = 1;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#lastTimestamp = timestamp;
    this.#lastArrivalUs = arrivalUs;
  }
}
