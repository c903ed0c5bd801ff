import type {
  CameraCredentials,
  CameraEndpoint,
  CameraId,
  CameraIdentity,
  CameraStream,
  StreamQuality,
} from './camera.ts';
import type { ProbeOutcome } from './camera-state.ts';
import type { CameraToolMethods } from './camera-tools.ts';
import type { DiskLevel } from './disk-level.ts';
import type { FaultCode, FaultMessage } from './faults.ts';
import type { LiveSound } from './live-sound.ts';
import type { ElectionPhase, LegalHold } from './retention.ts';
import type { ViewMethods } from './view-methods.ts';
import type { WatchDown, WatchFact } from './watch-orders.ts';

/**
 * The link: one WebSocket that a media node or camera gateway dials to the server, authenticated by
 * the cluster key. Desired state goes down, facts come up, requests go both ways by id. JSON text
 * messages. A side that misses heartbeats closes; the node dials again and starts from `hello`.
 */
export type LinkRole = 'media' | 'gateway';

export interface LinkHello {
  readonly type: 'hello';
  readonly role: LinkRole;
  readonly nodeId: string;
  readonly version: string;
  readonly startedAtMs: number;
  /** Base URL of the media node's internal footage HTTP, reachable from the server. */
  readonly footageUrl: string | null;
  /** How things stand at this moment, so that facts missed while unlinked need no replay. */
  readonly snapshot: readonly NodeFact[];
}

/** What a media node shall do for one camera. */
export interface StreamOrder {
  readonly cameraId: CameraId;
  /** `GE24-NA117-PS042-B2-C1` */
  readonly cameraCode: string;
  readonly stationCode: string;
  readonly record: boolean;
  readonly streams: readonly CameraStream[];
  readonly credentials: CameraCredentials | null;
  /** The camera refused these credentials within a day: they are not offered until an order says so. */
  readonly held?: boolean;
  /**
   * How its packets are to travel. `udp` falls back to TCP where nothing arrives; without a wish TCP,
   * or UDP with a camera that knows nothing else.
   */
  readonly transport?: StreamTransport;
}

export const streamTransports = ['tcp', 'udp'] as const;
export type StreamTransport = (typeof streamTransports)[number];

export type LinkDown =
  | { readonly type: 'desired'; readonly version: number; readonly orders: readonly StreamOrder[] }
  | {
      readonly type: 'desired-change';
      readonly version: number;
      readonly upsert: readonly StreamOrder[];
      readonly remove: readonly CameraId[];
    }
  /** All legal holds in force, before the first desired state and after each change. */
  | { readonly type: 'holds'; readonly holds: readonly LegalHold[] }
  /** Media nodes: the poll phase that retention has to know, before the first desired state and after each change. */
  | { readonly type: 'election-phase'; readonly phase: ElectionPhase | null }
  /** Gateways only. */
  | WatchDown
  | LinkRequest
  | LinkReply
  | { readonly type: 'ping' };

export type LinkUp =
  | LinkHello
  | { readonly type: 'facts'; readonly facts: readonly NodeFact[] }
  | LinkRequest
  | LinkReply
  | { readonly type: 'pong' };

/** What happened at a node. */
export type NodeFact =
  | WatchFact
  | {
      readonly kind: 'stream-flowing';
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly atMs: number;
      /** Host and port that the session is with: after an address swap it may be a former one. */
      readonly source?: string;
    }
  | {
      readonly kind: 'stream-down';
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly atMs: number;
      readonly lastFrameMs: number | null;
      readonly fault: FaultCode;
      readonly evidence: string;
    }
  /** Counters of the recorded streams, every few seconds. */
  | { readonly kind: 'stream-counters'; readonly cameras: readonly CameraCounters[] }
  | {
      readonly kind: 'recording-fault';
      readonly fault: FaultCode;
      readonly evidence: string;
      readonly atMs: number;
    }
  | { readonly kind: 'recording-well'; readonly atMs: number }
  /** The volumes of a media node's footage: at once when one changes for better or worse, else now and then. */
  | { readonly kind: 'footage-volumes'; readonly volumes: readonly FootageVolumeView[] }
  /** A consumer of a live view needs a key frame (PLI/FIR): the gateway asks the camera. */
  | {
      readonly kind: 'key-frame-wanted';
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
    }
  /** A live viewer's transport ended at the node: the named one, or all it had there. */
  | {
      readonly kind: 'live-closed';
      readonly viewerId: string;
      readonly transportId?: string;
      /** That consumer of the transport alone: sound that its camera does not send any more. */
      readonly consumerId?: string;
      readonly reason: string;
    };

export interface FootageVolumeView {
  readonly folder: string;
  /** Null while it is away or fails. */
  readonly level: DiskLevel | null;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly fault: FaultCode | null;
}

export interface CameraCounters {
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
  readonly jitterMs: number;
  readonly sessions: number;
  readonly viewers: number;
  readonly lastPacketMs: number | null;
  readonly clockOffsetMs: number | null;
  readonly recording: boolean;
  /** Only of a stream that is recorded. */
  readonly recorder?: RecorderCounters;
}

/** What the recorder counts of a stream since its process began to record it. */
export interface RecorderCounters {
  readonly frames: number;
  readonly keyFrames: number;
  /** Between the last two key frames; null before the second. */
  readonly keyFrameIntervalMs: number | null;
  /** Pictures that were left out because a packet of theirs was missing or broken. */
  readonly damagedFrames: number;
  readonly segments: number;
  /** Sessions after the first one. */
  readonly restarts: number;
  /** Bytes that wait for the disk. */
  readonly queuedBytes: number;
  /** How far the disk is behind the camera: age of the oldest picture that waits for it. */
  readonly queuedForMs: number;
}

