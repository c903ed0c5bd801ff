import { randomInt } from 'node:crypto';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type {
  StreamHub,
  StreamSession,
  StreamSource,
  StreamSubscription,
} from '@nigehban/media/hub/stream-hub-types.ts';
import type { types } from 'mediasoup';
import {
  buildAudioProducerParameters,
  type SoundCodec,
  soundPayloadTypes,
  soundTrackToForward,
} from '../negotiation/producer-parameters.ts';
import { SoundPackets } from '../rtp/sound-packets.ts';
import type { RelayWorker } from '../workers/worker-pool.ts';

export interface SoundProductionOptions {
  readonly cameraId: CameraId;
  readonly source: StreamSource;
  readonly codec: SoundCodec;
  readonly worker: RelayWorker;
  readonly hub: StreamHub;
  /** The camera's new session has other sound, or none: this production is closed. */
  readonly onChanged: () => void;
}

/**
 * A camera's sound on one router: a further sink of the pull that its pictures come from. Packets are
 * forwarded while somebody listens.
 */
export class SoundProduction {
  readonly cameraId: CameraId;
  readonly worker: RelayWorker;
  readonly producer: types.Producer;
  readonly #options: SoundProductionOptions;
  readonly #transport: types.DirectTransport;
  readonly #packets: SoundPackets;
  readonly #listening = new Set<string>();
  #subscription: StreamSubscription | undefined;
  #track: { readonly index: number; readonly payloadType: number } | undefined;
  #forwarded = 0;
  #closed = false;

  private constructor(
    options: SoundProductionOptions,
    transport: types.DirectTransport,
    producer: types.Producer,
    ssrc: number,
  ) {
    this.#options = options;
    this.cameraId = options.cameraId;
    this.worker = options.worker;
    this.producer = producer;
    this.#transport = transport;
    const payloadType = soundPayloadTypes[options.codec];
    const firstSequence = randomInt(0x8000);
    this.#packets = new SoundPackets({ ssrc, payloadType, firstSequence }, (packet) => {
      if (producer.closed) return;
      producer.send(packet);
      this.#forwarded += 1;
    });
  }

  /** Produces on the router and joins the pull. Throws what mediasoup throws. */
  static async open(options: SoundProductionOptions): Promise<SoundProduction> {
    const transport = await options.worker.router.createDirectTransport();
    const ssrc = randomInt(1, 0xffff_ffff);
    try {
      const producer = await transport.produce({
        kind: 'audio',
        rtpParameters: buildAudioProducerParameters(
          options.codec,
          ssrc,
          `camera-${options.cameraId}`,
        ),
      });
      const production = new SoundProduction(options, transport, producer, ssrc);
      production.#subscribe();
      return production;
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed || this.producer.closed;
  }

  /** Listeners whose connection stands and who are not paused. */
  get listening(): number {
    return this.#listening.size;
  }

  get forwardedPackets(): number {
    return this.#forwarded;
  }

  setListening(consumerId: string, listening: boolean): void {
    if (!listening) {
      this.#listening.delete(consumerId);
      return;
    }
    const first = this.#listening.size === 0;
    this.#listening.add(consumerId);
    // What nobody heard is no loss.
    if (first && this.#track !== undefined) this.#packets.begin(this.#track.payloadType);
  }

  /** Ends the production with its consumers and leaves the pull. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscription?.close();
    this.#transport.close();
  }

  #subscribe(): void {
    this.#subscription = this.#options.hub.subscribe(
      this.#options.source,
      {
        onStart: (session) => this.#onStart(session),
        onRtp: (track, buffer, offset, length, arrivalUs) => {
          if (track !== this.#track?.index || this.#listening.size === 0) return;
          this.#packets.push(buffer, offset, length, arrivalUs);
        },
        // mediasoup makes each consumer's sender reports itself, from what it forwards and when.
        onSenderReport: () => {},
        onStop: () => {
          this.#track = undefined;
        },
      },
      { lingerMs: 0 },
    );
  }

  #onStart(session: StreamSession): void {
    const track = soundTrackToForward(session.tracks);
    if (track === undefined || track.codec !== this.#options.codec) {
      this.#options.onChanged();
      return;
    }
    this.#track = track;
    this.#packets.begin(track.payloadType);
  }
}
