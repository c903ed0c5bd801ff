import type { GapCause, Timeline, TimelineSegment } from '@nigehban/domain/footage.ts';
import { dayMs } from '../i18n/station-time.ts';
import { joinMs } from '../timeline/timeline-view.ts';
import { PieceLoader } from './piece-loader.ts';
import { following, locate, videoCodecOf } from './playback-plan.ts';
import { VideoBuffer } from './video-buffer.ts';

export type PlaybackState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'gap';
      readonly fromMs: number | null;
      readonly untilMs: number;
      readonly cause: GapCause | null;
      readonly skipping: boolean;
    }
  /** All that is written so far was shown; goes on by itself. */
  | { readonly kind: 'edge' }
  | { readonly kind: 'end' }
  | { readonly kind: 'unsupported'; readonly codec: string }
  | { readonly kind: 'unreadable'; readonly atMs: number };

export interface PlaybackPorts {
  readonly video: HTMLVideoElement;
  /** Midnight of the day that is played: media time 0. Media time is wall time from there. */
  readonly dayStartMs: number;
  /** One piece from a byte on; Range semantics of RFC 9110 (206, 416). */
  readonly load: (startUs: number, fromByte: number, signal: AbortSignal) => Promise<Response>;
}

const tickEveryMs = 150;
/** Loaded ahead of the play head, at rate 1. */
const aheadMs = 20_000;
/** With more than this buffered, a piece that is still written is not asked for its new end. */
const enoughOfOpenS = 6;
const gapMessageMs = 2_500;
const unreadableMessageMs = 1_500;
/** Closer to the end of what is buffered than this, the video stands. */
const endReachMs = 120;
/** Browsers stand where the next picture is not complete: of a slow camera, so long before the end. */
const standReachMs = 2_500;
const standsAfterTicks = 3;

/**
 * Plays one day's recording of one camera. Keeps media time equal to wall time: pieces are appended
 * at their own start, gaps stay gaps, are named and then skipped. Never goes to live by itself.
 */
export class PlaybackEngine {
  readonly #ports: PlaybackPorts;
  readonly #buffer: VideoBuffer;
  readonly #loader: PieceLoader;
  readonly #listeners = new Set<() => void>();
  readonly #tick: ReturnType<typeof setInterval>;
  #timeline: Timeline;
  #state: PlaybackState = { kind: 'loading' };
  #playing = false;
  #rate = 1;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastSeconds = -1;
  #stillTicks = 0;

  constructor(ports: PlaybackPorts, timeline: Timeline) {
    this.#ports = ports;
    this.#timeline = timeline;
    this.#buffer = new VideoBuffer(ports.video, dayMs / 1000 + 60);
    this.#loader = new PieceLoader(this.#buffer, ports.dayStartMs, ports.load);
    this.#loader.setTimeline(timeline);
    this.#tick = setInterval(() => this.#advance(), tickEveryMs);
  }

  readonly state = (): PlaybackState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get playing(): boolean {
    return this.#playing;
  }

  positionMs(): number {
    return this.#ports.dayStartMs + this.#ports.video.currentTime * 1000;
  }

  /** The timeline grew. */
  setTimeline(timeline: Timeline): void {
    this.#timeline = timeline;
    this.#loader.setTimeline(timeline);
    this.#advance();
  }

  setRate(rate: number): void {
    this.#rate = rate;
    this.#ports.video.playbackRate = rate;
  }

