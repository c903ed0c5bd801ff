import type { TrackDescription } from '../hub/stream-hub-types.ts';

/** What is written into a file about an audio track. */
export type AudioFormat =
  | {
      readonly codec: 'PCMU' | 'PCMA';
      readonly sampleRateHz: number;
      readonly channels: number;
    }
  | {
      readonly codec: 'MPEG4-GENERIC';
      readonly sampleRateHz: number;
      readonly channels: number;
      /** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). */
      readonly config: Buffer;
      readonly audioObjectType: number;
    };

/**
 * The format of an audio track from its SDP; undefined when it cannot be recorded: AAC other than
 * AAC-hbr (RFC 3640 §3.3.6) or without its configuration.
 */
export function audioFormatOf(track: TrackDescription): AudioFormat | undefined {
  const channels = Math.max(1, track.channels);
  if (track.codec === 'PCMU' || track.codec === 'PCMA') {
    return { codec: track.codec, sampleRateHz: track.clockRateHz, channels };
  }
  if (track.codec !== 'MPEG4-GENERIC') return undefined;
  const parameters = track.formatParameters;
  if ((parameters.mode ?? '').toLowerCase() !== 'aac-hbr') return undefined;
  const hex = parameters.config ?? '';
  if (!/^([0-9a-fA-F]{2}){2,64}$/.test(hex)) return undefined;
  const config = Buffer.from(hex, 'hex');
  return {
    codec: 'MPEG4-GENERIC',
    sampleRateHz: track.clockRateHz,
    channels,
    config,
    audioObjectType: (config[0] ?? 0) >> 3,
  };
}

/** RFC 6381 codecs parameter; `ulaw` and `alaw` are the sample entry's name. */
export function audioCodecString(format: AudioFormat): string {
  if (format.codec !== 'MPEG4-GENERIC') return format.codec === 'PCMU' ? 'ulaw' : 'alaw';
  return `mp4a.40.${format.audioObjectType}`;
}
