import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import type {
  StreamEvent,
  StreamStatus,
  StreamStop,
} from '@nigehban/media/hub/stream-hub-types.ts';
import type { MediaErrorCode } from '@nigehban/media/media-error.ts';

/** The hub's key of a camera's stream: what recorder and relay share is one pull. */
export function streamKey(cameraId: number, quality: StreamQuality): string {
  return `${cameraId}/${quality}`;
}

export function parseStreamKey(
  key: string,
): { cameraId: number; quality: StreamQuality } | undefined {
  const match = /^(\d+)\/(main|sub)$/.exec(key);
  if (match === null) return undefined;
  return { cameraId: Number(match[1]), quality: match[2] === 'sub' ? 'sub' : 'main' };
}

const faultOfMediaError: Readonly<Record<MediaErrorCode, FaultCode>> = {
  CONNECT_REFUSED: 'CAMERA_UNREACHABLE',
  CONNECT_TIMEOUT: 'CAMERA_UNREACHABLE',
  CONNECT_FAILED: 'CAMERA_UNREACHABLE',
  CONNECTION_LOST: 'CAMERA_UNREACHABLE',
  TRANSPORT_BLOCKED: 'CAMERA_STREAM_INVALID',
  RESPONSE_TIMEOUT: 'CAMERA_TIMEOUT',
  AUTH_REFUSED: 'CAMERA_AUTH_REFUSED',
  AUTH_UNSUPPORTED: 'CAMERA_AUTH_REFUSED',
  NOT_FOUND: 'CAMERA_STREAM_INVALID',
  SESSIONS_EXHAUSTED: 'CAMERA_SESSIONS_EXHAUSTED',
  SERVER_REFUSED: 'CAMERA_STREAM_INVALID',
  REDIRECT_REFUSED: 'CAMERA_ADDRESS_REFUSED',
  PROTOCOL_VIOLATION: 'CAMERA_STREAM_INVALID',
  LIMIT_EXCEEDED: 'CAMERA_STREAM_INVALID',
  SDP_INVALID: 'CAMERA_STREAM_INVALID',
  CODEC_UNSUPPORTED: 'CAMERA_CODEC_UNSUPPORTED',
  PARAMETER_SETS_INVALID: 'CAMERA_STREAM_INVALID',
  NO_FRAMES: 'CAMERA_SILENT',
  MP4_INVALID: 'CAMERA_STREAM_INVALID',
  STOPPED: 'CAMERA_SILENT',
};

/** The coded fault of a stream that stopped, and one line of evidence. */
export function faultOfStop(stop: StreamStop): { fault: FaultCode; evidence: string } {
  if (stop.error !== undefined) {
    return { fault: faultOfMediaError[stop.error.code], evidence: stop.error.message };
  }
  return { fault: 'CAMERA_SILENT', evidence: `RTSP: ${stop.cause}` };
}

function toMs(us: number | undefined): number | null {
  return us === undefined ? null : Math.floor(us / 1000);
}

function downFact(
  camera: { cameraId: number; quality: StreamQuality },
  atUs: number,
  stop: StreamStop,
): NodeFact {
  return {
    kind: 'stream-down',
    ...camera,
    atMs: Math.floor(atUs / 1000),
    lastFrameMs: toMs(stop.lastPacketUs),
    ...faultOfStop(stop),
  };
}

function flowingFact(
  camera: { cameraId: number; quality: StreamQuality },
  atUs: number,
  source: string | undefined,
): NodeFact {
  return {
    kind: 'stream-flowing',
    ...camera,
    atMs: Math.floor(atUs / 1000),
    ...(source === undefined ? {} : { source }),
  };
}

/** The fact of a hub event; undefined for a stream that we stopped ourselves. */
export function factOfEvent(event: StreamEvent): NodeFact | undefined {
  const camera = parseStreamKey(event.key);
  if (camera === undefined) return undefined;
  if (event.kind === 'flowing') {
    return flowingFact(camera, event.atUs, event.source);
  }
  if (event.stop.cause === 'stopped') return undefined;
  return downFact(camera, event.atUs, event.stop);
}

/** How a stream stands now, as the fact that a new link needs; undefined while nothing is known. */
export function factOfStatus(status: StreamStatus): NodeFact | undefined {
  const camera = parseStreamKey(status.key);
  if (camera === undefined) return undefined;
  if (status.state.kind === 'flowing') {
    return flowingFact(camera, status.state.sinceUs, status.source);
  }
  if (status.state.kind === 'down' && status.state.stop.cause !== 'stopped') {
    return downFact(camera, status.state.sinceUs, status.state.stop);
  }
  return undefined;
}
