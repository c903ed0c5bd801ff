import { createHash } from 'node:crypto';
import type { CameraModel } from '../camera-models.ts';
import type { FleetCameraPlan, FleetStation } from '../fleet-plan.ts';
import type { Scene } from './scene-painter.ts';

/** How large and long the made streams are. `tiny` is for tests that want their fleet at once. */
export type StreamScale = 'exercise' | 'tiny';

/** Everything that decides the bytes of one camera's made streams. */
export interface StreamRecipe {
  readonly scene: Scene;
  readonly titleLines: readonly string[];
  readonly clockStartS: number;
  readonly main: PictureFormat & { readonly codec: 'H264' | 'H265' };
  readonly sub: PictureFormat;
  readonly framesPerSecond: number;
  readonly gopFrames: number;
  readonly frameCount: number;
  readonly profile: CameraModel['encoder']['profile'];
  readonly slices: number;
  readonly accessUnitDelimiters: boolean;
  readonly audio: boolean;
}

export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly maxKilobits: number;
}

const scales = {
  exercise: {
    main: { width: 1280, height: 720, maxKilobits: 1500 },
    sub: { width: 640, height: 360, maxKilobits: 400 },
    framesPerSecond: 15,
    loopSeconds: 8,
  },
  tiny: {
    main: { width: 320, height: 180, maxKilobits: 300 },
    sub: { width: 160, height: 90, maxKilobits: 100 },
    framesPerSecond: 15,
    loopSeconds: 4,
  },
} as const;

/** The recipe of a camera's streams; tiny ones are shared by all cameras of a model and light. */
export function recipeOf(
  camera: FleetCameraPlan,
  station: FleetStation | undefined,
  model: CameraModel,
  scale: StreamScale,
  shared: boolean,
): StreamRecipe {
  const { main, sub, framesPerSecond, loopSeconds } = scales[scale];
  const common = shared || station === undefined;
  return {
    scene: {
      view: common ? 'COUNT_TABLE' : camera.placement,
      light: camera.light,
      seed: common ? 0 : station.stationNumber,
    },
    titleLines: common
      ? [`${model.name} ${camera.light}`]
      : [`${camera.id} ${camera.placement}`, station.name],
    clockStartS: camera.light === 'day' ? 8 * 3600 : 19 * 3600 + 1800,
    main: { ...main, codec: model.encoder.mainCodec },
    sub,
    framesPerSecond,
    gopFrames: framesPerSecond * model.encoder.gopSeconds,
    frameCount: framesPerSecond * loopSeconds,
    profile: model.encoder.profile,
    slices: model.encoder.slices,
    accessUnitDelimiters: model.encoder.accessUnitDelimiters,
    audio: camera.audio,
  };
}

/** Raised when the same recipe would give other bytes than before. */
const recipeVersion = 1;

/** A short name for a recipe's streams in the cache. */
export function recipeHash(recipe: StreamRecipe): string {
  return createHash('sha256')
    .update(JSON.stringify([recipeVersion, recipe]))
    .digest('hex')
    .slice(0, 16);
}
