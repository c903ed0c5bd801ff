import { setTimeout as pause } from 'node:timers/promises';
import type { SweepStatus } from '@nigehban/camera-gateway/sweep/sweep-status.ts';
import { percentile } from '../live/percentile.ts';
import { processCpuSeconds } from '../live/process-cpu.ts';
import { startBenchProcess } from './bench-process.ts';
import { isDead } from './simulated-cameras.ts';
import type { NaiveReport } from './sweep-protocol.ts';
import { type Gateway, type SweepStage, startBenchGateway, waitUntil } from './sweep-stage.ts';

type Say = (text: string) => void;

/** A dead camera that is not told as lost by then counts with this time. */
const patienceMs = 40_000;

export interface Load {
  /** Processor time of the gateway by wall time. */
  readonly coreShare: number;
  readonly checksPerSecond: number;
  /** The longest interval between two checks of a camera, in periods. */
  readonly lateness: number;
}

async function statusOf(gateway: Gateway): Promise<SweepStatus> {
  const report = gateway.process.next('status');
  gateway.process.send({ kind: 'status' });
  return (await report).status;
}

async function measureLoad(
  stage: SweepStage,
  gateway: Gateway,
  forMs: number,
  say: Say,
): Promise<Load> {
  const { responder, periodMs } = stage;
  responder.send({ kind: 'reset' });
  const before = await statusOf(gateway);
  const beganMs = performance.now();
  const cpuBefore = processCpuSeconds(gateway.process.pid);
  await pause(forMs);
  const cpuSeconds = processCpuSeconds(gateway.process.pid) - cpuBefore;
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = await statusOf(gateway);
  const checks = after.asked - before.asked;
  say(
    `  by the gateway: worst interval ${Math.round(after.worstIntervalMs)} ms, ${after.inFlight} of ` +
      `${after.maxInFlight} sockets, ${after.waiting} waiting, ${after.unasked} not asked`,
  );
  const intervals = responder.next('intervals');
  responder.send({ kind: 'measure' });
  const { worstOfCamerasMs } = await intervals;
  return {
    coreShare: cpuSeconds / seconds,
    checksPerSecond: checks / seconds,
    lateness: worstOf(seen(worstOfCamerasMs)) / periodMs,
  };
}

/** Those that drop SYNs are never seen by the process that plays the cameras. */
function seen(intervals: readonly number[]): readonly number[] {
  return intervals.filter((_, camera) => !isDead(camera));
}

function worstOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** One gateway sweeps all cameras: as always, and after all of them fell silent at once. */
export async function runOneGateway(
  stage: SweepStage,
  say: Say,
): Promise<{ normal: Load; cut: Load; cutDetectionSeconds: readonly number[] }> {
  const { periodMs, responder, cameras } = stage;
  const gateway = await startBenchGateway(stage, 'one', 'alone');
  try {
    await pause(periodMs + 12_000);
    say(`one gateway: ${gateway.answered.size} cameras answer, ${gateway.lostAtMs.size} are lost`);
    const normal = await measureLoad(stage, gateway, 2 * periodMs, say);
    const dead = new Set(gateway.lostAtMs.keys());
    say('all cameras fall silent');
    const cutAtMs = Date.now();
    responder.send({ kind: 'silence', cameras: 'all' });
    const cut = await measureLoad(stage, gateway, 2 * periodMs, say);
    await waitUntil(() => gateway.lostAtMs.size >= cameras, 5_000);
    const cutDetectionSeconds = [...gateway.lostAtMs]
      .filter(([cameraId]) => !dead.has(cameraId))
      .map(([, atMs]) => (atMs - cutAtMs) / 1_000);
    say(`${gateway.lostAtMs.size} of ${cameras} were told as lost`);
    return { normal, cut, cutDetectionSeconds };
  } finally {
    await gateway.process.kill();
    responder.send({ kind: 'restore' });
  }
}

/** Three gateways share the cameras; some cameras die, then one gateway is killed. */
export async function runThreeGateways(
  stage: SweepStage,
  victims: number,
  say: Say,
): Promise<{ missed: number; lateness: number; detectionSeconds: readonly number[] }> {
  const { periodMs, responder, cameras } = stage;
  const gateways = await Promise.all(
    ['a', 'b', 'c'].map((name) => startBenchGateway(stage, 'three', name)),
  );
  try {
    // Shares settle within seconds; then each camera is asked once.
    await pause(6_000 + periodMs);
    responder.send({ kind: 'reset' });
    const dying = spread(cameras, victims);
    const diedAtMs = Date.now();
    responder.send({ kind: 'silence', cameras: dying });
    const toldAtMs = (camera: number): number =>
      Math.max(...gateways.map(({ lostAtMs }) => lostAtMs.get(camera + 1) ?? 0));
    const all = await waitUntil(
      () => dying.every((camera) => toldAtMs(camera) >= diedAtMs),
      patienceMs,
    );
    if (!all) say('not every dead camera was told as lost');
    const detectionSeconds = dying.map((camera) => {
      const afterMs = toldAtMs(camera) - diedAtMs;
      return (afterMs < 0 ? patienceMs : afterMs) / 1_000;
    });
    say(`${dying.length} cameras died, p99 ${percentile(detectionSeconds, 0.99)} s`);
    for (const gateway of gateways) {
      const status = await statusOf(gateway);
      const { cameras: held, worstIntervalMs, inFlight, waiting, stalls, unasked } = status;
      say(
        `  a gateway holds ${held} cameras: worst interval ${Math.round(worstIntervalMs)} ms, ` +
          `${inFlight} sockets, ${waiting} waiting, ${stalls} stalls, ${unasked} not asked`,
      );
    }
    await gateways[1]?.process.kill();
    say('one of three gateways is killed');
    await pause(9_000 + 1.5 * periodMs);
    const intervals = responder.next('intervals');
    responder.send({ kind: 'measure' });
    const periods = seen((await intervals).worstOfCamerasMs).map((worstMs) => worstMs / periodMs);
    // A check counts as missed once the next one is later than the bar for lateness allows.
    const missed = periods.map((worst) => Math.max(0, Math.ceil(worst - 1.3)));
    say(`${missed.filter((count) => count > 0).length} cameras missed a check`);
    return { missed: worstOf(missed), lateness: worstOf(periods), detectionSeconds };
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.process.kill()));
    responder.send({ kind: 'restore' });
  }
}

function spread(cameras: number, count: number): readonly number[] {
  const step = cameras / count;
  return Array.from({ length: count }, (_, at) => Math.floor(at * step))
    .map((camera) => (isDead(camera) ? camera + 1 : camera))
    .filter((camera) => camera < cameras);
}

/** Processor seconds of a thousand checks by `fetch`. */
export async function measureNaiveCheck(stage: SweepStage): Promise<number> {
  const child = startBenchProcess<never, NaiveReport>('naive-process.ts', [
    String(stage.port),
    String(Math.min(stage.cameras, 6_000)),
  ]);
  const { checks, processorSeconds } = await child.next('done');
  return (processorSeconds / checks) * 1_000;
}
