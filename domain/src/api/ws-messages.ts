import type { CameraId, StreamQuality } from '../camera.ts';
import type { CameraStateKind } from '../camera-state.ts';
import type { PollPhase } from '../election-phase.ts';
import type { FaultCode, FaultMessage } from '../faults.ts';
import type { LiveConsumer, LiveJoined } from '../link-messages.ts';
import type { StationStateKind } from '../station-state.ts';
import type { IncidentView } from './alert-types.ts';
import type { AlertView } from './http-types.ts';

/**
 * The browser's WebSocket `/api/ws`, signed in by the session cookie, same origin only. The server
 * sends `welcome` first, then changes as they happen, numbered by `seq`. A browser that reconnects
 * loads the lists again by HTTP when `welcome.seq` is not the one it saw last.
 */
export type ServerMessage =
  | { readonly type: 'welcome'; readonly seq: number; readonly nowMs: number }
  | { readonly type: 'heartbeat'; readonly nowMs: number; readonly seq: number }
  | {
      readonly type: 'camera';
      readonly seq: number;
      readonly id: CameraId;
      readonly state: CameraStateKind;
      readonly sinceMs: number;
      readonly fault: FaultCode | null;
      readonly lastFrameMs: number | null;
      readonly recording: boolean;
    }
  | {
      readonly type: 'station';
      readonly seq: number;
      readonly code: string;
      readonly state: StationStateKind;
      readonly sinceMs: number | null;
      readonly cameras: number;
      readonly down: number;
      readonly openAlertId: number | null;
    }
  | { readonly type: 'alert'; readonly seq: number; readonly alert: AlertView }
  | { readonly type: 'incident'; readonly seq: number; readonly incident: IncidentView }
  /** Districts entered a phase, or the clock was set anew. */
  | {
      readonly type: 'phase';
      readonly seq: number;
      readonly districts: readonly { readonly districtCode: string; readonly phase: PollPhase }[];
    }
  /** Several changes at once, in order: a storm comes in few frames. */
  | { readonly type: 'batch'; readonly messages: readonly ServerMessage[] }
  /** A notice for this user, by the channel `push`. */
  | {
      readonly type: 'notice';
      readonly id: string;
      readonly subject: string;
      readonly text: string;
    }
  /** The plan changed: lists are to be loaded again. */
  | { readonly type: 'reload'; readonly seq: number }
  | {
      readonly type: 'live-closed';
      readonly transportId: string;
      /** That sound alone; else all that the transport carried. */
      readonly consumerId?: string;
      readonly reason: string;
    }
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly fault: FaultMessage };

/** Requests of the browser: method → [params, result]. Each is checked against the role. */
export interface WsMethods {
  'live.join': [
    params: { readonly cameraId: CameraId; readonly quality: StreamQuality },
    result: LiveJoined,
  ];
  'live.connect': [
    params: { readonly transportId: string; readonly dtlsParameters: unknown },
    result: { readonly done: true },
  ];
  'live.consume': [
    params: {
      readonly transportId: string;
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly rtpCapabilities: unknown;
    },
    result: LiveConsumer,
  ];
  /** The sound of a camera that was joined; wants the right to listen. Noted in the audit trail. */
  'live.listen': [
    params: {
      readonly transportId: string;
      readonly cameraId: CameraId;
      readonly quality: StreamQuality;
      readonly rtpCapabilities: unknown;
    },
    result: LiveConsumer,
  ];
  'live.resume': [
    params: { readonly transportId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
  'live.pause': [
    params: { readonly transportId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
  'live.leave': [
    params: { readonly transportId: string; readonly consumerId: string },
    result: { readonly done: true },
  ];
}

export type WsMethod = keyof WsMethods;

export interface ClientMessage {
  readonly type: 'request';
  readonly id: number;
  readonly method: WsMethod;
  readonly params: unknown;
}
