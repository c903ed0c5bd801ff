import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { ShapedPacket } from '../rtp/h264-shaper.ts';
import { RtpSequencer } from '../rtp/rtp-continuity.ts';

/** 64 KB every 5 ms are 100 Mbit/s: quick for a viewer, yet within socket buffers on the way. */
const sliceBytes = 64 * 1024;
const sliceEveryMs = 5;

/** Numbers packets and sends them in order: live ones at once, a replay in slices. */
export class PacedSender {
  readonly #clock: Clock;
  readonly #send: (packet: Buffer) => void;
  readonly #sequencer: RtpSequencer;
  #backlog: ShapedPacket[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, firstSequence: number, send: (packet: Buffer) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#sequencer = new RtpSequencer(firstSequence);
  }

  /** Begins again with a replayed group; what was lost before it is no loss for the new viewer. */
  replay(packets: readonly ShapedPacket[]): void {
    this.stop();
    this.#backlog = packets.map((shaped, index) =>
      index === 0 ? { ...shaped, missing: 0 } : shaped,
    );
    this.#slice();
  }

  live(shaped: ShapedPacket): void {
    if (this.#timer === undefined) this.#out(shaped);
    else this.#backlog.push(shaped);
  }

  /** Forgets what was not sent yet. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#backlog = [];
  }

  #slice(): void {
    this.#timer = undefined;
    let bytes = 0;
    let sent = 0;
    for (const shaped of this.#backlog) {
      if (bytes >= sliceBytes) break;
      bytes += shaped.packet.length;
      sent += 1;
      this.#out(shaped);
    }
    this.#backlog.splice(0, sent);
    if (this.#backlog.length === 0) return;
    this.#timer = this.#clock.setTimer(sliceEveryMs, () => this.#slice());
  }

  #out(shaped: ShapedPacket): void {
    this.#sequencer.number(shaped.packet, shaped.missing);
    this.#send(shaped.packet);
  }
}
