import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedPostgres } from '@nigehban/config/embedded/postgres.ts';
import { recorderProcessOptions } from '@nigehban/recorder/process-options.ts';
import { openDatabase } from '@nigehban/server/store/database.ts';
import { migrate } from '@nigehban/server/store/migrate.ts';
import { type BenchChild, startBenchChild } from './bench-child.ts';
import { makeClip } from './clip.ts';
import type { CameraResult, RecorderCommand, RecorderReport } from './recorder-protocol.ts';
import type { SimulatorCommand, SimulatorReport } from './simulator-protocol.ts';

export type Simulator = BenchChild<SimulatorCommand, SimulatorReport>;
export type RecorderProcess = BenchChild<RecorderCommand, RecorderReport>;

/** What all runs of the benchmark share: a clip, a folder for footage, an index. */
export interface Stage {
  readonly folder: string;
  readonly database: EmbeddedServer;
  /** Options of the recorder's Node, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
  readonly clipFile: string;
}

export async function openStage(
  parentFolder: string,
  nodeOptions: readonly string[],
): Promise<Stage> {
  await mkdir(parentFolder, { recursive: true });
  const folder = await mkdtemp(join(parentFolder, 'nigehban-bench-'));
  const clipFile = join(folder, 'clip.h264');
  await writeFile(clipFile, await makeClip());
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await startEmbeddedPostgres({ dataFolder: join(folder, 'data'), log });
  const sql = openDatabase(database.url);
  await migrate(sql);
  await sql.end();
  return { folder, database, nodeOptions, clipFile };
}

export async function closeStage(stage: Stage): Promise<void> {
  await stage.database.stop();
  await rm(stage.folder, { recursive: true, force: true });
}

/** Starts a process that plays cameras, each on an address of its own below 127.30.0.0/16. */
export async function startSimulator(stage: Stage, cameras: number, firstAddress: number) {
  const simulator: Simulator = startBenchChild('simulator.ts', [
    stage.clipFile,
    String(cameras),
    String(firstAddress),
  ]);
  const { urls, bitsPerSecond } = await simulator.next('listening');
  return { simulator, urls, bitsPerSecond };
}

/** Cameras that are not recorded by then count as lost. */
const startPatienceMs = 45_000;

/** Starts the recorder's process with cameras 1 to n and waits until it records them all. */
export async function startRecording(
  stage: Stage,
  name: string,
  urls: readonly string[],
  segmentMs: number,
): Promise<RecorderProcess> {
  const recorder: RecorderProcess = startBenchChild('recorder-process.ts', [], {
    execArgv: [...recorderProcessOptions, ...stage.nodeOptions],
  });
  await recorder.next('ready');
  const started = recorder.next('started');
  recorder.send({
    kind: 'record',
    job: {
      footageFolder: join(stage.folder, name),
      nodeId: name,
      databaseUrl: stage.database.url,
      segmentMs,
      cameras: urls.map((url, index) => ({ cameraId: index + 1, url })),
    },
  });
  await started;
  const startedMs = performance.now();
  while (performance.now() - startedMs < startPatienceMs) {
    const state = await look(recorder);
    if (state.recording >= urls.length) break;
    await sleep(250);
  }
  return recorder;
}

export async function look(recorder: RecorderProcess) {
  const state = recorder.next('state');
  recorder.send({ kind: 'look' });
  return await state;
}

export async function stopSending(simulator: Simulator) {
  const sent = simulator.next('sent');
  simulator.send({ kind: 'stop-sending' });
  return await sent;
}

/** Lets the recorder take what is on its way, then end in order. */
export async function finishRecording(recorder: RecorderProcess): Promise<readonly CameraResult[]> {
  let packets = -1;
  for (let quiet = 0; quiet < 3; ) {
    const state = await look(recorder);
    quiet = state.packets === packets ? quiet + 1 : 0;
    packets = state.packets;
    await sleep(100);
  }
  const done = recorder.next('done', 120_000);
  recorder.send({ kind: 'finish' });
  const { cameras } = await done;
  return cameras;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
