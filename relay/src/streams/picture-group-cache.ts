import type { ShapedPacket } from '../rtp/h264-shaper.ts';

/**
 * Keeps what a viewer needs to see a picture at once: everything since the latest key picture, its
 * parameter sets included. A group that outgrows the limit is given up until the next key picture.
 */
export class PictureGroupCache {
  readonly #limitBytes: number;
  #packets: ShapedPacket[] = [];
  #sizeBytes = 0;
  #latestParameterSets: number | undefined;
  #complete = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True when a viewer that is shown this cache begins with a key picture. */
  get beginsWithKeyPicture(): boolean {
    return this.#complete;
  }

  push(shaped: ShapedPacket): void {
    if (shaped.mark === 'parameter-sets') this.#latestParameterSets = this.#packets.length;
    if (shaped.mark === 'key-picture') this.#begin();
    // Nothing decodes before a key picture.
    if (!this.#complete && this.#latestParameterSets === undefined) return;
    this.#packets.push(shaped);
    this.#sizeBytes += shaped.packet.length;
    if (this.#sizeBytes > this.#limitBytes) this.clear();
  }

  /** Hands over the packets, in order, and empties the cache. None when no key picture is in it. */
  take(): readonly ShapedPacket[] {
    const packets = this.#complete ? this.#packets : [];
    this.clear();
    return packets;
  }

  clear(): void {
    this.#packets = [];
    this.#sizeBytes = 0;
    this.#latestParameterSets = undefined;
    this.#complete = false;
  }

  #begin(): void {
    // Without parameter sets in front this packet is an aggregate that holds its own.
    this.#packets = this.#packets.slice(this.#latestParameterSets ?? this.#packets.length);
    this.#sizeBytes = this.#packets.reduce((sum, each) => sum + each.packet.length, 0);
    this.#latestParameterSets = undefined;
    this.#complete = true;
  }
}

/** RTP ticks between two pictures of a replay: 1 ms at 90 kHz. */
const replayStepTicks = 90;

/**
 * Rewrites the timestamps of a replayed group so that all pictures lie 1 ms apart and the last keeps
 * its own: a browser that gets two seconds of pictures at once decodes them at once, instead of
 * playing them at their speed and staying two seconds late.
 */
export function hastenReplay(packets: readonly ShapedPacket[]): void {
  const last = packets.at(-1);
  if (last === undefined) return;
  let outgoing = last.timestamp;
  let following = last.timestamp;
  for (let index = packets.length - 1; index >= 0; index -= 1) {
    const shaped = packets[index];
    if (shaped === undefined) continue;
    if (shaped.timestamp !== following) {
      const stepTicks = Math.abs((following - shaped.timestamp) | 0);
      outgoing = (outgoing - Math.min(replayStepTicks, stepTicks)) >>> 0;
      following = shaped.timestamp;
    }
    shaped.packet.writeUInt32BE(outgoing, 4);
  }
}
