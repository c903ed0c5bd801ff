import { AudioDepacketizer, type AudioListener } from '../codec/audio-depacketizer.ts';
import type { AudioFormat } from '../codec/audio-format.ts';
import { RtpClock } from '../rtp/rtp-clock.ts';
import { timestampDelta } from '../rtp/rtp-packet.ts';
import type { BlockPool } from './block-pool.ts';
import { FragmentBuffer, frontReserveBytes } from './fragment-buffer.ts';
import { audioTrackId } from './initialisation.ts';

const noBlock = Buffer.alloc(0);
const blockBytes = frontReserveBytes + (16 << 10);
/** A step outside this is a jump of the track's clock: it is anchored again by arrival. */
const maxStepSeconds = 2;

/**
 * Collects the audio samples of the open segment. Its fragments stand beside the video's, each with
 * one track, so that a reader can leave the audio out by whole boxes.
 */
export class AudioMuxer implements AudioListener {
  readonly format: AudioFormat;
  readonly #pool: BlockPool;
  readonly #depacketizer: AudioDepacketizer;
  readonly #clock: RtpClock;
  readonly #emit: (block: Buffer, offset: number, end: number) => void;
  readonly #nextSequence: () => number;
  readonly #fragment = new FragmentBuffer(noBlock);
  #segmentStartUs = 0;
  #inSegment = false;
  #anchored = false;
  /** Track ticks at the file's zero. */
  #zeroTicks = 0;
  #ticks = 0;
  #timeKnown = false;
  #endTicks = 0;
  /** End of the last written sample relative to the file's zero: no fragment begins before it. */
  #writtenTicks = 0;

  constructor(
    format: AudioFormat,
    pool: BlockPool,
    nextSequence: () => number,
    emit: (block: Buffer, offset: number, end: number) => void,
  ) {
    this.format = format;
    this.#pool = pool;
    this.#nextSequence = nextSequence;
    this.#emit = emit;
    this.#depacketizer = new AudioDepacketizer(format, this);
    this.#clock = new RtpClock(format.sampleRateHz);
  }

  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    this.#depacketizer.push(buffer, offset, length, arrivalUs);
  }

  startSegment(startUs: number): void {
    this.#segmentStartUs = startUs;
    this.#inSegment = true;
    this.#anchored = false;
    this.#writtenTicks = 0;
  }

  endSegment(): void {
    this.flush();
    this.#inSegment = false;
  }

  audioSample(
    buffer: Buffer,
    offset: number,
    length: number,
    timestamp: number,
    durationTicks: number,
    arrivalUs: number,
  ): void {
    this.#advance(timestamp, arrivalUs);
    if (!this.#inSegment) return;
    if (!this.#anchored && !this.#anchor()) return;
    const fragment = this.#fragment;
    if (fragment.full || fragment.end + length > fragment.block.length) {
      this.flush();
      if (fragment.block.length === 0) this.#takeBlock();
      if (fragment.end + length > fragment.block.length) return;
    }
    buffer.copy(fragment.block, fragment.end, offset, offset + length);
    fragment.append(length, this.#ticks, true);
    this.#endTicks = this.#ticks + durationTicks;
  }

  /** Writes what there is as a fragment. */
  flush(): void {
    const fragment = this.#fragment;
    if (fragment.count === 0) return;
    const sinceZero = fragment.firstTicks - this.#zeroTicks;
    const offset = fragment.serialise({
      trackId: audioTrackId,
      sequence: this.#nextSequence(),
      zeroTicks: this.#zeroTicks,
      decodedTicks: this.#zeroTicks + this.#writtenTicks,
      endTicks: this.#endTicks,
      shiftTicks: 0,
      wallUs: Math.round(this.#segmentStartUs + (sinceZero * 1e6) / this.format.sampleRateHz),
    });
    this.#writtenTicks = this.#endTicks - this.#zeroTicks;
    const { block, end } = fragment;
    fragment.restart(noBlock);
    this.#emit(block, offset, end);
  }

  /** Gives back its memory; what was not flushed is lost. */
  release(): void {
    if (this.#fragment.block.length > 0) this.#pool.release(this.#fragment.block);
    this.#fragment.restart(noBlock);
  }

  #advance(timestamp: number, arrivalUs: number): void {
    const step = this.#timeKnown ? timestampDelta(this.#ticks, timestamp) : 0;
    this.#ticks = this.#timeKnown ? this.#ticks + step : timestamp;
    this.#timeKnown = true;
    const verdict = this.#clock.observe(timestamp, arrivalUs);
    if (verdict === 'jump' || step < 0 || step > maxStepSeconds * this.format.sampleRateHz) {
      this.flush();
      this.#anchored = false;
    }
  }

  /** Places the present sample in the file by its wall time; false when it is from before the file. */
  #anchor(): boolean {
    const sinceStartUs = (this.#clock.wallUs(this.#ticks) ?? 0) - this.#segmentStartUs;
    const sinceStart = Math.round((sinceStartUs * this.format.sampleRateHz) / 1e6);
    if (sinceStart < 0) return false;
    this.#zeroTicks = this.#ticks - Math.max(sinceStart, this.#writtenTicks);
    this.#anchored = true;
    return true;
  }

  #takeBlock(): void {
    const block = this.#pool.take(blockBytes);
    if (block !== undefined) this.#fragment.restart(block);
  }
}
