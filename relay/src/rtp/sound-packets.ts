import { RtpContinuity, RtpSequencer } from './rtp-continuity.ts';
import { emptyRtpView, readRtp, rtpHeaderBytes, writeRtpHeader } from './rtp-view.ts';

export interface SoundStream {
  readonly ssrc: number;
  /** Of the packets that leave. */
  readonly payloadType: number;
  readonly firstSequence: number;
}

const clockRateHz = 8000;
/** Seven packets of 20 ms, so that what a camera sends over TCP in larger ones fits into UDP. */
const largestPayloadBytes = 1120;

/**
 * Makes one outgoing G.711 stream of a camera's sessions (RFC 3551 §4.5.14: a byte is a sample, the
 * clock 8000 Hz). Timestamps run on over reconnects of the camera and over pauses in which nobody
 * listened; the marker says that a talkspurt begins (RFC 3551 §4.1), as it does after both.
 */
export class SoundPackets {
  readonly #stream: SoundStream;
  readonly #emit: (packet: Buffer) => void;
  readonly #continuity = new RtpContinuity(clockRateHz);
  readonly #sequencer: RtpSequencer;
  readonly #view = emptyRtpView();
  #payloadType = -1;
  #begins = true;

  constructor(stream: SoundStream, emit: (packet: Buffer) => void) {
    this.#stream = stream;
    this.#emit = emit;
    this.#sequencer = new RtpSequencer(stream.firstSequence);
  }

  /** The next packet is of a new session, or the first one after a pause; the camera's own payload type. */
  begin(payloadType: number): void {
    this.#payloadType = payloadType;
    this.#continuity.startSession();
    this.#begins = true;
  }

  /** One packet as the camera sent it. Comfort noise and telephone events (other types) are no sound. */
  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    const view = this.#view;
    if (!readRtp(buffer, offset, length, view) || view.payloadType !== this.#payloadType) return;
    const { sequence, timestamp, ssrc } = view;
    const next = this.#continuity.follow(sequence, timestamp, ssrc, arrivalUs);
    if (next.kind === 'late') return;
    const { payloadStart, payloadEnd } = view;
    for (let from = payloadStart; from < payloadEnd; from += largestPayloadBytes) {
      const to = Math.min(payloadEnd, from + largestPayloadBytes);
      const packet = Buffer.allocUnsafe(rtpHeaderBytes + to - from);
      const isFirst = from === payloadStart;
      writeRtpHeader(
        packet,
        isFirst && (view.marker || this.#begins),
        this.#stream.payloadType,
        (next.timestamp + from - payloadStart) >>> 0,
        this.#stream.ssrc,
      );
      buffer.copy(packet, rtpHeaderBytes, from, to);
      this.#sequencer.number(packet, isFirst ? next.missing : 0);
      this.#emit(packet);
    }
    this.#begins = false;
  }
}
