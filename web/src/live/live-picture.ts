import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import type { types } from 'mediasoup-client';
import type { LiveHearing } from './live-hearing.ts';
import { LiveTrack, type LiveTrackPorts } from './live-track.ts';

export interface LivePicturePorts extends LiveTrackPorts {
  readonly listen: () => Promise<LiveHearing>;
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

/** One camera's picture being received, and what there is to hear beside it. */
export class LivePicture extends LiveTrack {
  /** The quality that is served; not always the one that was asked for. */
  readonly quality: StreamQuality;
  readonly sound: LiveSound;
  /** Begins to receive the camera's sound. Rejects with a coded fault. */
  readonly listen: () => Promise<LiveHearing>;

  constructor(
    served: { readonly quality: StreamQuality; readonly sound: LiveSound },
    consumer: types.Consumer,
    ports: LivePicturePorts,
  ) {
    super(consumer, ports);
    this.quality = served.quality;
    this.sound = served.sound;
    this.listen = ports.listen;
  }

  /** What the browser counted since the picture began; null when it has not counted yet. */
  async stats(): Promise<LivePictureStats | null> {
    if (this.isOver) return null;
    const report = await this.consumer.getStats();
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp') return readInbound(entry);
    }
    return null;
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
