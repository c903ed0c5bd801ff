import type { SenderReport } from '../hub/stream-hub-types.ts';
import { timestampDelta } from './rtp-packet.ts';

/**
 * What one packet's time says about the timeline:
 * - `first`: the clock was anchored here.
 * - `continuous`: goes on.
 * - `outage`: more than {@link RtpClockSettings.maxStepUs} passed, by the camera's clock and by
 *   arrival alike: pictures are missing, the timeline holds.
 * - `jump`: the camera's RTP clock stepped without the time having passed; anchored anew.
 */
export type RtpStep = 'first' | 'continuous' | 'outage' | 'jump';

export interface RtpClockSettings {
  /** A longer step forward is a discontinuity. */
  readonly maxStepUs: number;
  /** Steps back up to this are reordered pictures. */
  readonly maxReorderUs: number;
  /**
   * A packet this much before its time after a step as long means that the camera's clock jumped. In
   * small steps it is a stream that was held up and catches up: the timeline was late and follows.
   */
  readonly maxEarlyUs: number;
  /** While so young, an anchor made of a burst of old pictures may still be corrected downwards. */
  readonly settlingUs: number;
  /** The minimum is taken over this and the window before it, so that drift is followed. */
  readonly windowUs: number;
}

export const DEFAULT_RTP_CLOCK_SETTINGS: RtpClockSettings = {
  maxStepUs: 10_000_000,
  maxReorderUs: 1_000_000,
  maxEarlyUs: 1_000_000,
  settlingUs: 3_000_000,
  windowUs: 15_000_000,
};

/**
 * Maps one track's RTP timestamps to true wall time.
 *
 * The decision: a segment's times are the **node's** wall clock (assumed NTP-synchronised), because
 * a camera's own may be an hour off or unset, and thousands of them must share one timeline. The
 * camera contributes the spacing: wall time = RTP time + the least (arrival − RTP time) of the last
 * 15 to 30 s, so network and queueing delay drop out and what remains is one shortest path, a few
 * milliseconds. Sender reports never move the timeline; they say what the camera's own clock shows
 * at the same instant ({@link cameraUs}, {@link cameraOffsetUs}), to be stored beside it.
 *
 * Right after an anchor the estimate can only be late (the camera may have sent a burst of old
 * pictures): ask again for a segment's first timestamp when the segment closes. Timestamps are
 * 32-bit and may wrap. Nothing is allocated per packet; times are integers in microseconds, the
 * clock itself never looks at a clock.
 */
export class RtpClock {
  readonly #rateHz: number;
  readonly #settings: RtpClockSettings;
  #anchored = false;
  #lastTimestamp = 0;
  /** Ticks of `#lastTimestamp` since the anchor, wraps counted. */
  #lastTicks = 0;
  #anchoredAtUs = 0;
  #windowStartUs = 0;
  /** Least (arrival − RTP time) of this window and of the one before. */
  #leastUs = Number.POSITIVE_INFINITY;
  #leastBeforeUs = Number.POSITIVE_INFINITY;
  #windowBeforeUs = 0;
  #driftPpm: number | undefined;
  #report: SenderReport | undefined;

  constructor(clockRateHz: number, settings: Partial<RtpClockSettings> = {}) {
    this.#rateHz = clockRateHz;
    this.#settings = { ...DEFAULT_RTP_CLOCK_SETTINGS, ...settings };
  }

  /** Takes a packet's timestamp and arrival (node wall clock, µs), in order of arrival. */
  observe(timestamp: number, arrivalUs: number): RtpStep {
    if (!this.#anchored) {
      this.#anchor(timestamp, arrivalUs);
      return 'first';
    }
    const { maxStepUs, maxReorderUs, maxEarlyUs, settlingUs } = this.#settings;
    const stepTicks = timestampDelta(this.#lastTimestamp, timestamp);
    const stepUs = (stepTicks * 1_000_000) / this.#rateHz;
    const ticks = this.#lastTicks + stepTicks;
    const offsetUs = arrivalUs - (ticks * 1_000_000) / this.#rateHz;
    const lateUs = offsetUs - this.#offsetUs();
    const settling = arrivalUs - this.#anchoredAtUs < settlingUs;
    const leaptAhead = !settling && lateUs < -maxEarlyUs && stepUs > maxEarlyUs;
    if (stepUs < -maxReorderUs || leaptAhead || Math.abs(lateUs) > maxStepUs) {
      this.#anchor(timestamp, arrivalUs);
      // Its RTP time belongs to the clock before the jump.
      this.#report = undefined;
      return 'jump';
    }
    if (stepTicks > 0) {
      this.#lastTimestamp = timestamp;
      this.#lastTicks = ticks;
    }
    this.#turnWindow(arrivalUs);
    if (offsetUs < this.#leastUs) this.#leastUs = offsetUs;
    return stepUs > maxStepUs ? 'outage' : 'continuous';
  }

  /**
   * Node wall time of a timestamp within half a wrap of the last one observed, µs; undefined before
   * the first. Better the later it is asked.
   */
  wallUs(timestamp: number): number | undefined {
    if (!this.#anchored) return undefined;
    const ticks = this.#lastTicks + timestampDelta(this.#lastTimestamp, timestamp);
    return Math.round((ticks * 1_000_000) / this.#rateHz + this.#offsetUs());
  }

  /** Takes a sender report of this track's source. */
  observeReport(report: SenderReport): void {
    this.#report = report;
  }

  /** What the camera's own NTP clock shows at a timestamp, µs; undefined without a sender report. */
  cameraUs(timestamp: number): number | undefined {
    const report = this.#report;
    if (report === undefined) return undefined;
    const ticks = timestampDelta(report.rtpTimestamp, timestamp);
    return Math.round(report.ntpUs + (ticks * 1_000_000) / this.#rateHz);
  }

  /** Camera clock minus node clock at the last sender report, µs; positive when the camera is ahead. */
  get cameraOffsetUs(): number | undefined {
    const report = this.#report;
    const wallUs = report === undefined ? undefined : this.wallUs(report.rtpTimestamp);
    return report === undefined || wallUs === undefined ? undefined : report.ntpUs - wallUs;
  }

  /**
   * How fast the camera's RTP clock falls behind the node's, parts per million, from the last two
   * windows; undefined until there are two.
   */
  get driftPpm(): number | undefined {
    return this.#driftPpm;
  }

  #anchor(timestamp: number, arrivalUs: number): void {
    this.#anchored = true;
    this.#lastTimestamp = timestamp;
    this.#lastTicks = 0;
    this.#anchoredAtUs = arrivalUs;
    this.#windowStartUs = arrivalUs;
    this.#leastUs = arrivalUs;
    this.#leastBeforeUs = Number.POSITIVE_INFINITY;
    this.#driftPpm = undefined;
  }

  #turnWindow(arrivalUs: number): void {
    const { windowUs } = this.#settings;
    if (arrivalUs - this.#windowStartUs < windowUs) return;
    if (this.#leastBeforeUs !== Number.POSITIVE_INFINITY) {
      const betweenUs = this.#windowStartUs - this.#windowBeforeUs;
      this.#driftPpm = ((this.#leastUs - this.#leastBeforeUs) * 1_000_000) / betweenUs;
    }
    this.#leastBeforeUs = this.#leastUs;
    this.#windowBeforeUs = this.#windowStartUs;
    this.#leastUs = Number.POSITIVE_INFINITY;
    this.#windowStartUs = arrivalUs;
  }

  #offsetUs(): number {
    return Math.min(this.#leastUs, this.#leastBeforeUs);
  }
}
