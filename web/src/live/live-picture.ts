import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { types } from 'mediasoup-client';

export interface LivePicturePorts {
  readonly resume: () => Promise<unknown>;
  readonly pause: () => Promise<unknown>;
  /** Tells the node that the view is over. */
  readonly leave: () => void;
  readonly onClosed: () => void;
}

export interface LivePictureStats {
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly bytesReceived: number;
  readonly freezes: number;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  /** Mean time that frames waited in the browser's jitter buffer. */
  readonly jitterBufferMs: number | null;
  readonly decoder: string | null;
}

/** One camera's picture being received. */
export class LivePicture {
  /** The quality that is served; not always the one that was asked for. */
  readonly quality: StreamQuality;
  readonly stream: MediaStream;
  readonly #consumer: types.Consumer;
  readonly #ports: LivePicturePorts;
  readonly #endListeners = new Set<() => void>();
  #over = false;

  constructor(quality: StreamQuality, consumer: types.Consumer, ports: LivePicturePorts) {
    this.quality = quality;
    this.#consumer = consumer;
    this.#ports = ports;
    this.stream = new MediaStream([consumer.track]);
    consumer.on('trackended', () => this.end());
  }

  /** Pictures flow (again). Rejects with a coded fault. */
  async resume(): Promise<void> {
    this.#consumer.resume();
    await this.#ports.resume();
  }

  /** No pictures are sent until {@link resume}: for tiles that nobody sees. */
  async pause(): Promise<void> {
    this.#consumer.pause();
    await this.#ports.pause();
  }

  /** Tells once when it ends other than by {@link close}; at once when it has. */
  readonly onEnd = (listener: () => void): void => {
    if (this.#over) listener();
    else this.#endListeners.add(listener);
  };

  /** Leaves. Idempotent. */
  readonly close = (): void => {
    if (this.#over) return;
    this.#release();
    this.#ports.leave();
  };

  /** The connection that carried it is over. */
  end(): void {
    if (this.#over) return;
    this.#release();
    const listeners = [...this.#endListeners];
    this.#endListeners.clear();
    for (const listener of listeners) listener();
  }

  /** What the browser counted since the picture began; null when it has not counted yet. */
  async stats(): Promise<LivePictureStats | null> {
    if (this.#over) return null;
    const report = await this.#consumer.getStats();
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp') return readInbound(entry);
    }
    return null;
  }

  #release(): void {
    this.#over = true;
    this.#consumer.close();
    this.#ports.onClosed();
  }
}

function readInbound(entry: RTCInboundRtpStreamStats): LivePictureStats {
  const emitted = entry.jitterBufferEmittedCount ?? 0;
  const delayS = entry.jitterBufferDelay ?? 0;
  return {
    framesDecoded: entry.framesDecoded ?? 0,
    framesDropped: entry.framesDropped ?? 0,
    packetsLost: entry.packetsLost ?? 0,
    bytesReceived: entry.bytesReceived ?? 0,
    freezes: 'freezeCount' in entry ? Number(entry.freezeCount) : 0,
    widthPx: entry.frameWidth ?? null,
    heightPx: entry.frameHeight ?? null,
    jitterBufferMs: emitted === 0 ? null : (delayS / emitted) * 1000,
    decoder: entry.decoderImplementation ?? null,
  };
}
