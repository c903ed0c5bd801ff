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

/** RTP parameters of a G.711 track at the router; undefined for audio that browsers do not play. */
export function buildAudioProducerParameters(
  track: TrackDescription,
  ssrc: number,
  cname: string,
): types.RtpParameters | undefined {
  if (track.codec !== 'PCMU' && track.codec !== 'PCMA') return undefined;
  if (track.clockRateHz !== 8000) return undefined;
  return {
    codecs: [
      {
        mimeType: `audio/${track.codec}`,
        payloadType: track.codec === 'PCMU' ? 0 : 8,
        clockRate: 8000,
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname },
  };
}