  play(): void {
    this.#playing = true;
    if (this.#state.kind === 'gap') this.#waitAndSkip(this.#state.untilMs);
    this.#tell();
    this.#advance();
  }

  pause(): void {
    this.#playing = false;
    this.#stopTimer();
    this.#ports.video.pause();
    if (this.#state.kind === 'gap') this.#set({ ...this.#state, skipping: false });
    else this.#tell();
  }

  /** Goes to a moment of wall time; a moment in a gap stays there and says so. */
  seek(atMs: number): void {
    this.#stopTimer();
    const { video, dayStartMs } = this.#ports;
    const at = Math.min(Math.max(atMs, dayStartMs), dayStartMs + dayMs - 1);
    const place = locate(this.#timeline, at);
    const seconds = (at - dayStartMs) / 1000;
    const loading = place.kind === 'recorded' && this.#loader.isLoading(place.segment);
    if (!loading && !this.#buffer.holds(seconds)) this.#loader.reset();
    video.currentTime = seconds;
    if (place.kind === 'gap') this.#enterGap(place);
    else {
      this.#set({ kind: 'loading' });
      this.#advance();
    }
  }

  close(): void {
    clearInterval(this.#tick);
    this.#stopTimer();
    this.#loader.reset();
    this.#buffer.close();
    this.#listeners.clear();
  }

  #advance(): void {
    const { kind } = this.#state;
    if (kind === 'gap' || kind === 'unreadable' || kind === 'unsupported') return;
    const at = this.positionMs();
    const wanted = this.#choosePiece(at);
    if (wanted !== null && !this.#supports(wanted)) return;
    this.#loader.want(wanted);
    const { video } = this.#ports;
    const leftMs = this.#buffer.leftAfter(video.currentTime) * 1000;
    if (leftMs > endReachMs && !this.#standsBeforeEnd(leftMs)) {
      this.#show();
      return;
    }
    this.#standAt(at + Math.max(0, leftMs));
  }

  /** It plays, but has had no picture to go on to for a while. */
  #standsBeforeEnd(leftMs: number): boolean {
    const { currentTime, readyState, seeking, paused } = this.#ports.video;
    const isStill =
      this.#playing &&
      !paused &&
      !seeking &&
      readyState <= HTMLMediaElement.HAVE_CURRENT_DATA &&
      currentTime === this.#lastSeconds;
    this.#lastSeconds = currentTime;
    this.#stillTicks = isStill ? this.#stillTicks + 1 : 0;
    return leftMs <= standReachMs && this.#stillTicks >= standsAfterTicks;
  }

  #show(): void {
    const { video } = this.#ports;
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !video.seeking) {
      this.#set({ kind: 'ready' });
    }
    if (this.#playing && video.paused) {
      video.playbackRate = this.#rate;
      void video.play().catch(() => undefined);
    }
  }

  /** Nothing is buffered at `at`: finds out why, and what comes next. */
  #standAt(at: number): void {
    const { video, dayStartMs } = this.#ports;
    const hopTo = this.#buffer.nextStart(video.currentTime, joinMs / 1000);
    if (hopTo !== null) {
      video.currentTime = hopTo + 0.001;
      return;
    }
    // What the index says of the last milliseconds of a piece is not what its last frame says.
    const place = locate(this.#timeline, at + 60);
    switch (place.kind) {
      case 'gap':
        this.#enterGap(place);
        return;
      case 'nothing':
        this.#set({ kind: place.last?.open === true ? 'edge' : 'end' });
        return;
      case 'recorded': {
        if (this.#loader.isUnreadable(place.segment)) this.#skipUnreadable(place.segment);
        else if (this.#loader.isComplete(place.segment)) {
          // Its frames end before its entry does, or the browser threw them away meanwhile.
          const nextMs = following(this.#timeline, place.segment)?.startMs ?? null;
          const missing = at - place.segment.startMs;
          if (this.#loader.mayLoadAgain(place.segment) && place.segment.endMs - at > joinMs) {
            this.#loader.forget(place.segment);
          } else if (nextMs !== null && missing > 0) {
            video.currentTime = (nextMs - dayStartMs) / 1000 + 0.001;
          } else if (place.segment.open) this.#set({ kind: 'edge' });
          else video.currentTime = (place.segment.endMs - dayStartMs) / 1000;
        } else if (this.#state.kind !== 'edge') this.#set({ kind: 'loading' });
      }
    }
  }

  /** The first piece from the play head on that is not there yet, as far ahead as is worth it. */
  #choosePiece(at: number): TimelineSegment | null {
    const place = locate(this.#timeline, at);
    let piece: TimelineSegment | null = null;
    if (place.kind === 'recorded') piece = place.segment;
    else if (place.kind === 'nothing' && place.last?.open === true) piece = place.last;
    while (piece !== null && this.#loader.isSettled(piece)) {
      if (piece.endMs - at > aheadMs * Math.max(1, this.#rate)) return null;
      piece = following(this.#timeline, piece);
    }
    const leftS = this.#buffer.leftAfter(this.#ports.video.currentTime);
    return piece?.open === true && leftS > enoughOfOpenS * this.#rate ? null : piece;
  }

  #supports(piece: TimelineSegment): boolean {
    const codec = videoCodecOf(piece.codec);
    if (MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`)) return true;
    this.#ports.video.pause();
    this.#set({ kind: 'unsupported', codec: piece.codec });
    return false;
  }

  #enterGap(place: Extract<ReturnType<typeof locate>, { kind: 'gap' }>): void {
    this.#ports.video.pause();
    this.#set({
      kind: 'gap',
      fromMs: place.fromMs,
      untilMs: place.next.startMs,
      cause: place.cause,
      skipping: false,
    });
    if (this.#playing) this.#waitAndSkip(place.next.startMs);
  }

  #waitAndSkip(toMs: number): void {
    this.#stopTimer();
    if (this.#state.kind === 'gap') this.#set({ ...this.#state, skipping: true });
    this.#timer = setTimeout(() => this.seek(toMs), gapMessageMs);
  }

  #skipUnreadable(segment: TimelineSegment): void {
    this.#ports.video.pause();
    this.#set({ kind: 'unreadable', atMs: segment.startMs });
    this.#stopTimer();
    this.#timer = setTimeout(() => this.seek(segment.endMs + 1), unreadableMessageMs);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #set(state: PlaybackState): void {
    if (state.kind === this.#state.kind && (state.kind === 'ready' || state.kind === 'loading')) {
      return;
    }
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
