import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { StreamHub, StreamSource } from '@nigehban/media/hub/stream-hub-types.ts';
import { chooseStream, type StreamCondition } from '../negotiation/choose-stream.ts';
import type { RelayWorker, WorkerPool } from '../workers/worker-pool.ts';
import { Production } from './production.ts';

/** The hub's key of a camera's stream: the same for recording and live view, so that the pull is shared. */
export function streamKey(cameraId: CameraId, quality: StreamQuality): string {
  return `${cameraId}/${quality}`;
}

/** Where the hub pulls an ordered stream; undefined when the camera has none of that quality. */
export function streamSource(order: StreamOrder, quality: StreamQuality): StreamSource | undefined {
  const stream = order.streams.find((each) => each.quality === quality);
  if (stream === undefined) return undefined;
  return {
    key: streamKey(order.cameraId, quality),
    url: stream.url,
    username: order.credentials?.username,
    password: order.credentials?.password,
  };
}

export interface ProductionTableOptions {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly lingerMs: number;
  readonly joinTimeoutMs: number;
  readonly keyFrameIntervalMs: number;
  readonly pictureGroupBytes: number;
  readonly wantKeyFrame: (cameraId: CameraId, quality: StreamQuality) => void;
}

interface Entry {
  readonly key: string;
  readonly opening: Promise<Production>;
  production: Production | undefined;
  /** Consumers, paused ones included. */
  readonly views: Set<string>;
  linger: Timer | undefined;
}

/** The node's watched streams, by camera and quality: one production each, closed after its linger time. */
export class ProductionTable {
  readonly #options: ProductionTableOptions;
  readonly #entries = new Map<string, Entry>();
  /** Streams whose SDP had nothing to play, until their order changes. */
  readonly #unplayable = new Set<string>();
  readonly #stopListening: () => void;