export interface LinkRequest {
  readonly type: 'request';
  readonly id: number;
  readonly method: LinkMethod;
  readonly params: unknown;
}

export type LinkReply =
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly fault: FaultMessage };

/** A camera that answered discovery (WS-Discovery 2005/04 ProbeMatch). */
export interface DiscoveredCamera {
  readonly address: string;
  readonly onvifPort: number;
  /** Path of the device service on that address. */
  readonly path: string;
  readonly endpointReference: string;
  readonly scopes: readonly string[];
}

/** What registration learns from a camera. */
export interface CameraProbe {
  readonly identity: CameraIdentity;
  readonly streams: readonly CameraStream[];
  readonly hasSnapshot: boolean;
  readonly hasSynchronizationPoint: boolean;
  /** It names an event service (PullPoint); absent: not asked. */
  readonly hasEvents?: boolean;
  /** Camera clock minus gateway clock, milliseconds. */
  readonly clockOffsetMs: number;
  /** Every call made, in order, for the technician's eye. */
  readonly calls: readonly OnvifCallReport[];
}

export interface OnvifCallReport {
  readonly operation: string;
  readonly durationMs: number;
  readonly fault: FaultMessage | null;
}

/** Requests over the link: method → [params, result]. */
export interface LinkMethods extends CameraToolMethods, ViewMethods {
  // server → gateway
  'gateway.discover': [
    params: {
      readonly cidrs: readonly string[];
      readonly multicast: boolean;
      readonly timeoutMs: number;
      /** Ports to ask by HTTP where WS-Discovery is not answered; absent: the gateway's own. */
      readonly httpPorts?: readonly number[];
    },
    result: { readonly cameras: readonly DiscoveredCamera[] },
  ];
  /** Who answers there: the light form of `gateway.probe`, three calls. Tries the credentials once. */
  'gateway.identify': [
    params: { readonly endpoint: CameraEndpoint; readonly credentials: CameraCredentials | null },
    result: { readonly identity: CameraIdentity; readonly clockOffsetMs: number },
  ];
  'gateway.probe': [
    params: { readonly endpoint: CameraEndpoint; readonly credentials: CameraCredentials | null },
    result: CameraProbe,
  ];
  /** A quick verdict on a suspected camera: network, ONVIF, RTSP, in this order. */
  'gateway.check': [
    params: {
      readonly cameraId: CameraId;
      readonly endpoint: CameraEndpoint;
      readonly credentials: CameraCredentials | null;
      readonly streamUrl: string | null;
      /** Serial the answer must have; null when unknown. */
      readonly serial: string | null;
    },
    result: ProbeOutcome,
  ];
  'gateway.synchronization-point': [
    params: {
      readonly cameraId: CameraId;
      readonly endpoint: CameraEndpoint;
      readonly credentials: CameraCredentials | null;
      readonly profileToken: string;
    },
    result: { readonly done: true },
  ];
  /** JPEG by the camera's snapshot URI, base64. */
  'gateway.snapshot': [
    params: {
      readonly endpoint: CameraEndpoint;
      readonly credentials: CameraCredentials | null;
      readonly profileToken: string;
    },
    result: { readonly jpegBase64: string },
  ];
  // server → media node: live views (mediasoup's own option objects travel as they are)
  'live.join': [
    params: {
      /** One browser connection; its transports are closed together. */
      readonly viewerId: string;
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
    },
    result: LiveJoined,
  ];
  'live.connect': [
    params: {
      readonly viewerId: string;
      readonly transportId: string;
      readonly dtlsParameters: unknown;
    },
    result: { readonly done: true },
  ];
  'live.consume': [
    params: {
      readonly viewerId: string;
      readonly transportId: string;
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly rtpCapabilities: unknown;
    },
    result: LiveConsumer,
  ];
  /** The sound of a camera that was joined on that transport; ends as pictures do. */
  'live.listen': [
    params: {
      readonly viewerId: string;
      readonly transportId: string;
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly rtpCapabilities: unknown;
    },
    result: LiveConsumer,
  ];
  'live.resume': [
    params: { readonly viewerId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
  'live.pause': [
    params: { readonly viewerId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
  'live.leave': [
    params: { readonly viewerId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
  'live.close': [params: { readonly viewerId: string }, result: { readonly done: true }];
}

export type LinkMethod = keyof LinkMethods;

export interface LiveJoined {
  readonly nodeId: string;
  /** The quality that is served: the other one when the camera refuses or cannot serve the asked one. */
  readonly quality: StreamQuality;
  /** Browser's receive transport on the router that carries this camera; the same for all its cameras. */
  readonly transportId: string;
  /** Parameters of a transport that was made by this call; null when the viewer already has it. */
  readonly transport: {
    readonly iceParameters: unknown;
    readonly iceCandidates: unknown;
    readonly dtlsParameters: unknown;
  } | null;
  readonly routerRtpCapabilities: unknown;
  /** What there is to hear; absent: the node is of a version that forwards no sound. */
  readonly sound?: LiveSound;
}

export interface LiveConsumer {
  readonly consumerId: string;
  readonly producerId: string;
  readonly kind: 'video' | 'audio';
  readonly rtpParameters: unknown;
}
