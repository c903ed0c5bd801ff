import { randomInt } from 'node:crypto';
import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type {
  StreamHub,
  StreamSession,
  StreamSource,
  StreamStop,
  StreamSubscription,
} from '@nigehban/media/hub/stream-hub-types.ts';
import type { types } from 'mediasoup';
import {
  buildVideoProducerParameters,
  videoTrackToForward,
} from '../negotiation/producer-parameters.ts';
import { negotiatedH264 } from '../negotiation/router-codecs.ts';
import { H264Shaper, type ShapedPacket } from '../rtp/h264-shaper.ts';
import type { RelayWorker } from '../workers/worker-pool.ts';
import type { KeyFrameGate } from './key-frame-gate.ts';
import { PacedSender } from './paced-sender.ts';
import { hastenReplay, PictureGroupCache } from './picture-group-cache.ts';
import { asksForKeyFrame } from './rtcp-requests.ts';

/** How a stream answers when it is opened. */
export type Opening = 'playing' | 'unplayable' | 'down' | 'sessions-exhausted' | 'timeout';

export interface ProductionOptions {
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  readonly source: StreamSource;
  readonly worker: RelayWorker;
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly pictureGroupBytes: number;
  /** Key-frame requests of all workers that carry the stream. */
  readonly gate: KeyFrameGate;
}

/**
 * One watched stream: subscribes to the shared pull and produces it on the camera's home router.
 * Packets go to the router while somebody watches; between a join and its first picture, and while
 * it lingers, the latest picture group is kept instead and shown at once to who comes next.
 */
export class Production {
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  readonly worker: RelayWorker;
  readonly producer: types.Producer;
  readonly #options: ProductionOptions;
  readonly #transport: types.DirectTransport;
  readonly #gate: KeyFrameGate;
  readonly #cache: PictureGroupCache;
  readonly #sender: PacedSender;
  readonly #shaper: H264Shaper;
  readonly #watching = new Set<string>();
  #subscription: StreamSubscription | undefined;
  #track: number | undefined;
  #opening: Opening | undefined;
  #waiting: ((opening: Opening) => void)[] = [];
  #forwarded = 0;
  #closed = false;

  private constructor(
    options: ProductionOptions,
    transport: types.DirectTransport,
    producer: types.Producer,
    ssrc: number,
  ) {
    this.#options = options;
    this.cameraId = options.cameraId;
    this.quality = options.quality;
    this.worker = options.worker;
    this.producer = producer;
    this.#transport = transport;
    this.#gate = options.gate;
    this.#cache = new PictureGroupCache(options.pictureGroupBytes);
    this.#sender = new PacedSender(options.clock, randomInt(0x8000), (packet) => {
      if (producer.closed) return;
      producer.send(packet);
      this.#forwarded += 1;
    });
    this.#shaper = new H264Shaper({ ssrc, payloadType: negotiatedH264.payloadType }, (shaped) =>
      this.#onShaped(shaped),
    );
    transport.on('rtcp', (packet) => {
      if (asksForKeyFrame(packet)) this.#gate.request();
    });
  }

  /** Produces on the router and subscribes to the pull. Throws what mediasoup throws. */
  static async open(options: ProductionOptions): Promise<Production> {
    const { router } = options.worker;
    const transport = await router.createDirectTransport();
    const ssrc = randomInt(1, 0xffff_ffff);
    try {
      const producer = await transport.produce({
        kind: 'video',
        rtpParameters: buildVideoProducerParameters(ssrc, `camera-${options.cameraId}`),
      });
      const production = new Production(options, transport, producer, ssrc);
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

  /** Viewers whose connection stands and who are not paused. */
  get watching(): number {
    return this.#watching.size;
  }

  get forwardedPackets(): number {
    return this.#forwarded;
  }

  /** What the camera answered, at once when it has; 'timeout' when it does not in time. */
  opening(timeoutMs: number): Promise<Opening> {
    const { hub, source } = this.#options;
    const redials = hub.status(source.key)?.state.kind === 'connecting';
    if (this.#opening !== undefined && !(redials && this.#opening !== 'unplayable')) {
      return Promise.resolve(this.#opening);
    }
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const answered = (opening: Opening): void => {
        timer?.cancel();
        resolve(opening);
      };
      timer = this.#options.clock.setTimer(timeoutMs, () => {
        this.#waiting = this.#waiting.filter((each) => each !== answered);
        resolve('timeout');
      });
      this.#waiting.push(answered);
    });
  }

  /** The hub could not pull the stream, or lost it; it goes on trying by itself. */
  down(stop: StreamStop): void {
    this.#settle(stop.cause === 'sessions-exhausted' ? 'sessions-exhausted' : 'down');
  }

  /** A viewer's pictures begin or end to go out to it. The first one is shown the kept group. */
  setWatching(consumerId: string, watching: boolean): void {
    if (!watching) {
      if (this.#watching.delete(consumerId) && this.#watching.size === 0) this.#sender.stop();
      return;
    }
    const first = this.#watching.size === 0;
    this.#watching.add(consumerId);
    if (!first) return;
    const group = this.#cache.take();
    if (group.length === 0) this.#gate.request();
    hastenReplay(group);
    this.#sender.replay(group);
  }

  /** Ends the production with its consumers and leaves the pull. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscription?.close();
    this.#sender.stop();
    this.#cache.clear();
    this.#transport.close();
    this.#settle('down');
  }

  #subscribe(): void {
    this.#subscription = this.#options.hub.subscribe(
      this.#options.source,
      {
        onStart: (session) => this.#onStart(session),
        onRtp: (track, buffer, offset, length, arrivalUs) => {
          if (track === this.#track) this.#shaper.push(buffer, offset, length, arrivalUs);
        },
        // mediasoup makes each consumer's sender reports itself, from what it forwards and when.
        onSenderReport: () => {},
        onStop: (stop) => {
          this.#track = undefined;
          this.down(stop);
        },
      },
      { lingerMs: 0 },
    );
  }

  #onStart(session: StreamSession): void {
    const track = videoTrackToForward(session.tracks);
    this.#track = track?.index;
    if (track === undefined) {
      this.#settle('unplayable');
      return;
    }
    this.#shaper.startSession(track.parameterSets);
    this.#settle('playing');
    // A shared pull is somewhere between two key pictures: ask now, so that one is there by the
    // time the viewer's connection stands.
    this.#gate.request();
  }

  #onShaped(shaped: ShapedPacket): void {
    if (shaped.mark === 'key-picture') this.#gate.keyPictureSent();
    if (this.#watching.size > 0) this.#sender.live(shaped);
    else this.#cache.push(shaped);
  }

  #settle(opening: Opening): void {
    this.#opening = opening;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const answered of waiting) answered(opening);
  }
}
