import type { Clock } from '../clock.ts';
import type { SenderReport, StreamSource, TrackDescription } from '../hub/stream-hub-types.ts';
import type { MediaError } from '../media-error.ts';
import type { ReadArena } from './read-arena.ts';
import type { RtspSettings } from './rtsp-settings.ts';

export interface RtspSessionOptions {
  readonly source: Pick<StreamSource, 'url' | 'username' | 'password' | 'transport'>;
  readonly clock: Clock;
  readonly arena: ReadArena;
  readonly settings: RtspSettings;
  /** How often `RtspSession.tick` will be called. */
  readonly tickMs: number;
  /** Uniform in [0, 1): spreads keep-alives and names the receiver. */
  readonly random: () => number;
}

export interface RtspSessionHandler {
  /**
   * PLAY was answered, or the first packet outran the answer; over UDP the first packet is here. Once,
   * before any other call.
   */
  onPlaying(tracks: readonly TrackDescription[], playedAtUs: number): void;
  /** As `StreamSink.onRtp`. */
  onRtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
  onSenderReport(track: number, report: SenderReport): void;
  /** Once, also when playing was never reached; STOPPED after `RtspSession.close`. */
  onClosed(error: MediaError): void;
}
