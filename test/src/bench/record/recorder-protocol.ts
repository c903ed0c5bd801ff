export interface RecorderJob {
  readonly nodeId: string;
  readonly footageFolder: string;
  readonly databaseUrl: string;
  readonly segmentMs: number;
  readonly cameras: readonly { readonly cameraId: number; readonly url: string }[];
}

export type RecorderCommand =
  | { readonly kind: 'record'; readonly job: RecorderJob }
  /** Answered by `state`. */
  | { readonly kind: 'look' }
  /** Ends everything in order; answered by `done`. */
  | { readonly kind: 'finish' };

export interface CameraResult {
  readonly cameraId: number;
  /** Video frames in entries of the chain. */
  readonly frames: number;
  readonly segments: number;
  readonly lossySegments: number;
  /** Gaps between segments, as `cause start end` in seconds. */
  readonly gaps: readonly string[];
  readonly sessions: number;
  readonly lostPackets: number;
}

export type RecorderReport =
  | { readonly kind: 'ready' | 'started' }
  | {
      readonly kind: 'state';
      /** Cameras with a segment in the making. */
      readonly recording: number;
      readonly packets: number;
      readonly peakQueuedBytes: number;
      readonly blockBytes: number;
      readonly loopDelayP99Ms: number;
      readonly loopDelayMaxMs: number;
      readonly pendingRows: number;
    }
  | { readonly kind: 'done'; readonly cameras: readonly CameraResult[] };
