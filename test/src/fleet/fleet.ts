import { availableParallelism } from 'node:os';
import { SimulatedCamera } from './camera.ts';
import { cameraModelNamed } from './camera-models.ts';
import { startControlApi } from './control-api.ts';
import { listenForMulticast } from './discovery.ts';
import { exercisePlan, generatedPlan } from './exercise-plan.ts';
import { type CameraFault, parseFaults } from './faults.ts';
import { defaultAddressing, type FleetAddressing, type FleetPlan } from './fleet-plan.ts';
import { type CameraClips, loadClips } from './streams/clip.ts';
import { defaultStreamCache, makeStreams, type StreamProgress } from './streams/make-streams.ts';
import { recipeHash, recipeOf, type StreamScale } from './streams/stream-recipe.ts';
import { TimerWheel } from './timer-wheel.ts';

export interface FleetOptions {
  /** The default exercise, a number of cameras that share a few scenes, or a plan of one's own. */
  readonly cameras: 'exercise' | number | FleetPlan;
  /** Default: `tiny` for a number of cameras, `exercise` else. */
  readonly scenes?: StreamScale;
  /** Default: a random part of 127.0.0.0/8 for tests side by side; ports 8000 and 8554. */
  readonly addressing?: Partial<FleetAddressing>;
  /** Default: 0, any free port. */
  readonly controlPort?: number;
  readonly cacheFolder?: string;
  readonly onProgress?: StreamProgress;
  /** Answer multicast probes on the loopback interface. Default: true. */
  readonly multicast?: boolean;
  /** Instead of the models' 60 s. */
  readonly rtspSessionTimeoutMs?: number;
  /** Instead of the models' own, from 60 s up. */
  readonly rtspNonceLifetimeMs?: number;
  /** How long a camera is away after SystemReboot. Default: 3 s. */
  readonly rebootMs?: number;
}

/** A running fleet. */
export interface Fleet {
  readonly plan: FleetPlan;
  readonly cameras: readonly SimulatedCamera[];
  /** Base of the control API, without a slash at the end. */
  readonly controlUrl: string;
  /** The camera of this id. Throws a RangeError when there is none. */
  camera(cameraId: string): SimulatedCamera;
  /** Replaces a camera's faults by one, several, or (`null`) none. */
  setFault(cameraId: string, fault: CameraFault | readonly CameraFault[] | null): Promise<void>;
  /** Closes every socket; settles when all are closed. */
  stop(): Promise<void>;
}

function randomBaseAddress(): string {
  const part = () => 1 + Math.floor(Math.random() * 250);
  return `127.${20 + Math.floor(Math.random() * 230)}.${part()}.1`;
}

function planOf(options: FleetOptions, addressing: FleetAddressing): FleetPlan {
  if (options.cameras === 'exercise') return exercisePlan(addressing);
  if (typeof options.cameras === 'number') return generatedPlan(options.cameras, addressing);
  return options.cameras;
}

/**
 * Makes the streams that the cache lacks and plays the cameras until `stop`. Throws when ffmpeg
 * fails or an address is taken; whatever was started by then is stopped again.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const plan = planOf(options, {
    ...defaultAddressing,
    baseAddress: randomBaseAddress(),
    ...options.addressing,
  });
  const isShared = typeof options.cameras === 'number' || options.scenes === 'tiny';
  const scale = options.scenes ?? (typeof options.cameras === 'number' ? 'tiny' : 'exercise');
  const stations = new Map(plan.stations.map((station) => [station.id, station]));
  const casts = plan.cameras.map((camera) => {
    const model = cameraModelNamed(camera.modelName);
    const station = stations.get(camera.stationId);
    return { camera, model, recipe: recipeOf(camera, station, model, scale, isShared) };
  });
  const folders = await makeStreams(
    casts.map(({ recipe }) => recipe),
    options.cacheFolder ?? defaultStreamCache(process.env),
    Math.min(4, availableParallelism()),
    options.onProgress ?? (() => {}),
  );

  const startMs = Date.now();
  const startTick = performance.now();
  const now = () => startMs + performance.now() - startTick;
  const wheel = new TimerWheel(now);
  const loaded = new Map<string, CameraClips>();
  const cameras: SimulatedCamera[] = [];
  for (const { camera, model, recipe } of casts) {
    const { repeatsParameterSets } = model.encoder;
    const hash = recipeHash(recipe);
    const key = `${hash} ${repeatsParameterSets}`;
    const clips =
      loaded.get(key) ?? (await loadClips(recipe, folders.get(hash) ?? '', repeatsParameterSets));
    loaded.set(key, clips);
    cameras.push(
      new SimulatedCamera(camera, model, clips, {
        wheel,
        now,
        random: Math.random,
        // Cameras were switched on at different moments: their frames do not fall together.
        epochMs: startMs - Math.random() * 10_000,
        rtspSessionTimeoutMs: options.rtspSessionTimeoutMs ?? null,
        rtspNonceLifetimeMs: options.rtspNonceLifetimeMs ?? null,
        rebootMs: options.rebootMs ?? 3000,
      }),
    );
  }
  const byId = new Map(cameras.map((camera) => [camera.plan.id, camera]));
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(closers.map((close) => close()));
    await Promise.all(cameras.map((camera) => camera.stop()));
    wheel.stop();
  };
  const camera = (cameraId: string) => {
    const found = byId.get(cameraId);
    if (found === undefined) throw new RangeError(`the fleet has no camera ${cameraId}`);
    return found;
  };
  try {
    for (const one of cameras) await one.start();
    if (options.multicast !== false) {
      closers.push(await listenForMulticast(cameras.map(({ discovery }) => discovery)));
    }
    const control = await startControlApi(cameras, options.controlPort ?? 0);
    closers.push(control.stop);
    return {
      plan,
      cameras,
      controlUrl: control.url,
      camera,
      setFault: (cameraId, fault) => camera(cameraId).setFaults(parseFaults(fault)),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
