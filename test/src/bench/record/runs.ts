import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, type Figure, measure } from '../report.ts';
import { behaviours } from './camera-server.ts';
import { startFfmpegPeer } from './ffmpeg-peer.ts';
import { cpuSeconds, pssBytes, withDescendants } from './process-usage.ts';
import type { CameraResult } from './recorder-protocol.ts';
import {
  finishRecording,
  look,
  type Simulator,
  type Stage,
  sleep,
  startRecording,
  startSimulator,
  stopSending,
} from './stage.ts';

type Say = (text: string) => void;

export interface RunSizes {
  readonly cameras: number;
  readonly seconds: number;
  readonly segmentMs: number;
}

/** The engine and one ffmpeg per camera at the same time, on cameras of the same simulator. */
export async function runAgainstFfmpeg(
  stage: Stage,
  sizes: RunSizes & { readonly peers: number },
  say: Say,
): Promise<readonly Figure[]> {
  const { cameras, peers, seconds } = sizes;
  const { simulator, urls, bitsPerSecond } = await startSimulator(stage, cameras + peers, 0);
  say(`${cameras} cameras against ${peers} of ffmpeg, ${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s`);
  const recorder = await startRecording(stage, 'peer', urls.slice(0, cameras), sizes.segmentMs);
  const peer = startFfmpegPeer(urls.slice(cameras), join(stage.folder, 'ffmpeg'));
  try {
    for (let waitedMs = 0; peer.writing() < peers && waitedMs < 40_000; waitedMs += 250) {
      await sleep(250);
    }
    await sleep(5000);
    const index = () => withDescendants(stage.database.pid());
    const recorderPids = [recorder.pid];
    const peerPids = peer.pids();
    const before = [recorderPids, index(), peerPids, [simulator.pid]].map(cpuSeconds);
    const startedMs = performance.now();
    await sleep(seconds * 1000);
    const after = [recorderPids, index(), peerPids, [simulator.pid]].map(cpuSeconds);
    const tookS = (performance.now() - startedMs) / 1000;
    const [own = 0, indexing = 0, theirs = 0, playing = 0] = after.map(
      (cpu, at) => (100 * (cpu - (before[at] ?? 0))) / tookS,
    );
    const memory = pssBytes(recorderPids);
    const peerMemory = pssBytes(peerPids);
    const state = await look(recorder);
    const results = await endAndCount(recorder, simulator, cameras);
    const alive = peer.alive();
    say(
      `  recorder ${own.toFixed(1)} %, index ${indexing.toFixed(1)} %, ${alive} ffmpeg ` +
        `${theirs.toFixed(1)} %, simulator ${playing.toFixed(1)} % of one core; ` +
        `${disk(state)}; ${results.text}`,
    );
    return [
      compare(
        'cpu-per-camera',
        (own + indexing) / cameras,
        '% of one core',
        theirs / peerPids.length,
      ),
      compare(
        'memory-per-camera',
        memory / cameras / 1e6,
        'MB',
        peerMemory / peerPids.length / 1e6,
      ),
    ];
  } finally {
    await Promise.all([peer.stop(), recorder.stop(), simulator.stop()]);
    await forget(stage, ['peer', 'ffmpeg']);
  }
}