  constructor(options: ProductionTableOptions) {
    this.#options = options;
    this.#stopListening = options.hub.onEvent((event) => {
      if (event.kind === 'down') this.#entries.get(event.key)?.production?.down(event.stop);
    });
  }

  /**
   * The production that serves a live view of the camera, flowing: of the asked quality, else of
   * the other. Throws LIVE_CODEC_UNSUPPORTED and LIVE_UNAVAILABLE.
   */
  async open(order: StreamOrder, asked: StreamQuality): Promise<Production> {
    const tried = new Map<StreamQuality, StreamCondition>();
    for (;;) {
      const choice = chooseStream(
        asked,
        order.streams,
        (quality) => tried.get(quality) ?? this.#condition(order.cameraId, quality),
      );
      if (choice.kind === 'fault') {
        throw new Fault(choice.code, `Camera ${order.cameraCode} has no picture to show now`, {
          details: { cameraId: order.cameraId, asked },
        });
      }
      const { quality } = choice;
      const production = await this.#produce(order, quality);
      const opening = await production.opening(this.#options.joinTimeoutMs);
      if (opening === 'playing' && !production.closed) return production;
      if (opening === 'unplayable') this.#unplayable.add(streamKey(order.cameraId, quality));
      tried.set(quality, opening === 'playing' || opening === 'timeout' ? 'down' : opening);
      this.#closeUnlessViewed(order.cameraId, quality);
    }
  }

  /** The open production of a stream. */
  find(cameraId: CameraId, quality: StreamQuality): Production | undefined {
    const production = this.#entries.get(streamKey(cameraId, quality))?.production;
    return production?.closed === true ? undefined : production;
  }

  get all(): readonly Production[] {
    return [...this.#entries.values()].flatMap((entry) => entry.production ?? []);
  }

  views(production: Production): number {
    return this.#entryOf(production)?.views.size ?? 0;
  }

  /** A consumer was made: the production stays. */
  addView(production: Production, consumerId: string): void {
    const entry = this.#entryOf(production);
    if (entry === undefined) return;
    entry.views.add(consumerId);
    entry.linger?.cancel();
    entry.linger = undefined;
  }

  /** A consumer is gone: with the last one the linger time begins. */
  removeView(production: Production, consumerId: string): void {
    production.setWatching(consumerId, false);
    const entry = this.#entryOf(production);
    if (entry?.views.delete(consumerId) === true && entry.views.size === 0) this.#linger(entry);
  }

  /** Follows changed orders: new addresses and credentials, and streams that are no more. */
  ordersChanged(orderOf: (cameraId: CameraId) => StreamOrder | undefined): void {
    this.#unplayable.clear();
    for (const entry of this.#entries.values()) {
      const { production } = entry;
      if (production === undefined) continue;
      const order = orderOf(production.cameraId);
      const source = order === undefined ? undefined : streamSource(order, production.quality);
      if (source === undefined) this.#close(entry);
      else this.#options.hub.update(source);
    }
  }

  /** Everything on a dead worker is gone. */
  workerDied(worker: RelayWorker): void {
    for (const entry of this.#entries.values()) {
      if (entry.production?.worker === worker) this.#close(entry);
    }
  }

  stop(): void {
    this.#stopListening();
    for (const entry of this.#entries.values()) this.#close(entry);
  }

  #entryOf(production: Production): Entry | undefined {
    const entry = this.#entries.get(streamKey(production.cameraId, production.quality));
    return entry?.production === production ? entry : undefined;
  }

  #condition(cameraId: CameraId, quality: StreamQuality): StreamCondition {
    const key = streamKey(cameraId, quality);
    if (this.#unplayable.has(key)) return 'unplayable';
    const state = this.#options.hub.status(key)?.state;
    switch (state?.kind) {
      case 'flowing':
        return 'flowing';
      case 'connecting':
        return 'connecting';
      case 'down':
        return state.stop.cause === 'sessions-exhausted' ? 'sessions-exhausted' : 'down';
      default:
        return 'untried';
    }
  }

  #produce(order: StreamOrder, quality: StreamQuality): Promise<Production> {
    const key = streamKey(order.cameraId, quality);
    const known = this.#entries.get(key);
    if (known !== undefined && known.production?.closed !== true) {
      // Whoever joins has the whole linger time to consume.
      if (known.linger !== undefined) this.#linger(known);
      return known.opening;
    }
    const source = streamSource(order, quality);
    const worker = this.#options.pool.home(order.cameraId);
    if (source === undefined || worker === undefined) {
      throw new Fault('LIVE_UNAVAILABLE', 'No live worker runs at this moment', {
        details: { cameraId: order.cameraId },
      });
    }
    const { hub, clock, keyFrameIntervalMs, pictureGroupBytes, wantKeyFrame } = this.#options;
    const opening = Production.open({
      cameraId: order.cameraId,
      quality,
      source,
      worker,
      hub,
      clock,
      keyFrameIntervalMs,
      pictureGroupBytes,
      wantKeyFrame: () => wantKeyFrame(order.cameraId, quality),
    });
    const entry: Entry = {
      key,
      opening,
      production: undefined,
      views: new Set(),
      linger: undefined,
    };
    this.#entries.set(key, entry);
    opening.then(
      (production) => {
        entry.production = production;
        // Closed while it opened: by a dead worker or the end of the relay.
        if (this.#entries.get(key) !== entry) production.close();
        else this.#linger(entry);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return opening;
  }

  #linger(entry: Entry): void {
    entry.linger?.cancel();
    entry.linger = this.#options.clock.setTimer(this.#options.lingerMs, () => this.#close(entry));
  }

  #closeUnlessViewed(cameraId: CameraId, quality: StreamQuality): void {
    const entry = this.#entries.get(streamKey(cameraId, quality));
    if (entry !== undefined && entry.views.size === 0) this.#close(entry);
  }

  #close(entry: Entry): void {
    entry.linger?.cancel();
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    entry.production?.close();
  }
}
