import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { SimulatedCamera } from './camera.ts';
import { type CameraModel, cameraModelNamed } from './camera-models.ts';
import { bindDiscovery, parseProbe } from './discovery.ts';
import { generatedPlan } from './exercise-plan.ts';
import type { CameraFault } from './faults.ts';
import type { FleetCameraPlan, FleetPlan } from './fleet-plan.ts';
import { type CameraClips, loadClips } from './streams/clip.ts';
import { defaultStreamCache, makeStreams } from './streams/make-streams.ts';
import { recipeHash, recipeOf } from './streams/stream-recipe.ts';
import { TimerWheel } from './timer-wheel.ts';

export interface CrowdOptions {
  readonly cameras: number;
  /** Default: 127.64.0.1. */
  readonly baseAddress?: string;
  /** Of all cameras; default: any free one. */
  readonly httpPort?: number;
  /** How many answer WS-Discovery: each needs a descriptor. The others are found by HTTP alone. */
  readonly answerDiscovery?: number;
}

/** A province of cameras in one process: ONVIF and discovery, no streams. */
export interface Crowd {
  readonly plan: FleetPlan;
  readonly httpPort: number;
  /** Cameras that were asked something so far: the others are not more than their line in the plan. */
  readonly awake: () => number;
  /** Wrong passwords that all cameras together saw. */
  readonly wrongPasswords: () => number;
  stop(): Promise<void>;
}

/** Models as a province buys them: many of few makes. */
export const crowdModels = [
  ...['KV-2100', 'NL-D40', 'TQ-6IR', 'KV-2100', 'SB-720E', 'NL-D40', 'PX-9T', 'KV-2100'],
  ...['TQ-6IR', 'NL-H65', 'RS-1', 'NL-D40'],
];

/** What is wrong with some of them: one in this many, beginning with this one. */
const crowdFaults: readonly (readonly [every: number, first: number, fault: CameraFault])[] = [
  [50, 7, { kind: 'clock-offset', offsetMs: -5 * 3_600_000 }],
  [40, 11, { kind: 'slow-answer', delayMs: 250 }],
  [200, 13, { kind: 'wrong-password' }],
  [1_000, 17, { kind: 'garbage-xml' }],
  [1_000, 19, { kind: 'blackhole' }],
];

/** The faults of a crowd's camera: a function of its place in the plan. */
export function crowdFaultsOf(index: number): CameraFault[] {
  return crowdFaults.flatMap(([every, first, fault]) => (index % every === first ? [fault] : []));
}

/** Starts a crowd. Cameras come into being when they are first asked something. */
export async function startCrowd(options: CrowdOptions): Promise<Crowd> {
  const startMs = Date.now();
  const startTick = performance.now();
  const now = () => startMs + performance.now() - startTick;
  const wheel = new TimerWheel(now);
  const cameras = new Map<string, SimulatedCamera>();
  let indexes = new Map<string, number>();
  let plan: FleetPlan = { stations: [], cameras: [] };
  const clips = new Map<string, CameraClips>();
  const clipsKey = ({ modelName, light }: FleetCameraPlan) => `${modelName} ${light}`;

  const cameraAt = (address: string | undefined): SimulatedCamera | null => {
    const known = cameras.get(address ?? '');
    if (known !== undefined) return known;
    const index = indexes.get(address ?? '');
    const camera = index === undefined ? undefined : plan.cameras[index];
    if (camera === undefined || index === undefined) return null;
    const own = clips.get(clipsKey(camera));
    if (own === undefined) return null;
    const made = new SimulatedCamera(camera, cameraModelNamed(camera.modelName), own, {
      ...{ wheel, now, random: Math.random, epochMs: startMs },
      ...{ rtspSessionTimeoutMs: null, rtspNonceLifetimeMs: null, rebootMs: 3_000 },
    });
    made.presetFaults(crowdFaultsOf(index));
    cameras.set(camera.address, made);
    return made;
  };

  const server = createServer((request, response) => {
    const camera = cameraAt(request.socket.localAddress);
    if (camera === null) request.socket.resetAndDestroy();
    else camera.serveOnvif(request, response);
  });
  server.keepAliveTimeout = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const port = options.httpPort ?? 0;
    server.listen({ host: '0.0.0.0', port, backlog: 4_096 }, () => resolve());
  });
  const { port: httpPort } = server.address() as AddressInfo;
  const baseAddress = options.baseAddress ?? '127.64.0.1';
  plan = generatedPlan(options.cameras, { baseAddress, httpPort, rtspPort: 8554 }, crowdModels);
  indexes = new Map(plan.cameras.map(({ address }, index) => [address, index]));
  await loadAllClips(plan, clips, clipsKey);

  const sockets: Socket[] = [];
  for (const { address } of plan.cameras.slice(0, options.answerDiscovery ?? 0)) {
    const socket = createSocket({ type: 'udp4' });
    await bindDiscovery(socket, address);
    socket.on('message', (datagram, from) => {
      const probe = parseProbe(datagram);
      if (probe !== null) cameraAt(address)?.discovery.answer(probe, from, socket);
    });
    sockets.push(socket);
  }
  return {
    plan,
    httpPort,
    awake: () => cameras.size,
    wrongPasswords: () =>
      [...cameras.values()].reduce((sum, { counters }) => sum + counters.onvifAuthFailures, 0),
    async stop() {
      for (const socket of sockets) socket.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      wheel.stop();
    },
  };
}

async function loadAllClips(
  plan: FleetPlan,
  clips: Map<string, CameraClips>,
  keyOf: (camera: FleetCameraPlan) => string,
): Promise<void> {
  const kinds = new Map(plan.cameras.map((camera) => [keyOf(camera), camera]));
  const recipes = [...kinds].map(([key, camera]) => {
    const model: CameraModel = cameraModelNamed(camera.modelName);
    return { key, model, recipe: recipeOf(camera, undefined, model, 'tiny', true) };
  });
  const folders = await makeStreams(
    recipes.map(({ recipe }) => recipe),
    defaultStreamCache(process.env),
    Math.min(2, availableParallelism()),
    () => {},
  );
  for (const { key, model, recipe } of recipes) {
    const folder = folders.get(recipeHash(recipe)) ?? '';
    clips.set(key, await loadClips(recipe, folder, model.encoder.repeatsParameterSets));
  }
}
