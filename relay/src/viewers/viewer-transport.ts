import { Fault } from '@nigehban/domain/faults.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import type { types } from 'mediasoup';
import type { RelayWorker } from '../workers/worker-pool.ts';

export interface ViewerTransportEvents {
  /** ICE and DTLS are done: pictures reach the browser. */
  readonly onConnected: () => void;
  /** The browser closed its end, or never opened it. */
  readonly onHungUp: () => void;
  /** The browser is not heard any more. */
  readonly onLost: (reason: string) => void;
}

const connectWithinMs = 30_000;

/** A browser's receive transport on one router. */
export class ViewerTransport {
  readonly worker: RelayWorker;
  readonly #transport: types.WebRtcTransport;
  readonly #deadline: Timer;
  #connecting = false;

  private constructor(
    worker: RelayWorker,
    transport: types.WebRtcTransport,
    clock: Clock,
    events: ViewerTransportEvents,
  ) {
    this.worker = worker;
    this.#transport = transport;
    this.#deadline = clock.setTimer(connectWithinMs, () => {
      if (!this.connected) events.onHungUp();
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') events.onConnected();
      else if (state === 'failed') events.onLost('DTLS failed');
      else if (state === 'closed') events.onHungUp();
    });
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') events.onLost('connection lost');
    });
  }

  /** Throws what mediasoup throws. */
  static async open(
    worker: RelayWorker,
    clock: Clock,
    silentForMs: number,
    events: ViewerTransportEvents,
  ): Promise<ViewerTransport> {
    const transport = await worker.router.createWebRtcTransport({
      webRtcServer: worker.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: Math.max(1, Math.round(silentForMs / 1000)),
    });
    return new ViewerTransport(worker, transport, clock, events);
  }

  get id(): string {
    return this.#transport.id;
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  get connected(): boolean {
    return !this.closed && this.#transport.dtlsState === 'connected';
  }

  /** What the browser builds its end from; null once it has (RFC 8445 ICE lite, DTLS fingerprints). */
  get offer(): {
    readonly iceParameters: types.IceParameters;
    readonly iceCandidates: readonly types.IceCandidate[];
    readonly dtlsParameters: types.DtlsParameters;
  } | null {
    if (this.#connecting) return null;
    const { iceParameters, iceCandidates, dtlsParameters } = this.#transport;
    return { iceParameters, iceCandidates, dtlsParameters };
  }

  /** Throws REQUEST_INVALID when it was called before or mediasoup refuses the parameters. */
  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    if (this.#connecting) throw new Fault('REQUEST_INVALID', 'The transport is connected already');
    this.#connecting = true;
    try {
      await this.#transport.connect({ dtlsParameters });
    } catch (cause) {
      this.#connecting = false;
      throw new Fault('REQUEST_INVALID', 'dtlsParameters are not valid', { cause });
    }
  }

  /** A paused consumer of the producer. Throws what mediasoup throws. */
  consume(producerId: string, rtpCapabilities: types.RtpCapabilities): Promise<types.Consumer> {
    return this.#transport.consume({ producerId, rtpCapabilities, paused: true });
  }

  close(): void {
    this.#deadline.cancel();
    this.#transport.close();
  }
}
