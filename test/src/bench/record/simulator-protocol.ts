import type { Behaviour } from './camera-server.ts';

export type SimulatorCommand =
  | { readonly kind: 'behave'; readonly camera: number; readonly behaviour: Behaviour }
  | { readonly kind: 'count' }
  /** Ends all cameras' packets after a whole burst. */
  | { readonly kind: 'stop-sending' };

export type SimulatorReport =
  | { readonly kind: 'listening'; readonly urls: readonly string[]; readonly bitsPerSecond: number }
  | {
      readonly kind: 'sent';
      /** By camera, since it listens. */
      readonly frames: readonly number[];
      readonly stuck: number;
      /** How late the simulator itself was at worst since the last report. */
      readonly latestMs: number;
    };
