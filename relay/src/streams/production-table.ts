import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { StreamHub, StreamSource } from '@nigehban/media/hub/stream-hub-types.ts';
import { chooseStream, type StreamCondition } from '../negotiation/choose-stream.ts';
import type { RelayWorker, WorkerPool } from '../workers/worker-pool.ts';
import { KeyFrameGate } from './key-frame-gate.ts';
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
    transport: order.transport,
    held: order.held,
  };
}

function entryKey(stream: string, worker: RelayWorker): string {
  return `${stream} ${worker.slot}`;
}

/** Who joined and has not consumed for so long will not. */
const joinHoldsPlaceMs = 10_000;

export interface ProductionTableOptions {
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly lingerMs: number;
  readonly joinTimeoutMs: number;
  readonly keyFrameIntervalMs: number;
  readonly pictureGroupBytes: number;
  /** Above so many views of one stream on one worker the next go to another worker. */
  readonly viewsPerWorker: number;
  readonly wantKeyFrame: (cameraId: CameraId, quality: StreamQuality) => void;
}

interface Entry {
  readonly key: string;
  readonly stream: string;
  readonly worker: RelayWorker;
  readonly opening: Promise<Production>;
  production: Production | undefined;
  /** Consumers, paused ones included. */
  readonly views: Set<string>;
  /** When those joined who have not consumed yet: a crowd is spread before it consumes. */
  readonly joinedAtMs: number[];
  linger: Timer | undefined;
}

/** A stream's figures over all workers that carry it. */
export interface StreamCount {
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  /** Consumers, paused ones included. */
  readonly viewers: number;
  readonly watching: number;
  readonly forwardedPackets: number;
  readonly keyFramesAsked: number;
}

/**
 * The node's watched streams: one production for each worker that carries the stream, closed after
 * its linger time. That is the camera's home worker, and others when more watch than it shall serve;
 * all are fed from the one pull, without a hop between workers.
 */
export class ProductionTable {
  readonly #options: ProductionTableOptions;
  /** By stream and worker. */
  readonly #entries = new Map<string, Entry>();
  /** By stream: the camera is asked for all its workers together. */
  readonly #gates = new Map<string, KeyFrameGate>();
  /** Streams whose SDP had nothing to play, until their order changes. */
  readonly #unplayable = new Set<string>();
  readonly #stopListening: () => void;

  constructor(options: ProductionTableOptions) {
    this.#options = options;
    this.#stopListening = options.hub.onEvent((event) => {
      if (event.kind !== 'down') return;
      for (const entry of this.#entriesOf(event.key)) entry.production?.down(event.stop);
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

  /** The open production of a stream on a worker. */
  find(cameraId: CameraId, quality: StreamQuality, worker: RelayWorker): Production | undefined {
    const key = entryKey(streamKey(cameraId, quality), worker);
    const production = this.#entries.get(key)?.production;
    return production?.closed === true ? undefined : production;
  }

  counts(): readonly StreamCount[] {
    const counts = new Map<string, StreamCount>();
    for (const { stream, production, views } of this.#entries.values()) {
      if (production === undefined) continue;
      const before = counts.get(stream);
      counts.set(stream, {
        cameraId: production.cameraId,
        quality: production.quality,
        viewers: views.size + (before?.viewers ?? 0),
        watching: production.watching + (before?.watching ?? 0),
        forwardedPackets: production.forwardedPackets + (before?.forwardedPackets ?? 0),
        keyFramesAsked: this.#gates.get(stream)?.asked ?? 0,
      });
    }
    return [...counts.values()];
  }

  /** A consumer was made: the production stays. */
  addView(production: Production, consumerId: string): void {
    const entry = this.#entryOf(production);
    if (entry === undefined) return;
    entry.views.add(consumerId);
    entry.joinedAtMs.shift();
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
      if (entry.worker === worker) this.#close(entry);
    }
  }

  stop(): void {
    this.#stopListening();
    for (const entry of this.#entries.values()) this.#close(entry);
  }

  #entryOf(production: Production): Entry | undefined {
    const stream = streamKey(production.cameraId, production.quality);
    const entry = this.#entries.get(entryKey(stream, production.worker));
    return entry?.production === production ? entry : undefined;
  }

  #entriesOf(stream: string): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.stream === stream);
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
    const stream = streamKey(order.cameraId, quality);
    const source = streamSource(order, quality);
    const worker = this.#placeView(order.cameraId, stream);
    if (source === undefined || worker === undefined) {
      throw new Fault('LIVE_UNAVAILABLE', 'No live worker runs at this moment', {
        details: { cameraId: order.cameraId },
      });
    }
    const key = entryKey(stream, worker);
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && known.production?.closed !== true) {
      // Whoever joins has the whole linger time to consume.
      if (known.linger !== undefined) this.#linger(known);
      known.joinedAtMs.push(nowMs);
      return known.opening;
    }
    const { hub, clock, pictureGroupBytes } = this.#options;
    const opening = Production.open({
      cameraId: order.cameraId,
      quality,
      source,
      worker,
      hub,
      clock,
      pictureGroupBytes,
      gate: this.#gateOf(order.cameraId, quality),
    });
    const entry: Entry = {
      key,
      stream,
      worker,
      opening,
      production: undefined,
      views: new Set(),
      joinedAtMs: [nowMs],
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
        this.#forget(entry);
      },
    );
    return opening;
  }

  /** The home worker, or where fewest watch when it has its fill. */
  #placeView(cameraId: CameraId, stream: string): RelayWorker | undefined {
    const { pool, clock, viewsPerWorker } = this.#options;
    const home = pool.home(cameraId);
    const sinceMs = clock.monotonicMs() - joinHoldsPlaceMs;
    const viewsOn = (worker: RelayWorker): number => {
      const entry = this.#entries.get(entryKey(stream, worker));
      if (entry === undefined) return 0;
      while ((entry.joinedAtMs[0] ?? sinceMs) < sinceMs) entry.joinedAtMs.shift();
      return entry.views.size + entry.joinedAtMs.length;
    };
    if (home === undefined || viewsOn(home) < viewsPerWorker) return home;
    return [...pool.running].sort((a, b) => viewsOn(a) - viewsOn(b))[0];
  }

  #gateOf(cameraId: CameraId, quality: StreamQuality): KeyFrameGate {
    const stream = streamKey(cameraId, quality);
    const known = this.#gates.get(stream);
    if (known !== undefined) return known;
    const { clock, keyFrameIntervalMs, wantKeyFrame } = this.#options;
    const gate = new KeyFrameGate(clock, keyFrameIntervalMs, () => wantKeyFrame(cameraId, quality));
    this.#gates.set(stream, gate);
    return gate;
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    if (this.#entriesOf(entry.stream).length > 0) return;
    this.#gates.get(entry.stream)?.close();
    this.#gates.delete(entry.stream);
  }

  #linger(entry: Entry): void {
    entry.linger?.cancel();
    entry.linger = this.#options.clock.setTimer(this.#options.lingerMs, () => this.#close(entry));
  }

  #closeUnlessViewed(cameraId: CameraId, quality: StreamQuality): void {
    for (const entry of this.#entriesOf(streamKey(cameraId, quality))) {
      if (entry.views.size === 0) this.#close(entry);
    }
  }

  #close(entry: Entry): void {
    entry.linger?.cancel();
    this.#forget(entry);
    entry.production?.close();
  }
}
