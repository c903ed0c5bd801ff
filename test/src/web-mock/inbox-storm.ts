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

/** Counts, from here on, the page's tasks of more than 50 ms and the time from frame to frame. */
export async function watchTasks(page: Page): Promise<void> {
  // As text: the tests' types know no DOM.
  await page.evaluate(`(() => {
    const watch = { tasks: [], frames: [], last: performance.now() };
    globalThis.nigehbanWatch = watch;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) watch.tasks.push(entry.duration);
    }).observe({ type: 'longtask' });
    const frame = (now) => {
      watch.frames.push(now - watch.last);
      watch.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })()`);
}

export interface TaskFigures {
  /** Durations of tasks of more than 50 ms, the longest first, milliseconds. */
  readonly tasksMs: readonly number[];
  readonly frameP50Ms: number;
  readonly frameP95Ms: number;
}

/** What {@link watchTasks} has seen since the last reading. */
export async function readTasks(page: Page): Promise<TaskFigures> {
  const seen = await page.evaluate<{ tasks: number[]; frames: number[] }>(`(() => {
    const { tasks, frames } = globalThis.nigehbanWatch;
    globalThis.nigehbanWatch.tasks = [];
    globalThis.nigehbanWatch.frames = [];
    return { tasks, frames };
  })()`);
  const frames = seen.frames.sort((a, b) => a - b);
  const at = (share: number) => frames[Math.floor(frames.length * share)] ?? 0;
  return {
    tasksMs: seen.tasks.sort((a, b) => b - a),
    frameP50Ms: at(0.5),
    frameP95Ms: at(0.95),
  };
}