/** As many cameras as asked for at once: how many of them are on disk to the last frame. */
export async function runDense(
  stage: Stage,
  sizes: RunSizes,
  say: Say,
): Promise<readonly Figure[]> {
  const { cameras, seconds } = sizes;
  say(`${cameras} cameras`);
  const { simulator, urls } = await startSimulator(stage, cameras, 0);
  const beganMs = performance.now();
  const recorder = await startRecording(stage, 'dense', urls, sizes.segmentMs);
  say(`  started within ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  try {
    await look(recorder);
    const before = [[recorder.pid], [simulator.pid]].map(cpuSeconds);
    const startedMs = performance.now();
    await sleep(seconds * 1000);
    const after = [[recorder.pid], [simulator.pid]].map(cpuSeconds);
    const tookS = (performance.now() - startedMs) / 1000;
    const [own = 0, playing = 0] = after.map(
      (cpu, at) => (100 * (cpu - (before[at] ?? 0))) / tookS,
    );
    const memory = pssBytes([recorder.pid]);
    const state = await look(recorder);
    const results = await endAndCount(recorder, simulator, cameras);
    say(
      `  recorder ${own.toFixed(1)} %, simulator ${playing.toFixed(1)} % of one core; loop delay ` +
        `p99 ${state.loopDelayP99Ms.toFixed(0)} ms, most ${state.loopDelayMaxMs.toFixed(0)} ms; ` +
        `${disk(state)}; ${results.text}`,
    );
    return [
      measure('cameras-recorded', results.whole, 'cameras'),
      measure('frames-lost', results.lostFrames, 'frames'),
      measure('cpu-per-camera-dense', own / cameras, '% of one core'),
      measure('memory-per-camera-dense', memory / cameras / 1e6, 'MB'),
      measure('simulator-cpu', playing, '% of one core'),
    ];
  } finally {
    await Promise.all([recorder.stop(), simulator.stop()]);
    await forget(stage, ['dense']);
  }
}

/** A camera of each kind of hostility at once among many: what do the others lose? */
export async function runHostile(
  stage: Stage,
  sizes: RunSizes,
  say: Say,
): Promise<readonly Figure[]> {
  const { cameras, seconds } = sizes;
  const calm = cameras - behaviours.length;
  say(`${cameras} cameras, of them hostile: ${behaviours.join(', ')}`);
  const { simulator, urls } = await startSimulator(stage, calm, 0);
  // A flood must cost the others' simulator nothing.
  const hostile = await startSimulator(stage, behaviours.length, calm);
  const recorder = await startRecording(
    stage,
    'hostile',
    [...urls, ...hostile.urls],
    sizes.segmentMs,
  );
  try {
    for (const [camera, behaviour] of behaviours.entries()) {
      hostile.simulator.send({ kind: 'behave', camera, behaviour });
    }
    await sleep(seconds * 1000);
    const state = await look(recorder);
    say(`  ${state.recording} recording, loop delay most ${state.loopDelayMaxMs.toFixed(0)} ms`);
    const results = await endAndCount(recorder, simulator, calm);
    say(`  ${results.text}`);
    const others = calm - results.whole;
    return [
      measure('hostile-neighbour', results.lostFrames, 'frames lost by others'),
      measure('hostile-neighbour-harmed', others, 'cameras'),
    ];
  } finally {
    await Promise.all([recorder.stop(), simulator.stop(), hostile.simulator.stop()]);
    await forget(stage, ['hostile']);
  }
}

/** Compares what the first `cameras` cameras sent with what the chain says is on disk. */
async function endAndCount(
  recorder: Awaited<ReturnType<typeof startRecording>>,
  simulator: Simulator,
  cameras: number,
) {
  const sent = await stopSending(simulator);
  const results = await finishRecording(recorder);
  let lostFrames = 0;
  let whole = 0;
  let sentFrames = 0;
  const wrong: string[] = [];
  for (const result of results.slice(0, cameras)) {
    const frames = sent.frames[result.cameraId - 1] ?? 0;
    sentFrames += frames;
    lostFrames += Math.max(0, frames - result.frames);
    const isWhole = frames > 0 && frames === result.frames && isQuiet(result);
    if (isWhole) whole += 1;
    else wrong.push(`${JSON.stringify(result)} of ${frames}`);
  }
  for (const line of wrong.slice(0, 3)) process.stderr.write(`  not whole: ${line}\n`);
  const text =
    `${lostFrames} of ${sentFrames} frames lost, ${whole} of ${cameras} cameras whole, simulator ` +
    `late by ${sent.latestMs.toFixed(0)} ms at most`;
  return { lostFrames, whole, text };
}

function disk(state: { readonly peakQueuedBytes: number; readonly blockBytes: number }): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return `${mb(state.peakQueuedBytes)} waited for the disk at most, blocks ${mb(state.blockBytes)}`;
}

function isQuiet(result: CameraResult): boolean {
  const { gaps, lossySegments, lostPackets, sessions } = result;
  return gaps.length === 0 && lossySegments === 0 && lostPackets === 0 && sessions === 1;
}

async function forget(stage: Stage, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await rm(join(stage.folder, name), { recursive: true, force: true });
  }
}
