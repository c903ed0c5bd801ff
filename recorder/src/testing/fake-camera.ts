import type { TrackDescription } from '@nigehban/media/hub/stream-hub-types.ts';
import { Packetizer } from '@nigehban/media/testing/rtp-packets.ts';
import type { FakeHub } from './fake-hub.ts';

/** x264's parameter sets of a 320x240 picture, main profile. */
export const spsNal = Buffer.from('674d400dd90141fb011000000300100000030320f142a480', 'hex');
export const ppsNal = Buffer.from('68ebc3cb20', 'hex');

export const h264Track: TrackDescription = {
  index: 0,
  kind: 'video',
  codec: 'H264',
  payloadType: 96,
  clockRateHz: 90_000,
  channels: 0,
  formatParameters: {},
  parameterSets: [],
};

/** A camera whose pictures are rubble of the right shape: 25 a second, a key frame each second. */
export class FakeCamera {
  readonly #hub: FakeHub;
  readonly #key: string;
  readonly #packetizer = new Packetizer('H264', { maxPayloadBytes: 400 });
  #picture = 0;
  #timestamp: number;

  constructor(hub: FakeHub, key: string, firstTimestamp = 1000) {
    this.#hub = hub;
    this.#key = key;
    this.#timestamp = firstTimestamp;
  }

  get pictures(): number {
    return this.#picture;
  }

  /** Sends the next picture: 40 ms after the one before, in its own clock. */
  picture(): void {
    const key = this.#picture % 25 === 0;
    const slice = Buffer.alloc(key ? 1500 : 300, this.#picture & 0x7f);
    slice[0] = key ? 0x65 : 0x41;
    slice[1] = 0x80;
    const nals = key ? [spsNal, ppsNal, slice] : [slice];
    for (const packet of this.#packetizer.accessUnit(nals, this.#timestamp)) {
      this.#hub.rtp(this.#key, 0, packet);
    }
    this.#picture += 1;
    this.#timestamp += 3600;
  }

  /** Moves the camera's own clock, as after a restart or an outage. */
  skip(ticks: number): void {
    this.#timestamp += ticks;
  }
}
