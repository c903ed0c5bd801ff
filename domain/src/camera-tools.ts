import type { CameraCredentials, CameraEndpoint } from './camera.ts';
import type { FaultMessage } from './faults.ts';

/** Everything that a tool needs to reach one camera. */
export interface CameraTarget {
  readonly endpoint: CameraEndpoint;
  readonly credentials: CameraCredentials | null;
}

/** The technician's tools and the camera policy: link requests, server → gateway. */
export interface CameraToolMethods {
  /** TCP connection times to the ONVIF port, and the RTSP port when one is named. */
  'gateway.ping': [
    params: { readonly endpoint: CameraEndpoint; readonly rtspPort: number | null },
    result: {
      readonly ports: readonly {
        readonly port: number;
        readonly connectMs: number | null;
        readonly fault: FaultMessage | null;
      }[];
    },
  ];
  /** SystemReboot; the camera's own words. */
  'gateway.reboot': [params: CameraTarget, result: { readonly message: string }];
  /** SetSystemDateAndTime to the gateway's clock (UTC). Offsets: camera minus gateway. */
  'gateway.set-time': [
    params: CameraTarget,
    result: { readonly beforeMs: number; readonly afterMs: number },
  ];
  /** One single attempt with these credentials. */
  'gateway.try-credentials': [
    params: CameraTarget,
    result: { readonly accepted: boolean; readonly fault: FaultMessage | null },
  ];
  /** Compares the camera with the policy and, when told to, corrects it. */
  'gateway.apply-policy': [
    params: CameraTarget & { readonly policy: CameraPolicy; readonly correct: boolean },
    result: CameraPolicyReport,
  ];
}

/** How cameras are to be set; what is absent is left as it is. */
export interface CameraPolicy {
  readonly ntpServer?: string;
  readonly hostName?: string;
  /** Text that the camera burns into its picture. */
  readonly osdText?: string;
  readonly main?: EncoderPolicy;
  readonly sub?: EncoderPolicy;
  /** A new password for the account that is used; never shown, never logged. */
  readonly newPassword?: string;
}

export interface EncoderPolicy {
  readonly codec?: 'H264' | 'H265';
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly frameRateFps?: number;
  readonly bitrateKbps?: number;
  readonly keyFrameEveryFrames?: number;
}

export interface CameraPolicyReport {
  readonly items: readonly {
    /** `ntp`, `hostname`, `osd`, `main.bitrate`, … */
    readonly item: string;
    readonly wanted: string;
    readonly found: string | null;
    readonly outcome: 'as-wanted' | 'differs' | 'set' | 'refused' | 'unsupported';
    readonly fault: FaultMessage | null;
  }[];
}
