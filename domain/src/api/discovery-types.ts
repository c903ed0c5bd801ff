import type { CameraIdentity } from '../camera.ts';
import type { FaultMessage } from '../faults.ts';

/**
 * Discovery runs and the quarantine list.
 *
 *   POST   /api/discovery/runs      DiscoveryRunBody → DiscoveryRunView     camera.register
 *   GET    /api/discovery/runs      → DiscoveryRunView[], newest first      camera.register
 *   GET    /api/discovery/runs/:id  → DiscoveryRunView                      camera.register
 *   DELETE /api/discovery/runs/:id  cancels → DiscoveryRunView              camera.register
 *   GET    /api/quarantine          → QuarantineView[]                      camera.register
 *   POST   /api/quarantine/:id/bind QuarantineBindBody → QuarantineView[]   camera.register
 *   DELETE /api/quarantine/:id      ignores it → QuarantineView[]           camera.register
 */
export interface DiscoveryRunBody {
  /** IPv4 ranges as `10.4.0.0/16`. */
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
  /** Ports to ask by HTTP at addresses that leave WS-Discovery unanswered; none: not asked. */
  readonly httpPorts?: readonly number[];
  /** Tried in this order, each once on each camera, before those that the plan has. */
  readonly credentials?: readonly { readonly username: string; readonly password: string }[];
}

/**
 * RUNNING also while no gateway is there to ask: `fault` says so, and the run goes on when one is.
 */
export const discoveryRunStates = ['RUNNING', 'DONE', 'CANCELLED'] as const;
export type DiscoveryRunState = (typeof discoveryRunStates)[number];

export interface DiscoveryRunView {
  readonly id: number;
  readonly state: DiscoveryRunState;
  readonly cidrs: readonly string[];
  readonly multicast: boolean;
  readonly httpPorts: readonly number[];
  readonly startedBy: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Steps done of all; addresses asked of all. */
  readonly chunksDone: number;
  readonly chunks: number;
  readonly addressesAsked: number;
  readonly addresses: number;
  readonly counts: DiscoveryCounts;
  /** Why it waits; null when it does not. */
  readonly fault: FaultMessage | null;
}

export interface DiscoveryCounts {
  /** Devices that answered. */
  readonly found: number;
  /** Newly bound to a camera of the plan. */
  readonly bound: number;
  /** Bound before, and still where they were. */
  readonly known: number;
  readonly quarantined: number;
  /** Refused every password that was tried. */
  readonly refused: number;
  /** Answered discovery and then not, or wrongly. */
  readonly failed: number;
}

export const quarantineReasons = [
  /** The plan knows neither its serial nor its MAC, and no open place at its address. */
  'not-in-plan',
  /** It contradicts the plan. */
  'conflict',
  /** Another camera is registered at this address: this one stands in its place. */
  'replaced',
  /** It let nobody in. */
  'credentials-refused',
  /** It does not say who it is. */
  'no-identity',
  /** It has no stream that can be recorded, or answers wrongly. */
  'unusable',
] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/** A camera that was found and waits for a person. */
export interface QuarantineView {
  readonly id: number;
  readonly address: string;
  readonly onvifPort: number;
  readonly identity: CameraIdentity | null;
  readonly reason: QuarantineReason;
  /** In one line, safe to show. */
  readonly evidence: string;
  /** Cameras of the plan that it may be. */
  readonly candidates: readonly string[];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export interface QuarantineBindBody {
  /** `GE24-NA117-PS042-B2-C1` */
  readonly cameraCode: string;
}
