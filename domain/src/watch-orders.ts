import type { CameraCredentials, CameraEndpoint, CameraId } from './camera.ts';
import type { ProbeOutcome } from './camera-state.ts';

/**
 * What the gateways are told to watch, and what they tell of it. Every gateway gets the whole list;
 * shard leases in Redis say which of them looks at which cameras. Facts are sent for changes only.
 */
export interface WatchOrder {
  readonly cameraId: CameraId;
  /** `GE24-NA117-PS042-B2-C1` */
  readonly cameraCode: string;
  /** Cameras of one station are each other's siblings: when the first fails, all are asked at once. */
  readonly stationId: number;
  readonly endpoint: CameraEndpoint;
  readonly credentials: CameraCredentials | null;
  /** The camera refused these credentials within a day: nothing is asked that needs them. */
  readonly held?: boolean;
  /** Serial that registration found; null when it is not registered. */
  readonly serial: string | null;
  /** True when no media node's stream tells whether the camera lives: the sweep has to ask. */
  readonly swept: boolean;
  /** What to look at once a minute; null: no pictures are taken of this camera. */
  readonly view: ViewOrder | null;
  /** True when the camera has an ONVIF event service (PullPoint) that is to be followed. */
  readonly events: boolean;
}

export interface ViewOrder {
  readonly profileToken: string;
  /** Fingerprint of the approved reference picture, as the gateway made it; null: only frozen and dark are told. */
  readonly reference: string | null;
  /** True when the camera gives no snapshots: the server sends stills of its recording (`gateway.judge-view`). */
  readonly stills?: boolean;
}

/** How often the gateways look. */
export interface WatchPolicy {
  readonly sweepEveryMs: number;
  /** 0: pictures are not taken. */
  readonly viewEveryMs: number;
}

export const defaultWatchPolicy: WatchPolicy = { sweepEveryMs: 15_000, viewEveryMs: 60_000 };

export type WatchDown =
  | {
      readonly type: 'watch';
      readonly version: number;
      readonly policy: WatchPolicy;
      readonly orders: readonly WatchOrder[];
    }
  | {
      readonly type: 'watch-change';
      readonly version: number;
      readonly upsert: readonly WatchOrder[];
      readonly remove: readonly CameraId[];
    };

export const viewVerdicts = ['WELL', 'FROZEN', 'COVERED', 'DARK', 'MOVED', 'BLURRED'] as const;
/** What the pictures of a camera say about its view. */
export type ViewVerdict = (typeof viewVerdicts)[number];

export type WatchFact =
  /** The camera answers the sweep (for the first time, or again). */
  | {
      readonly kind: 'camera-answered';
      readonly cameraId: CameraId;
      readonly atMs: number;
      /** Camera clock minus gateway clock; null when the answer had none. */
      readonly clockOffsetMs: number | null;
    }
  /** The camera failed the sweep's check and its repetition. */
  | {
      readonly kind: 'camera-lost';
      readonly cameraId: CameraId;
      readonly atMs: number;
      readonly outcome: Exclude<ProbeOutcome, { kind: 'answers' }>;
    }
  /** The view changed, after the gateway's own hysteresis. */
  | {
      readonly kind: 'view-judged';
      readonly cameraId: CameraId;
      readonly atMs: number;
      readonly verdict: ViewVerdict;
      /** Measures in one line, safe to show. */
      readonly evidence: string;
    }
  /** An ONVIF notification (ONVIF Core, Event handling), reduced to what matters here. */
  | {
      readonly kind: 'camera-event';
      readonly cameraId: CameraId;
      readonly atMs: number;
      readonly event: CameraEventKind;
      /** True when the condition begins, false when it ends. */
      readonly active: boolean;
      readonly evidence: string;
    };

export const cameraEventKinds = ['tamper', 'motion', 'storage-failure', 'digital-input'] as const;
export type CameraEventKind = (typeof cameraEventKinds)[number];
