import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import type { StreamHub } from '@nigehban/media/hub/stream-hub-types.ts';
import {
  type SoundTrack,
  soundOf,
  soundTrackToForward,
} from '../negotiation/producer-parameters.ts';
import type { RelayWorker } from '../workers/worker-pool.ts';
import { streamKey, streamSource } from './production-table.ts';
import { SoundProduction } from './sound-production.ts';

interface Entry {
  readonly key: string;
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  readonly worker: RelayWorker;
  readonly opening: Promise<SoundProduction>;
  production: SoundProduction | undefined;
  /** Listeners, and listens under way. */
  holds: number;
}

/** One listener's hold on a camera's sound. */
export interface SoundHold {
  readonly production: SoundProduction;
  /** With the last hold the production ends. Idempotent. */
  release(): void;
}

/** The node's heard sounds: one production for each stream and worker, from the first listener to the last. */
export class SoundTable {
  readonly #hub: StreamHub;
  /** By stream and worker. */
  readonly #entries = new Map<string, Entry>();

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  /** Listeners of all cameras whose sound goes out now. */
  get listening(): number {
    let sum = 0;
    for (const { production } of this.#entries.values()) sum += production?.listening ?? 0;
    return sum;
  }

  /** What there is to hear of a camera, by the streams of it that are pulled now. */
  soundOf(cameraId: CameraId): LiveSound {
    return soundOf(bothQualities('main').flatMap((each) => this.#tracks(cameraId, each)));
  }

  /**
   * The camera's sound on that worker: of the stream whose pictures are seen, else of the other one
   * when it is pulled anyway. Throws LIVE_SOUND_UNAVAILABLE and what mediasoup throws.
   */
  async hold(order: StreamOrder, quality: StreamQuality, worker: RelayWorker): Promise<SoundHold> {
    const found = this.#find(order, quality);
    const source = found === undefined ? undefined : streamSource(order, found.quality);
    if (found === undefined || source === undefined) {
      throw new Fault('LIVE_SOUND_UNAVAILABLE', `Camera ${order.cameraCode} has no G.711 to hear`, {
        details: { cameraId: order.cameraId },
      });
    }
    const key = `${source.key} ${worker.slot}`;
    let entry = this.#entries.get(key);
    if (entry === undefined || entry.production?.closed === true) {
      const opening = SoundProduction.open({
        cameraId: order.cameraId,
        source,
        codec: found.track.codec,
        worker,
        hub: this.#hub,
        onChanged: () => void opened.opening.then(closeIt, () => {}),
      });
      const opened: Entry = {
        ...{ key, worker, opening, quality: found.quality },
        cameraId: order.cameraId,
        production: undefined,
        holds: 0,
      };
      this.#entries.set(key, opened);
      entry = opened;
    }
    const held = entry;
    held.holds += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      held.holds -= 1;
      if (held.holds > 0) return;
      if (this.#entries.get(key) === held) this.#entries.delete(key);
      held.opening.then(closeIt, () => {});
    };
    try {
      held.production = await held.opening;
      if (held.production.closed) throw new Error('The sound ended while it was opened');
      return { production: held.production, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Follows changed orders: new addresses, and streams that are no more. */
  ordersChanged(orderOf: (cameraId: CameraId) => StreamOrder | undefined): void {
    for (const entry of this.#entries.values()) {
      const order = orderOf(entry.cameraId);
      const source = order === undefined ? undefined : streamSource(order, entry.quality);
      if (source === undefined) this.#close(entry);
      else this.#hub.update(source);
    }
  }

  /** Everything on a dead worker is gone. */
  workerDied(worker: RelayWorker): void {
    for (const entry of this.#entries.values()) {
      if (entry.worker === worker) this.#close(entry);
    }
  }

  stop(): void {
    for (const entry of this.#entries.values()) this.#close(entry);
  }

  #tracks(cameraId: CameraId, quality: StreamQuality) {
    return this.#hub.status(streamKey(cameraId, quality))?.tracks ?? [];
  }

  #find(
    order: StreamOrder,
    quality: StreamQuality,
  ): { readonly quality: StreamQuality; readonly track: SoundTrack } | undefined {
    for (const each of bothQualities(quality)) {
      const track = soundTrackToForward(this.#tracks(order.cameraId, each));
      if (track !== undefined) return { quality: each, track };
    }
    return undefined;
  }

  #close(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    entry.opening.then(closeIt, () => {});
  }
}

function closeIt(production: SoundProduction): void {
  production.close();
}

function bothQualities(first: StreamQuality): readonly StreamQuality[] {
  return first === 'main' ? ['main', 'sub'] : ['sub', 'main'];
}
