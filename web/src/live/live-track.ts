import type { types } from 'mediasoup-client';

export interface LiveTrackPorts {
  readonly resume: () => Promise<unknown>;
  readonly pause: () => Promise<unknown>;
  /** Tells the node that it is over. */
  readonly leave: () => void;
  readonly onClosed: () => void;
}

/** Why it ended: with the connection that carried it, or alone, with the server's word for the reason. */
export type LiveEnd = 'connection' | { readonly reason: string };

/** One camera's picture or sound being received. */
export class LiveTrack {
  readonly stream: MediaStream;
  protected readonly consumer: types.Consumer;
  readonly #ports: LiveTrackPorts;
  readonly #endListeners = new Set<(end: LiveEnd) => void>();
  #end: LiveEnd | null = null;
  #over = false;

  constructor(consumer: types.Consumer, ports: LiveTrackPorts) {
    this.consumer = consumer;
    this.#ports = ports;
    this.stream = new MediaStream([consumer.track]);
    consumer.on('trackended', () => this.end('connection'));
  }

  /** It flows (again). Rejects with a coded fault. */
  async resume(): Promise<void> {
    this.consumer.resume();
    await this.#ports.resume();
  }

  /** Nothing is sent until {@link resume}: for tiles that nobody sees. */
  async pause(): Promise<void> {
    this.consumer.pause();
    await this.#ports.pause();
  }

  /** Tells once when it ends other than by {@link close}; at once when it has. */
  readonly onEnd = (listener: (end: LiveEnd) => void): void => {
    if (this.#end !== null) listener(this.#end);
    else if (!this.#over) this.#endListeners.add(listener);
  };

  /** Leaves. Idempotent. */
  readonly close = (): void => {
    if (this.#over) return;
    this.#release();
    this.#ports.leave();
  };

  /** It was ended from the other side. */
  end(end: LiveEnd): void {
    if (this.#over) return;
    this.#end = end;
    this.#release();
    const listeners = [...this.#endListeners];
    this.#endListeners.clear();
    for (const listener of listeners) listener(end);
  }

  get isOver(): boolean {
    return this.#over;
  }

  #release(): void {
    this.#over = true;
    this.consumer.close();
    this.#ports.onClosed();
  }
}
