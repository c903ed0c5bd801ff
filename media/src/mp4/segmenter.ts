import type { AccessUnit, AccessUnitListener, AccessUnits } from '../codec/access-unit.ts';
import { AccessUnitAssembler } from '../codec/access-unit-assembler.ts';
import { audioCodecString, audioFormatOf } from '../codec/audio-format.ts';
import { JpegAssembler } from '../codec/jpeg-assembler.ts';
import { pictureSize, videoCodecString } from '../codec/video-format.ts';
import type { SenderReport, TrackDescription, VideoCodec } from '../hub/stream-hub-types.ts';
import { RtpClock } from '../rtp/rtp-clock.ts';
import { timestampDelta } from '../rtp/rtp-packet.ts';
import { AudioMuxer } from './audio-muxer.ts';
import { FragmentBuffer, frontReserveBytes } from './fragment-buffer.ts';
import { buildInitialisation, videoTrackId } from './initialisation.ts';
import type {
  SegmentEnd,
  SegmenterCounters,
  SegmenterSettings,
  SegmentOutput,
} from './segmenter-types.ts';

const noBlock = Buffer.alloc(0);
/** A pause this long, and much longer than the usual frame interval, is a hole and not a slow frame. */
const pauseSeconds = 2;
const pauseIntervals = 8;
/** A segment's wall length may differ from its media length by this share, to follow the clock. */
const maxSlew = 0.05;

interface OpenSegment {
  readonly startUs: number;
  readonly zeroTicks: number;
  readonly parametersVersion: number;
  readonly lossBefore: number;
  initialisation: Buffer | undefined;
  shiftTicks: number;
  /** Where its written fragments end: goes forward alone, also when a camera's clock goes back. */
  writtenTicks: number;
  /** When the last written sample is decoded. */
  decodedTicks: number;
  sequence: number;
  frames: number;
}

/**
 * Turns the packets of one stream session into segments: files that start at a key frame, made of
 * fragments that leave in one write each. One segmenter per session; it knows no files. Decisions
 * are made by RTP time against arrival time, never by a timer.
 */
export class Segmenter implements AccessUnitListener {
  readonly #settings: SegmenterSettings;
  #targetMs: number;
  readonly #output: SegmentOutput;
  readonly #track: TrackDescription;
  readonly #audioTrack: number;
  readonly #assembler: AccessUnits;
  readonly #audio: AudioMuxer | undefined;
  readonly #clock: RtpClock;
  readonly #fragment = new FragmentBuffer(noBlock);
  #segment: OpenSegment | undefined;
  /** Wall time before which no segment may start. */
  #notBeforeUs: number;
  /** The next segment continues here without a hole. */
  #continuesUs: number | undefined;

  /** RTP time of the present access unit, wraps counted: congruent to its timestamp modulo 2^32. */
  #ticks = 0;
  #timeKnown = false;
  #interval = 0;
  #seenSourceChanges = 0;
  #timeBroke = false;
  #wantedBlockBytes: number;
  #frames = 0;
  #keyFrames = 0;
  #lastKeyTicks: number | undefined;
  #keyFrameIntervalMs: number | undefined;
  #discontinuities = 0;

  /** `track` is one that {@link recordableTrack} gave; `notBeforeUs` is the end of what is recorded. */
  constructor(
    track: TrackDescription & { readonly codec: VideoCodec },
    tracks: readonly TrackDescription[],
    settings: SegmenterSettings,
    output: SegmentOutput,
    notBeforeUs: number,
  ) {
    this.#track = track;
    this.#settings = settings;
    this.#targetMs = settings.firstSegmentMs ?? settings.segmentMs;
    this.#output = output;
    this.#notBeforeUs = notBeforeUs;
    this.#wantedBlockBytes = frontReserveBytes + (32 << 10);
    this.#clock = new RtpClock(track.clockRateHz);
    const limits = { maxUnitBytes: settings.maxAccessUnitBytes };
    this.#assembler =
      track.codec === 'JPEG'
        ? new JpegAssembler(this, limits)
        : new AccessUnitAssembler(track.codec, track.parameterSets, this, limits);
    const audioTrack = tracks.find((candidate) => candidate.kind === 'audio');
    const audioFormat = audioTrack === undefined ? undefined : audioFormatOf(audioTrack);
    this.#audioTrack = audioFormat === undefined ? -1 : (audioTrack?.index ?? -1);
    this.#audio =
      audioFormat === undefined
        ? undefined
        : new AudioMuxer(
            audioFormat,
            settings.pool,
            () => this.#nextSequence(),
            (block, offset, end) => this.#emit(block, offset, end),
          );
  }

