import { availableParallelism } from 'node:os';

export interface RelayListenIp {
  readonly ip: string;
  /** What browsers are told instead of `ip` (behind address translation, or for `0.0.0.0`). */
  readonly announcedAddress?: string;
}

export interface RelaySettings {
  readonly nodeId: string;
  readonly rtc: {
    readonly listenIps: readonly RelayListenIp[];
    /** Each worker takes one UDP and one TCP port of this range for each address. */
    readonly minPort: number;
    readonly maxPort: number;
  };
  /** mediasoup workers; one per core that live views may use. */
  readonly workers?: number;
  /** Path of the mediasoup worker's binary; MEDIASOUP_WORKER_BIN or mediasoup's own otherwise. */
  readonly workerBin?: string;
  /** How long a stream outlives its last viewer. */
  readonly lingerMs?: number;
  /** How long a join waits for the camera's first answer. */
  readonly joinTimeoutMs?: number;
  /** Views of this node, over all viewers. */
  readonly maxViews?: number;
  readonly maxViewsPerViewer?: number;
  /** Views of one stream that one worker serves before the next are sent to another. */
  readonly viewsPerWorker?: number;
  /** Key-frame requests to one camera's stream are at least so far apart. */
  readonly keyFrameIntervalMs?: number;
  /** Most that is kept of a stream since its last key picture, to show it at once. */
  readonly pictureGroupBytes?: number;
  /** A browser that shows no sign of life for so long has left. */
  readonly viewerSilentForMs?: number;
}

export type CompleteRelaySettings = Required<Omit<RelaySettings, 'workerBin'>> &
  Pick<RelaySettings, 'workerBin'>;

/** The settings with a value for everything that was left out. */
export function completeRelaySettings(settings: RelaySettings): CompleteRelaySettings {
  return {
    ...settings,
    workers: settings.workers ?? Math.min(2, availableParallelism()),
    lingerMs: settings.lingerMs ?? 15_000,
    joinTimeoutMs: settings.joinTimeoutMs ?? 6_000,
    maxViews: settings.maxViews ?? 800,
    maxViewsPerViewer: settings.maxViewsPerViewer ?? 64,
    viewsPerWorker: settings.viewsPerWorker ?? 150,
    keyFrameIntervalMs: settings.keyFrameIntervalMs ?? 1_000,
    pictureGroupBytes: settings.pictureGroupBytes ?? 4 * 1024 * 1024,
    viewerSilentForMs: settings.viewerSilentForMs ?? 15_000,
  };
}
