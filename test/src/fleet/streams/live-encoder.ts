import type { NowMs, TimerWheel } from '../timer-wheel.ts';
import type { Clip, ReplayFrame } from './clip.ts';

/** Takes an encoder's frames as they come due. `mediaTicks` runs on from one loop to the next. */
export interface FrameSink {
  onFrame(frame: ReplayFrame, mediaTicks: number): void;
}

/** What an encoder is to show; a change takes effect at the next key frame. */
export interface EncoderClips {
  readonly normal: Clip;
  readonly frozen: Clip;
  readonly changed: Clip;
}

export type EncoderMode = keyof EncoderClips;

/** Frames later than this are given up: the encoder goes on with the next key frame. */
const giveUpAfterMs = 2000;

/**
 * One running encoder of a camera: replays its clip against the clock for as long as somebody
 * listens. All listeners get the same frames, as from a real camera, and one listener's wish for a
 * key frame is served to all.
 */
export class LiveEncoder {
  readonly #clips: EncoderClips;
  readonly #wheel: TimerWheel;
  readonly #now: NowMs;
  readonly #epochMs: number;
  readonly #sinks = new Set<FrameSink>();
  readonly #frameMs: number;
  #clip: Clip;
  #wanted: Clip;
  #ordinal = 0;
  /** Loop index of frame `ordinal` is (ordinal + shift) modulo the loop's length. */
  #shift = 0;
  #wantsKeyFrame = false;
  #cancel: (() => void) | null = null;

  constructor(clips: EncoderClips, wheel: TimerWheel, now: NowMs, epochMs: number) {
    this.#clips = clips;
    this.#clip = clips.normal;
    this.#wanted = clips.normal;
    this.#wheel = wheel;
    this.#now = now;
    this.#epochMs = epochMs;
    this.#frameMs = (1000 * clips.normal.ticksPerFrame) / clips.normal.clockRate;
  }

  /** The clip that is being sent, for a description of the stream. */
  get clip(): Clip {
    return this.#clip;
  }

  /** The clip of normal operation. */
  get normalClip(): Clip {
    return this.#clips.normal;
  }

  /** The clip that is sent from the next key frame at the latest. */
  get wantedClip(): Clip {
    return this.#wanted;
  }

  get framesPerSecond(): number {
    const { clockRate, ticksPerFrame } = this.#clips.normal;
    return clockRate / ticksPerFrame;
  }

  /** The encoder's media time at a moment of the clock: what a sender report maps to wall time. */
  mediaTicksAt(nowMs: number): number {
    return Math.round(((nowMs - this.#epochMs) * this.#clip.clockRate) / 1000);
  }

  setMode(mode: EncoderMode): void {
    this.#wanted = this.#clips[mode];
    if (this.#sinks.size === 0) this.#switchClip();
  }

  /** Makes the next frame a key frame (ONVIF SetSynchronizationPoint); time runs on. */
  requestKeyFrame(): void {
    this.#wantsKeyFrame = true;
  }

  addSink(sink: FrameSink): void {
    this.#sinks.add(sink);
    if (this.#cancel !== null) return;
    this.#ordinal = Math.ceil((this.#now() - this.#epochMs) / this.#frameMs);
    this.#scheduleNext();
  }

  removeSink(sink: FrameSink): void {
    this.#sinks.delete(sink);
    if (this.#sinks.size > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #scheduleNext(): void {
    const atMs = this.#epochMs + this.#ordinal * this.#frameMs;
    this.#cancel = this.#wheel.schedule(atMs, () => this.#sendDue());
  }

  #sendDue(): void {
    const nowMs = this.#now();
    if (nowMs - this.#epochMs - this.#ordinal * this.#frameMs > giveUpAfterMs) {
      this.#ordinal = Math.ceil((nowMs - this.#epochMs) / this.#frameMs);
      this.#wantsKeyFrame = true;
    }
    while (this.#epochMs + this.#ordinal * this.#frameMs <= nowMs) {
      this.#sendFrame();
      this.#ordinal += 1;
    }
    if (this.#sinks.size > 0) this.#scheduleNext();
    else this.#cancel = null;
  }

  #sendFrame(): void {
    const { frames } = this.#clip;
    let index = this.#loopIndex();
    if (this.#wantsKeyFrame) {
      this.#wantsKeyFrame = false;
      index = nextKeyIndex(frames, index);
      this.#shift = index - this.#ordinal;
    }
    if (this.#wanted !== this.#clip && frames[index]?.isKeyFrame === true) {
      this.#switchClip();
      index = this.#loopIndex();
    }
    const frame = this.#clip.frames[index];
    if (frame === undefined) return;
    const mediaTicks = this.#ordinal * this.#clip.ticksPerFrame;
    for (const sink of [...this.#sinks]) sink.onFrame(frame, mediaTicks);
  }

  #loopIndex(): number {
    const { length } = this.#clip.frames;
    return (((this.#ordinal + this.#shift) % length) + length) % length;
  }

  #switchClip(): void {
    const index = this.#loopIndex();
    this.#clip = this.#wanted;
    const { frames } = this.#clip;
    const from = nextKeyIndex(frames, index % frames.length);
    this.#shift = from - this.#ordinal;
  }
}

function nextKeyIndex(frames: readonly ReplayFrame[], from: number): number {
  for (let step = 0; step < frames.length; step += 1) {
    const index = (from + step) % frames.length;
    if (frames[index]?.isKeyFrame === true) return index;
  }
  return 0;
}