  get counters(): SegmenterCounters {
    const { lostPackets, latePackets, malformedPackets, lostUnits } = this.#assembler;
    return {
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      keyFrameIntervalMs: this.#keyFrameIntervalMs,
      lostPackets,
      latePackets,
      malformedPackets,
      lostUnits,
      discontinuities: this.#discontinuities,
    };
  }

  push(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    if (track === this.#track.index) this.#assembler.push(buffer, offset, length, arrivalUs);
    else if (track === this.#audioTrack) this.#audio?.push(buffer, offset, length, arrivalUs);
  }

  senderReport(track: number, report: SenderReport): void {
    if (track === this.#track.index) this.#clock.observeReport(report);
  }

  /** Ends the segment with what is whole and gives back all memory. The segmenter is done. */
  stop(reason: SegmentEnd = 'stopped'): void {
    this.#assembler.flush();
    this.#endSegment(reason, this.#recordedTicks());
    if (this.#fragment.block.length > 0) this.#settings.pool.release(this.#fragment.block);
    this.#fragment.restart(noBlock);
    this.#assembler.moveTo(noBlock, 0);
    this.#audio?.release();
  }

  accessUnitStarts(unit: AccessUnit): void {
    this.#advance(unit);
    if (this.#fragment.count === 0) return;
    const ticks = this.#ticks;
    // A fragment's end must lie before all that follows, also when pictures are reordered.
    if (ticks <= this.#fragment.latestTicks) return;
    const lengthMs =
      ((ticks + this.#interval - this.#fragment.firstTicks) * 1000) / this.#track.clockRateHz;
    if (
      this.#endsFragment(unit) ||
      this.#fragment.full ||
      lengthMs > this.#settings.fragmentMs + 5
    ) {
      this.#cut(ticks);
    }
  }

  accessUnitEnds(unit: AccessUnit): void {
    if (unit.key) this.#countKeyFrame();
    if (unit.key && this.#fragment.count === 0 && this.#segmentIsDue()) this.#startSegment();
    if (this.#segment === undefined || this.#fragment.full) {
      unit.position = unit.unitStart;
      return;
    }
    this.#fragment.append(unit.position - unit.unitStart, this.#ticks, unit.key);
    this.#segment.frames += 1;
    this.#frames += 1;
  }

  accessUnitLost(): void {
    // The next unit's time closes the hole; the segment's summary tells of the loss.
  }

  blockFull(unit: AccessUnit, needed: number): boolean {
    const { pool } = this.#settings;
    if (this.#fragment.count > 0 && this.#ticks > this.#fragment.latestTicks) {
      this.#cut(this.#ticks, true);
      if (unit.position + needed <= unit.block.length) return true;
    }
    const old = this.#fragment.block;
    const used = old.length === 0 ? frontReserveBytes : unit.position;
    const larger = pool.take(Math.max(used + needed, this.#wantedBlockBytes));
    if (larger === undefined) return false;
    this.#fragment.growInto(larger);
    unit.moveTo(larger, old.length === 0 ? frontReserveBytes : unit.unitStart);
    if (old.length > 0) pool.release(old);
    return true;
  }

  /** Each key frame begins a fragment; where all are, only the one that begins a segment. */
  #endsFragment(next: AccessUnit): boolean {
    return next.key && (this.#track.codec !== 'JPEG' || this.#segmentIsDue());
  }

  /** Moves the stream's time on to a new access unit and ends the segment where time breaks. */
  #advance(unit: AccessUnit): void {
    const step = this.#timeKnown ? timestampDelta(this.#ticks, unit.timestamp) : 0;
    this.#ticks = this.#timeKnown ? this.#ticks + step : unit.timestamp;
    this.#timeKnown = true;
    const verdict = this.#clock.observe(unit.timestamp, unit.arrivalUs);
    if (verdict === 'jump' || unit.sourceChanges !== this.#seenSourceChanges) {
      this.#seenSourceChanges = unit.sourceChanges;
      this.#discontinuities += 1;
      this.#breakTime('discontinuity');
    } else if (verdict === 'outage' || this.#isPause(step)) {
      this.#breakTime('pause');
    } else if (step > 0) {
      this.#interval = step;
    }
  }

  #isPause(step: number): boolean {
    return step > pauseSeconds * this.#track.clockRateHz && step > pauseIntervals * this.#interval;
  }

  /** Where the pictures so far end: the last one lasts as long as the one before. */
  #recordedTicks(): number {
    if (this.#fragment.count > 0) return this.#fragment.latestTicks + this.#interval;
    return this.#segment?.writtenTicks ?? this.#ticks;
  }

  #breakTime(reason: SegmentEnd): void {
    // The clock already stands on the far side of the break.
    this.#timeBroke = reason === 'discontinuity';
    this.#endSegment(reason, this.#recordedTicks());
    this.#timeBroke = false;
    this.#lastKeyTicks = undefined;
  }

  #countKeyFrame(): void {
    this.#keyFrames += 1;
    if (this.#lastKeyTicks !== undefined) {
      const ticks = this.#ticks - this.#lastKeyTicks;
      this.#keyFrameIntervalMs = Math.round((ticks * 1000) / this.#track.clockRateHz);
    }
    this.#lastKeyTicks = this.#ticks;
  }

  #segmentIsDue(): boolean {
    const segment = this.#segment;
    if (segment === undefined) return true;
    if (segment.parametersVersion !== this.#assembler.parameterSets.version) return true;
    const lengthTicks = this.#ticks - segment.zeroTicks;
    return (lengthTicks * 1000) / this.#track.clockRateHz >= this.#targetMs;
  }

  #startSegment(): void {
    const { parameterSets } = this.#assembler;
    const format = parameterSets.format();
    if (format === undefined) return;
    const accepted = this.#output.accepts();
    if (this.#segment !== undefined) {
      const sameFormat = this.#segment.parametersVersion === parameterSets.version;
      const reason = sameFormat ? 'length' : 'format';
      this.#endSegment(accepted ? reason : 'refused', this.#ticks);
    }
    if (!accepted) return;
    const startUs =
      this.#continuesUs ?? Math.max(this.#clock.wallUs(this.#ticks) ?? 0, this.#notBeforeUs);
    this.#continuesUs = undefined;
    const audio = this.#audio?.format;
    this.#segment = {
      startUs,
      zeroTicks: this.#ticks,
      parametersVersion: parameterSets.version,
      lossBefore: this.#losses(),
      initialisation: buildInitialisation(
        {
          video: { format, timescaleHz: this.#track.clockRateHz },
          audio: audio === undefined ? undefined : { format: audio },
        },
        startUs,
      ),
      shiftTicks: 0,
      writtenTicks: this.#ticks,
      decodedTicks: this.#ticks,
      sequence: 0,
      frames: 0,
    };
    const codecs = [videoCodecString(format)];
    if (audio !== undefined) codecs.push(audioCodecString(audio));
    this.#output.segmentStarts({
      startUs,
      codec: codecs.join(','),
      ...pictureSize(format),
    });
    this.#audio?.startSegment(startUs);
  }

  #endSegment(reason: SegmentEnd, endTicks: number): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (this.#fragment.count > 0) this.#cut(endTicks);
    // The last write may have been refused, which ends the segment too.
    if (this.#segment !== segment) return;
    this.#audio?.endSegment();
    this.#segment = undefined;
    this.#targetMs = this.#settings.segmentMs;
    const endUs = this.#wallAt(segment, Math.max(endTicks, segment.writtenTicks));
    this.#notBeforeUs = endUs;
    if (reason === 'length' || reason === 'format') this.#continuesUs = endUs;
    else this.#continuesUs = undefined;
    const offsetUs = this.#clock.cameraOffsetUs;
    this.#output.segmentEnds({
      reason,
      startUs: segment.startUs,
      endUs,
      frames: segment.frames,
      lossy: this.#losses() > segment.lossBefore,
      clockOffsetMs: offsetUs === undefined ? null : Math.round(offsetUs / 1000),
    });
  }

  /**
   * Writes the samples so far as a fragment that ends at `ticks`; `full`: because its block is full. The
   * next block is as large as the largest fragment of late, and of the next class only after a full one.
   */
  #cut(ticks: number, full = false): void {
    const segment = this.#segment;
    const fragment = this.#fragment;
    if (segment === undefined) return;
    const endTicks = Math.max(ticks, segment.writtenTicks);
    if (segment.initialisation !== undefined) segment.shiftTicks = fragment.reorderTicks;
    const offset = fragment.serialise({
      trackId: videoTrackId,
      sequence: this.#nextSequence(),
      zeroTicks: segment.zeroTicks,
      decodedTicks: segment.decodedTicks,
      endTicks,
      shiftTicks: segment.shiftTicks,
      wallUs: this.#wallAt(segment, fragment.firstTicks),
      initialisation: segment.initialisation,
    });
    segment.initialisation = undefined;
    segment.writtenTicks = endTicks;
    segment.decodedTicks = fragment.decodedTicks;
    const { block, end } = fragment;
    const atLeastBytes = full ? block.length + 1 : end;
    this.#wantedBlockBytes = Math.max(atLeastBytes, this.#wantedBlockBytes * 0.9);
    const largest = this.#settings.pool.largestBytes;
    const next = this.#settings.pool.take(Math.min(this.#wantedBlockBytes, largest)) ?? noBlock;
    fragment.restart(next);
    this.#assembler.moveTo(next, next.length === 0 ? 0 : frontReserveBytes);
    this.#emit(block, offset, end, endTicks);
    this.#audio?.flush();
    if (!this.#output.accepts()) this.#endSegment('refused', endTicks);
  }

  #emit(block: Buffer, offset: number, end: number, endTicks?: number): void {
    const segment = this.#segment;
    if (segment === undefined) {
      this.#settings.pool.release(block);
      return;
    }
    this.#output.fragment(block, {
      offset,
      length: end - offset,
      endUs: this.#wallAt(segment, endTicks ?? this.#ticks),
      frames: segment.frames,
    });
  }

  #nextSequence(): number {
    if (this.#segment === undefined) return 1;
    this.#segment.sequence += 1;
    return this.#segment.sequence;
  }

  /** Wall time inside a segment: media time since its start, slewed towards the clock. */
  #wallAt(segment: OpenSegment, ticks: number): number {
    const lengthUs = ((ticks - segment.zeroTicks) * 1e6) / this.#track.clockRateHz;
    const predictedUs = segment.startUs + lengthUs;
    const clockUs = this.#timeBroke ? predictedUs : (this.#clock.wallUs(ticks) ?? predictedUs);
    const limitUs = Math.abs(lengthUs) * maxSlew;
    const slewUs = Math.max(-limitUs, Math.min(limitUs, clockUs - predictedUs));
    return Math.round(predictedUs + slewUs);
  }

  #losses(): number {
    const { lostPackets, malformedPackets, lostUnits } = this.#assembler;
    return lostPackets + malformedPackets + lostUnits;
  }
}

/** The first video track that can be recorded; undefined when there is none (CODEC_UNSUPPORTED). */
export function recordableTrack(
  tracks: readonly TrackDescription[],
): (TrackDescription & { readonly codec: VideoCodec }) | undefined {
  for (const track of tracks) {
    const { codec } = track;
    if (codec === 'H264' || codec === 'H265' || codec === 'JPEG') return { ...track, codec };
  }
  return undefined;
}
