import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import type { TrackDescription } from '@nigehban/media/hub/stream-hub-types.ts';
import type { types } from 'mediasoup';
import { negotiatedH264 } from './router-codecs.ts';

/** The track that live views show: the first H.264 video that RTP packetization modes 0 and 1 carry. */
export function videoTrackToForward(
  tracks: readonly TrackDescription[],
): TrackDescription | undefined {
  return tracks.find(
    (track) =>
      track.kind === 'video' &&
      track.codec === 'H264' &&
      track.clockRateHz === negotiatedH264.clockRate &&
      // Mode 2 interleaves (RFC 6184 §6.4); browsers do not have it.
      track.formatParameters['packetization-mode'] !== '2',
  );
}

/**
 * RTP parameters of a camera's video at the router. Losses on the camera's side cannot be asked for
 * again over RTSP, so no NACK is announced; key frames can (PLI).
 */
export function buildVideoProducerParameters(ssrc: number, cname: string): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: negotiatedH264.mimeType,
        payloadType: negotiatedH264.payloadType,
        clockRate: negotiatedH264.clockRate,
        parameters: { ...negotiatedH264.parameters },
        rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname },
  };
}

/** A G.711 track as it is forwarded. */
export type SoundTrack = TrackDescription & { readonly codec: SoundCodec };
export type SoundCodec = 'PCMU' | 'PCMA';

/** Payload types of RFC 3551 §6, table 4, whatever number the camera's SDP gives. */
export const soundPayloadTypes: Readonly<Record<SoundCodec, number>> = { PCMU: 0, PCMA: 8 };

/** The track that listeners hear: G.711 at 8000 Hz with one channel, which browsers have to play (RFC 7874 §3). */
export function soundTrackToForward(tracks: readonly TrackDescription[]): SoundTrack | undefined {
  return tracks.find(
    (track): track is SoundTrack =>
      (track.codec === 'PCMU' || track.codec === 'PCMA') &&
      track.clockRateHz === 8000 &&
      track.channels === 1,
  );
}

/** What these tracks offer to the ear. */
export function soundOf(tracks: readonly TrackDescription[]): LiveSound {
  if (soundTrackToForward(tracks) !== undefined) return 'available';
  return tracks.some((track) => track.kind === 'audio') ? 'unsupported' : 'none';
}

/** RTP parameters of a camera's G.711 at the router. */
export function buildAudioProducerParameters(
  codec: SoundCodec,
  ssrc: number,
  cname: string,
): types.RtpParameters {
  return {
    codecs: [
      { mimeType: `audio/${codec}`, payloadType: soundPayloadTypes[codec], clockRate: 8000 },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname },
  };
}
