import type { CameraId } from '../camera.ts';
import type { PolicyScope } from '../camera-policy.ts';
import type { CameraPolicy, CameraPolicyReport, CameraToolMethods } from '../camera-tools.ts';
import type { FaultCode } from '../faults.ts';

/**
 * The technician's tools and the camera policy. Every use is audited; a camera is asked at most once
 * in two seconds (CAMERA_TOOL_BUSY), and rebooted once a minute.
 *
 *   POST /api/cameras/:id/tools/ping         → PingView                           camera.probe
 *   POST /api/cameras/:id/tools/probe        → CameraProbeView (http-types.ts)    camera.probe
 *   POST /api/cameras/:id/tools/time         → TimeView                           camera.service
 *   POST /api/cameras/:id/tools/reboot       RebootBody → RebootView              camera.service
 *   POST /api/cameras/:id/tools/credentials  TryCredentialsBody → TryCredentialsView  camera.service
 *   POST /api/cameras/:id/tools/snapshot     → image/jpeg                         live.watch
 *   GET  /api/cameras/:id/policy             → CameraPolicyView                   status.read
 *   POST /api/cameras/:id/policy/apply       ApplyPolicyBody → CameraPolicyView   camera.service
 *   GET  /api/policies                       → PolicyView[]                       status.read
 *   PUT  /api/policies                       PolicyBody → PolicyView              camera.service
 *   DELETE /api/policies/:id                 → PolicyView                         camera.service
 *   GET  /api/policy-reports?differs=1&limit&after → PolicyReportView[]           status.read
 */
export type PingView = CameraToolMethods['gateway.ping'][1];
/** Camera clock minus ours, before and after, milliseconds. */
export type TimeView = CameraToolMethods['gateway.set-time'][1];
export type RebootView = CameraToolMethods['gateway.reboot'][1];
export type TryCredentialsView = CameraToolMethods['gateway.try-credentials'][1] & {
  /** They are the camera's credentials from now on. */
  readonly stored: boolean;
};

export interface RebootBody {
  /** The camera shows and records nothing for a minute: said on purpose. */
  readonly confirm: true;
}

export interface TryCredentialsBody {
  readonly username: string;
  readonly password: string;
  /** Keep them for this camera when it accepts them. */
  readonly store: boolean;
}

/** A policy as people see it: of a password only that there is one. */
export type ShownPolicy = Omit<CameraPolicy, 'newPassword'> & { readonly hasPassword: boolean };

export interface PolicyBody {
  readonly scope: PolicyScope;
  /** District code or model name; empty for all. */
  readonly scopeValue: string;
  /** `{code}` and `{station}` in host name and text stand for the camera's codes. */
  readonly policy: Omit<CameraPolicy, 'newPassword'>;
  /** Null: no password is set by policy; absent: the one that was set before stays. */
  readonly newPassword?: string | null;
}

export interface PolicyView {
  readonly id: number;
  readonly scope: PolicyScope;
  readonly scopeValue: string;
  readonly policy: ShownPolicy;
  readonly changedBy: string;
  readonly changedAtMs: number;
}

/** How a camera stood against its policy when it was looked at last. */
export interface PolicyReportView {
  readonly cameraId: CameraId;
  readonly cameraCode: string;
  readonly stationCode: string;
  readonly checkedAtMs: number;
  /** It was corrected then; else only compared. */
  readonly corrected: boolean;
  /** Items that are not as wanted. */
  readonly differs: number;
  readonly items: CameraPolicyReport['items'];
  /** Why it could not be looked at; null when it was. */
  readonly fault: FaultCode | null;
  readonly evidence: string | null;
  readonly nextCheckAtMs: number;
}

export interface CameraPolicyView {
  /** What holds for this camera, of all policies together. */
  readonly policy: ShownPolicy;
  readonly report: PolicyReportView | null;
  /** A change of password is under way: which one is valid will be found out. */
  readonly passwordPending: boolean;
}

export interface ApplyPolicyBody {
  /** False: only compare. */
  readonly correct: boolean;
}
