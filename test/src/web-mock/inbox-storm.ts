import type { Page } from 'playwright-core';
import type { MockServer } from './mock-server.ts';

/** How a province goes dark in the mock: every station's first camera, told in batches. */
export interface StormOptions {
  readonly stations: number;
  readonly batches: number;
  readonly everyMs: number;
}

/** Changes as the server tells them: camera, station and alert of each, gathered. */
function batchesOf(server: MockServer, options: StormOptions): readonly (readonly object[])[] {
  const { fleet } = server;
  const nowMs = Date.now();
  const perBatch = Math.ceil(options.stations / options.batches);
  const first = new Map<string, number>();
  for (const camera of fleet.cameras) {
    if (!first.has(camera.stationCode)) first.set(camera.stationCode, camera.id);
  }
  const ids = [...first.values()].slice(0, options.stations);
  const batches: object[][] = [];
  for (const [index, id] of ids.entries()) {
    const { camera, station, alert } = fleet.setCamera(
      id,
      'UNREACHABLE',
      'CAMERA_UNREACHABLE',
      nowMs,
    );
    const batch = batches[Math.floor(index / perBatch)] ?? [];
    batches[Math.floor(index / perBatch)] = batch;
    batch.push(
      { type: 'camera', ...camera },
      { type: 'station', ...station },
      { type: 'alert', alert: { ...alert } },
    );
  }
  return batches;
}

/** Plays the storm to every console; ends when the last batch is sent. */
export async function playStorm(server: MockServer, options: StormOptions): Promise<void> {
  for (const messages of batchesOf(server, options)) {
    server.push({ type: 'batch', messages });
    await new Promise((resolve) => setTimeout(resolve, options.everyMs));
  }
}

export interface TaskFigures {
  /** The longest task of the page's main thread: time on a core, and time that passed. */
  readonly longestCpuMs: number;
  readonly longestWallMs: number;
  /** Tasks with more than 100 ms on a core. */
  readonly over100Ms: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly pid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * Runs something and tells of the tasks that it cost the page's main thread, from the browser's own
 * trace. Time on a core says what the page does, also on a machine that others are using.
 */
export async function traceTasks(page: Page, run: () => Promise<unknown>): Promise<TaskFigures> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('no browser to trace');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await run();
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as {
    traceEvents: readonly TraceEvent[];
  };
  const mains = new Set(
    traceEvents
      .filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' && name.endsWith('RunTask') && mains.has(`${pid} ${tid}`),
  );
  const cpuMs = tasks.map((task) => (task.tdur ?? 0) / 1_000);
  if (!cpuMs.some((ms) => ms > 0)) throw new Error('the trace tells no time on a core');
  return {
    longestCpuMs: Math.max(0, ...cpuMs),
    longestWallMs: Math.max(0, ...tasks.map((task) => (task.dur ?? 0) / 1_000)),
    over100Ms: cpuMs.filter((ms) => ms > 100).length,
  };
}
