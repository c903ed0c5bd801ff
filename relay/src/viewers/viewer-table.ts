import { Fault } from '@nigehban/domain/faults.ts';
import type { Clock } from '@nigehban/media/clock.ts';
import type { types } from 'mediasoup';
import type { RelayWorker } from '../workers/worker-pool.ts';
import { ViewerTransport } from './viewer-transport.ts';

/** One consumer of a viewer: pictures or sound. */
export interface View {
  readonly consumer: types.Consumer;
  readonly transport: ViewerTransport;
  /** Packets shall go out to it from now on, or no more. */
  readonly setSending: (sending: boolean) => void;
  /** It is over: what it held is given back. */
  readonly release: () => void;
  resumed: boolean;
}

export interface Viewer {
  readonly id: string;
  /** By worker slot; a promise, so that two joins at once share one transport. */
  readonly transports: Map<RelayWorker, Promise<ViewerTransport>>;
  readonly views: Map<string, View>;
  left: boolean;
}

export interface ViewerTableOptions {
  readonly clock: Clock;
  readonly silentForMs: number;
  /** One of a viewer's connections ended without its doing. */
  readonly onLost: (viewerId: string, transportId: string, reason: string) => void;
  /** Sound ended at its source while the connection goes on. */
  readonly onSoundEnded: (viewerId: string, transportId: string, consumerId: string) => void;
}

/**
 * Who watches: each browser connection with its receive transports (one per router) and consumers.
 * Nothing is found but through its own viewer, so nobody can touch another's.
 */
export class ViewerTable {
  readonly #options: ViewerTableOptions;
  readonly #viewers = new Map<string, Viewer>();

  constructor(options: ViewerTableOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get views(): number {
    let sum = 0;
    for (const viewer of this.#viewers.values()) sum += viewer.views.size;
    return sum;
  }

  /** The viewer, made at its first join. */
  enter(viewerId: string): Viewer {
    const known = this.#viewers.get(viewerId);
    if (known !== undefined) return known;
    const viewer: Viewer = {
      id: viewerId,
      transports: new Map(),
      views: new Map(),
      left: false,
    };
    this.#viewers.set(viewerId, viewer);
    return viewer;
  }

  find(viewerId: string): Viewer | undefined {
    return this.#viewers.get(viewerId);
  }

  /** The viewer's transport on a worker's router. Throws LIVE_SESSION_UNKNOWN when it left meanwhile. */
  async transportOn(viewer: Viewer, worker: RelayWorker): Promise<ViewerTransport> {
    let opening = viewer.transports.get(worker);
    if (opening === undefined) {
      opening = ViewerTransport.open(worker, this.#options.clock, this.#options.silentForMs, {
        onHungUp: () => {
          this.#closeTransport(viewer, worker);
          this.#forgetIfGone(viewer);
        },
        onLost: (reason) => {
          this.#loseTransport(viewer, worker, reason);
        },
        onConnected: () => {
          for (const view of viewer.views.values()) updateSending(view);
        },
      });
      viewer.transports.set(worker, opening);
      opening.catch(() => {
        if (viewer.transports.get(worker) === opening) viewer.transports.delete(worker);
      });
    }
    const transport = await opening;
    if (viewer.left || transport.closed) {
      transport.close();
      throw new Fault('LIVE_SESSION_UNKNOWN', 'The viewer left');
    }
    return transport;
  }

  /** A transport by id, the viewer's own only. Throws LIVE_SESSION_UNKNOWN. */
  async transport(viewerId: string, transportId: string): Promise<ViewerTransport> {
    const openings = [...(this.#viewers.get(viewerId)?.transports.values() ?? [])];
    const settled = await Promise.allSettled(openings);
    for (const each of settled) {
      if (each.status === 'fulfilled' && each.value.id === transportId && !each.value.closed) {
        return each.value;
      }
    }
    throw new Fault('LIVE_SESSION_UNKNOWN', 'No such transport of this viewer');
  }

  /** A view by its consumer's id, the viewer's own only. Throws LIVE_SESSION_UNKNOWN. */
  view(viewerId: string, consumerId: string): View {
    const view = this.#viewers.get(viewerId)?.views.get(consumerId);
    if (view === undefined) throw new Fault('LIVE_SESSION_UNKNOWN', 'No such view of this viewer');
    return view;
  }

  addView(viewer: Viewer, view: View): void {
    viewer.views.set(view.consumer.id, view);
    view.consumer.on('transportclose', () => this.closeView(viewer, view));
    view.consumer.on('producerclose', () => {
      const { consumer, transport } = view;
      if (!this.closeView(viewer, view) || consumer.kind !== 'audio') return;
      this.#options.onSoundEnded(viewer.id, transport.id, consumer.id);
    });
  }

  /** False when it was closed before. */
  closeView(viewer: Viewer, view: View): boolean {
    if (!viewer.views.delete(view.consumer.id)) return false;
    view.consumer.close();
    view.setSending(false);
    view.release();
    return true;
  }

  /** Releases everything of a viewer. False when there is no such viewer. */
  close(viewerId: string): boolean {
    const viewer = this.#viewers.get(viewerId);
    if (viewer === undefined) return false;
    this.#viewers.delete(viewerId);
    viewer.left = true;
    for (const view of [...viewer.views.values()]) this.closeView(viewer, view);
    for (const worker of [...viewer.transports.keys()]) this.#closeTransport(viewer, worker);
    return true;
  }

  /** Takes back a viewer whose first join failed. */
  forgetIfEmpty(viewer: Viewer): void {
    this.#forgetIfGone(viewer);
  }

  /** Views on a dead worker are over; those on other workers go on. */
  workerDied(worker: RelayWorker): void {
    for (const viewer of [...this.#viewers.values()]) {
      this.#loseTransport(viewer, worker, 'live worker restarted');
    }
  }

  stop(): void {
    for (const viewerId of [...this.#viewers.keys()]) this.close(viewerId);
  }

  #forgetIfGone(viewer: Viewer): void {
    if (viewer.transports.size > 0 || viewer.views.size > 0) return;
    if (this.#viewers.get(viewer.id) !== viewer) return;
    viewer.left = true;
    this.#viewers.delete(viewer.id);
  }

  #loseTransport(viewer: Viewer, worker: RelayWorker, reason: string): void {
    const opening = viewer.transports.get(worker);
    if (opening === undefined) return;
    this.#closeTransport(viewer, worker);
    for (const view of [...viewer.views.values()]) {
      if (view.transport.worker === worker) this.closeView(viewer, view);
    }
    this.#forgetIfGone(viewer);
    opening.then(
      (transport) => this.#options.onLost(viewer.id, transport.id, reason),
      () => {
        // It never opened: the join that asked for it hears of it.
      },
    );
  }

  #closeTransport(viewer: Viewer, worker: RelayWorker): void {
    const opening = viewer.transports.get(worker);
    viewer.transports.delete(worker);
    opening?.then(
      (transport) => transport.close(),
      () => {},
    );
  }
}

/** Packets go out to a view when it is resumed and its connection stands. */
export function updateSending(view: View): void {
  view.setSending(view.resumed && view.transport.connected && !view.consumer.closed);
}
