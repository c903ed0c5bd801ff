import { DEFAULT_RTSP_SETTINGS, type RtspSettings } from '../rtsp/rtsp-settings.ts';
import { DEFAULT_REDIAL_SETTINGS, type RedialSettings } from './redial-delay.ts';

export interface StreamHubSettings {
  readonly rtsp: RtspSettings;
  readonly redial: RedialSettings;
  /** No packet of the video track for so long is silence: told, hung up, dialled again. */
  readonly silentForMs: number;
  /** One timer for all streams: silence, keep-alives, reports, rate caps. */
  readonly tickMs: number;
  /** Handshakes under way at once. */
  readonly maxDials: number;
  /** A dial that takes longer (a camera that hangs) no longer holds a place of {@link maxDials}. */
  readonly dialSlotMs: number;
  /** How long a pull outlives its last sink unless the subscription says otherwise. */
  readonly lingerMs: number;
}

export const DEFAULT_STREAM_HUB_SETTINGS: StreamHubSettings = {
  rtsp: DEFAULT_RTSP_SETTINGS,
  redial: DEFAULT_REDIAL_SETTINGS,
  silentForMs: 5000,
  tickMs: 250,
  maxDials: 16,
  dialSlotMs: 1000,
  lingerMs: 0,
};
