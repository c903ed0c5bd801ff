import type { CameraState } from '../camera-state.ts';
import { interleavedHeaderBytes, type ReplayFrame, rtpHeaderBytes } from '../streams/clip.ts';
import type { FrameSink, LiveEncoder } from '../streams/live-encoder.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { RtpOutlet } from './rtp-outlet.ts';
import { buildSenderReport } from './sender-report.ts';

const reportIntervalMs = 5000;
/** A client that is this far behind loses frames up to the next key frame, as on a real camera. */
const maxQueuedBytes = 4 * 1024 * 1024;

export interface RtpChannels {
  readonly rtp: number;
  readonly rtcp: number;
}

/**
 * Sends one encoder's frames to one client, framed for the interleaved channels of its RTSP
 * connection, with a sender report at the start and every five seconds.
 */
export class RtpSender implements FrameSink {
  readonly channels: RtpChannels;
  readonly encoder: LiveEncoder;
  readonly ssrc: number;
  readonly #outlet: RtpOutlet;
  readonly #camera: CameraState;
  readonly #wheel: TimerWheel;
  #sequence: number;
  #timestampOffset: number;
  #isWaitingForKeyFrame: boolean;
  #isPlaying = false;
  #framesSinceKeyFrame = 0;
  #isCutOrdered = false;
  #packetCount = 0;
  #octetCount = 0;
  #cancelReport: () => void = () => {};

  constructor(
    outlet: RtpOutlet,
    encoder: LiveEncoder,
    channels: RtpChannels,
    camera: CameraState,
    wheel: TimerWheel,
  ) {
    this.#outlet = outlet;
    this.encoder = encoder;
    this.channels = channels;
    this.#camera = camera;
    this.#wheel = wheel;
    this.ssrc = Math.floor(camera.random() * 0xffff_ffff);
    this.#sequence = Math.floor(camera.random() * 0x1_0000);
    this.#timestampOffset = Math.floor(camera.random() * 0x1_0000_0000);
    this.#isWaitingForKeyFrame = camera.model.rtsp.startsAtKeyFrame;
  }

  get nextSequence(): number {
    return this.#sequence;
  }

  /** The RTP timestamp of a moment of the node's clock. */
  timestampAt(nowMs: number): number {
    return this.#timestampOf(this.encoder.mediaTicksAt(nowMs));
  }

  play(): void {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    const wrap = this.#camera.fault('timestamp-wrap');
    if (wrap !== undefined) {
      const ticks = this.encoder.mediaTicksAt(this.#camera.now());
      this.#timestampOffset = -ticks - Math.round(wrap.inSeconds * this.encoder.clip.clockRate);
    }
    this.#isWaitingForKeyFrame = this.#camera.model.rtsp.startsAtKeyFrame;
    this.#report();
    this.encoder.addSink(this);
  }

  pause(): void {
    this.#isPlaying = false;
    this.#cancelReport();
    this.encoder.removeSink(this);
  }

  /** Steps the timestamps of all frames from now on. */
  jump(seconds: number): void {
    this.#timestampOffset += Math.round(seconds * this.encoder.clip.clockRate);
  }

  /** Cuts the connection in the middle of a frame between two key frames. */
  cutInGop(): void {
    this.#isCutOrdered = true;
  }

  onFrame(frame: ReplayFrame, mediaTicks: number): void {
    const isQuiet = this.#camera.hasFault('silent') || this.#camera.hasFault('blackhole');
    if (isQuiet) {
      this.#isWaitingForKeyFrame = this.#camera.model.rtsp.startsAtKeyFrame;
      return;
    }
    if (this.#isWaitingForKeyFrame && !frame.isKeyFrame) return;
    this.#isWaitingForKeyFrame = false;
    if (this.#outlet.writableLength > maxQueuedBytes) {
      this.#isWaitingForKeyFrame = true;
      this.#sequence = (this.#sequence + frame.packetOffsets.length) & 0xffff;
      this.#camera.counters.rtpPacketsLost += frame.packetOffsets.length;
      return;
    }
    const packets = this.#stamp(frame, this.#timestampOf(mediaTicks));
    this.#framesSinceKeyFrame = frame.isKeyFrame ? 0 : this.#framesSinceKeyFrame + 1;
    if (this.#isCutOrdered && this.#framesSinceKeyFrame >= 3) {
      this.#outlet.write(packets.subarray(0, packets.length >> 1));
      this.#outlet.destroySoon();
      return;
    }
    const sent = this.#lose(packets, frame.packetOffsets);
    const { counters } = this.#camera;
    counters.rtpFramesSent += 1;
    counters.rtpBytesSent += sent.length;
    if (sent.length > 0) this.#outlet.write(sent);
  }

  #timestampOf(mediaTicks: number): number {
    const sum = (mediaTicks + this.#timestampOffset) % 0x1_0000_0000;
    return sum < 0 ? sum + 0x1_0000_0000 : sum;
  }

  #stamp(frame: ReplayFrame, timestamp: number): Buffer {
    const packets = Buffer.allocUnsafe(frame.template.length);
    frame.template.copy(packets);
    for (const offset of frame.packetOffsets) {
      packets[offset + 1] = this.channels.rtp;
      packets.writeUInt16BE(this.#sequence, offset + interleavedHeaderBytes + 2);
      packets.writeUInt32BE(timestamp, offset + interleavedHeaderBytes + 4);
      packets.writeUInt32BE(this.ssrc, offset + interleavedHeaderBytes + 8);
      this.#sequence = (this.#sequence + 1) & 0xffff;
    }
    const count = frame.packetOffsets.length;
    this.#packetCount += count;
    this.#octetCount += packets.length - count * (interleavedHeaderBytes + rtpHeaderBytes);
    return packets;
  }

  #lose(packets: Buffer, offsets: readonly number[]): Buffer {
    const { counters } = this.#camera;
    const ratio = this.#camera.fault('packet-loss')?.ratio ?? 0;
    if (ratio === 0) {
      counters.rtpPacketsSent += offsets.length;
      return packets;
    }
    const kept = offsets.flatMap((offset, index) =>
      this.#camera.random() < ratio
        ? []
        : [packets.subarray(offset, offsets[index + 1] ?? packets.length)],
    );
    counters.rtpPacketsSent += kept.length;
    counters.rtpPacketsLost += offsets.length - kept.length;
    return Buffer.concat(kept);
  }

  #report(): void {
    const nowMs = this.#camera.now();
    this.#cancelReport = this.#wheel.schedule(nowMs + reportIntervalMs, () => this.#report());
    if (this.#camera.hasFault('blackhole')) return;
    const report = buildSenderReport({
      ssrc: this.ssrc,
      clockMs: this.#camera.clockMs(),
      rtpTimestamp: this.timestampAt(nowMs),
      packetCount: this.#packetCount,
      octetCount: this.#octetCount,
      canonicalName: this.#camera.plan.address,
    });
    const header = Buffer.from([0x24, this.channels.rtcp, report.length >> 8, report.length & 255]);
    this.#outlet.write(Buffer.concat([header, report]));
  }
}
