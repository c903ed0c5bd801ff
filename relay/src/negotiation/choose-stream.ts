import type { CameraStream, StreamQuality } from '@nigehban/domain/camera.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';

/** What is known of one of the camera's streams at this moment. */
export type StreamCondition =
  | 'untried'
  | 'connecting'
  | 'flowing'
  | 'down'
  /** The camera serves no further session (RTSP 453, 503). */
  | 'sessions-exhausted'
  /** It flows, but its SDP offers no video that a browser can play. */
  | 'unplayable';

export type StreamChoice =
  | { readonly kind: 'serve'; readonly quality: StreamQuality }
  | {
      readonly kind: 'fault';
      readonly code: Extract<FaultCode, 'LIVE_CODEC_UNSUPPORTED' | 'LIVE_UNAVAILABLE'>;
    };

/**
 * Which of a camera's streams a live view is served from: the asked one when it is H.264 and not
 * down, else the other. A camera that refuses one more session is served from what is pulled already.
 */
export function chooseStream(
  asked: StreamQuality,
  streams: readonly Pick<CameraStream, 'quality' | 'codec'>[],
  condition: (quality: StreamQuality) => StreamCondition,
): StreamChoice {
  if (streams.length === 0) return { kind: 'fault', code: 'LIVE_UNAVAILABLE' };
  const playable = streams
    .filter((stream) => stream.codec === 'H264' && condition(stream.quality) !== 'unplayable')
    .map((stream) => stream.quality)
    .sort((a, b) => Number(b === asked) - Number(a === asked));
  const [preferred, other] = playable;
  if (preferred === undefined) return { kind: 'fault', code: 'LIVE_CODEC_UNSUPPORTED' };
  const preferredCondition = condition(preferred);
  if (preferredCondition !== 'down' && preferredCondition !== 'sessions-exhausted') {
    return { kind: 'serve', quality: preferred };
  }
  if (other !== undefined) {
    const otherCondition = condition(other);
    if (
      otherCondition === 'flowing' ||
      otherCondition === 'connecting' ||
      (otherCondition === 'untried' && preferredCondition === 'down')
    ) {
      return { kind: 'serve', quality: other };
    }
  }
  return { kind: 'fault', code: 'LIVE_UNAVAILABLE' };
}
