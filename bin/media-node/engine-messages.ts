import type { LogLevel } from '@nigehban/config/settings/settings.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { FaultMessage } from '@nigehban/domain/faults.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import type { LinkMethods, NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { ChainHead } from '@nigehban/recorder/chain/camera-chain.ts';
import type { OpenSegment } from '@nigehban/recorder/recorder-types.ts';
import type { LiveMethod } from '@nigehban/relay/relay.ts';
import type { EngineSettings } from './media-engine.ts';

/** What the node asks of an engine's process: method → [params, result]. */
export type EngineMethods = Pick<LinkMethods, LiveMethod> & {
  'open-segment': [params: CameraId, result: OpenSegment | undefined];
  heads: [params: null, result: ReadonlyMap<CameraId, ChainHead>];
};

export type EngineMethod = keyof EngineMethods;

/** Node → process. */
export type EngineOrder =
  | { readonly kind: 'start'; readonly settings: EngineSettings; readonly logLevel: LogLevel }
  | { readonly kind: 'orders'; readonly orders: readonly StreamOrder[] }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: EngineMethod;
      readonly params: unknown;
    }
  | { readonly kind: 'stop' };

/** Process → node. */
export type EngineReport =
  | { readonly kind: 'ready' }
  /** It could not start, and ends. */
  | { readonly kind: 'failed'; readonly fault: FaultMessage }
  | { readonly kind: 'facts'; readonly facts: readonly NodeFact[] }
  | { readonly kind: 'entry'; readonly entry: ChainEntry }
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly fault: FaultMessage }
  /** Its event loop turns. */
  | { readonly kind: 'pulse' };

export const pulseEveryMs = 2_000;
