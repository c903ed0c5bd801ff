import type { SweepStatus } from '@nigehban/camera-gateway/sweep/sweep-status.ts';

export type ResponderCommand =
  /** These accept and never answer from now on. */
  | { readonly kind: 'silence'; readonly cameras: readonly number[] | 'all' }
  | { readonly kind: 'restore' }
  /** Intervals count from now on. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'measure' };

export type ResponderReport =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'intervals';
      /** The longest time without a check of any camera since the reset, the present one included. */
      readonly worstMs: number;
      /** The same of each camera. */
      readonly worstOfCamerasMs: readonly number[];
      readonly checks: number;
    };

export interface BlackHoleReport {
  readonly kind: 'listening';
  readonly port: number;
}

export type GatewayCommand =
  | {
      readonly kind: 'watch';
      readonly cameras: number;
      readonly port: number;
      readonly blackHolePort: number;
      readonly periodMs: number;
    }
  | { readonly kind: 'status' };

export type GatewayReport =
  | { readonly kind: 'ready' }
  /** Camera ids, and when each was told. */
  | { readonly kind: 'lost'; readonly cameras: readonly number[]; readonly atMs: number }
  | { readonly kind: 'answered'; readonly cameras: readonly number[]; readonly atMs: number }
  | { readonly kind: 'status'; readonly status: SweepStatus };

export interface NaiveReport {
  readonly kind: 'done';
  readonly checks: number;
  readonly processorSeconds: number;
}
