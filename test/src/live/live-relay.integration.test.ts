import { streamSource } from '@nigehban/relay/streams/production-table.ts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LiveStage, startLiveStage } from './live-stage.ts';

/** The page's own words (web/src/live/testing/live-page.ts); its types need a DOM. */
interface Shown {
  readonly state: string;
  readonly fault: string | null;
  readonly quality: 'main' | 'sub' | null;
  readonly frames: number;
  readonly firstFrameMs: number | null;
  readonly sinceFrameMs: number | null;
  readonly watches: number;
  readonly stats: { readonly framesDecoded: number; readonly packetsLost: number } | null;
}

declare const livePage: {
  show(cameraId: number, quality: 'main' | 'sub'): number;
  hide(index: number): void;
  facts(): Promise<readonly Shown[]>;
  pause(index: number): Promise<void>;
  resume(index: number): Promise<void>;
};

let stage: LiveStage;
const pages: Page[] = [];

beforeAll(async () => {
  stage = await startLiveStage({ settings: { workers: 2, lingerMs: 500 } });
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  await expect.poll(() => stage.relay.counters().streams.length, { timeout: 10_000 }).toBe(0);
});
afterAll(async () => {
  await stage?.stop();
});

async function openPage(): Promise<Page> {
  const page = await stage.newPage();
  pages.push(page);
  return page;
}

function cameraOf(modelName: string): number {
  const index = stage.fleet.cameras.findIndex(({ plan }) => plan.modelName === modelName);
  if (index < 0) throw new Error(`no ${modelName}`);
  return index + 1;
}

const show = (page: Page, cameraId: number, quality: 'main' | 'sub'): Promise<number> =>
  page.evaluate(([id, asked]) => livePage.show(id, asked), [cameraId, quality] as const);
const facts = (page: Page): Promise<readonly Shown[]> => page.evaluate(() => livePage.facts());

/** Waits until a picture has shown `frames` more frames than now. */
async function framesRise(page: Page, index: number, frames: number): Promise<void> {
  const before = (await facts(page))[index]?.frames ?? 0;
  await expect
    .poll(async () => (await facts(page))[index]?.frames ?? 0, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(before + frames);
}

test.each([
  ['baseline', 'KV-2100'],
  ['High', 'NL-D40'],
  ['Main in four slices', 'TQ-6IR'],
  ['baseline with parameter sets in the SDP alone', 'SB-720E'],
])('Chromium shows H.264 %s', async (_, modelName) => {
  const page = await openPage();
  const index = await show(page, cameraOf(modelName), 'main');
  await framesRise(page, index, 45);
  const shown = (await facts(page))[index];
  expect(shown).toMatchObject({ state: 'playing', quality: 'main', watches: 1 });
  expect(shown?.stats).toMatchObject({ packetsLost: 0 });
});

test('a main stream in H.265 is served by its sub-stream', async () => {
  const page = await openPage();
  const index = await show(page, cameraOf('NL-H65'), 'main');
  await framesRise(page, index, 15);
  expect((await facts(page))[index]).toMatchObject({ state: 'playing', quality: 'sub' });
});

test('late joiners share the pull and the producer, and leaving releases both', async () => {
  const cameraId = cameraOf('NL-D40');
  const first = await openPage();
  await framesRise(first, await show(first, cameraId, 'sub'), 20);
  const second = await openPage();
  await framesRise(second, await show(second, cameraId, 'sub'), 20);
  const third = await show(first, cameraId, 'sub');
  await framesRise(first, third, 20);
  expect(stage.relay.counters().streams).toMatchObject([{ cameraId, viewers: 3, watching: 3 }]);
  expect(stage.fleet.cameras[cameraId - 1]?.status().rtspSessions).toBe(1);
  const askedMs = stage.told.keyFramesWanted
    .filter((wish) => wish.cameraId === cameraId && wish.quality === 'sub')
    .map((wish) => wish.atMs);
  for (const [index, atMs] of askedMs.slice(1).entries()) {
    expect(atMs - (askedMs[index] ?? 0)).toBeGreaterThanOrEqual(990);
  }

  await first.evaluate((index) => livePage.hide(index), third);
  await expect.poll(() => stage.relay.counters().streams[0]?.viewers).toBe(2);
  await first.close();
  await second.close();
  await expect
    .poll(() => stage.relay.counters(), { timeout: 5_000 })
    .toMatchObject({
      viewers: 0,
      views: 0,
      streams: [],
    });
  await expect.poll(() => stage.fleet.cameras[cameraId - 1]?.status().rtspSessions).toBe(0);
});

test('a wall of nine uses one connection per worker', async () => {
  const page = await openPage();
  const indexes: number[] = [];
  for (let cameraId = 1; cameraId <= 9; cameraId += 1) {
    indexes.push(await show(page, cameraId, 'sub'));
  }
  for (const index of indexes) await framesRise(page, index, 10);
  expect(stage.relay.counters()).toMatchObject({ viewers: 1, views: 9 });
});

test('a camera that refuses a second session is shown by the stream that is recorded', async () => {
  const cameraId = cameraOf('SB-720E');
  const order = stage.orders.get(cameraId);
  const source = order === undefined ? undefined : streamSource(order, 'main');
  if (order === undefined || source === undefined) throw new Error('no camera');
  const recording = stage.hub.subscribe(source, {
    onStart: () => {},
    onRtp: () => {},
    onSenderReport: () => {},
    onStop: () => {},
  });
  await expect.poll(() => stage.hub.status(source.key)?.state.kind).toBe('flowing');
  await stage.fleet.setFault(order.cameraCode, { kind: 'rtsp-453' });
  const page = await openPage();
  const index = await show(page, cameraId, 'sub');
  await framesRise(page, index, 15);
  expect((await facts(page))[index]).toMatchObject({ state: 'playing', quality: 'main' });
  expect(stage.hub.status(source.key)?.counters.sessions).toBe(1);
  await stage.fleet.setFault(order.cameraCode, null);
  recording.close();
});

test('a paused view gets nothing, and goes on at once', async () => {
  const page = await openPage();
  const index = await show(page, cameraOf('KV-2100'), 'sub');
  await framesRise(page, index, 10);
  await page.evaluate((at) => livePage.pause(at), index);
  await expect.poll(() => stage.relay.counters().streams[0]?.watching).toBe(0);
  const forwarded = stage.relay.counters().streams[0]?.forwardedPackets;
  await expect.poll(async () => (await facts(page))[index]?.sinceFrameMs).toBeGreaterThan(800);
  expect(stage.relay.counters().streams[0]?.forwardedPackets).toBe(forwarded);
  await page.evaluate((at) => livePage.resume(at), index);
  await framesRise(page, index, 10);
});

test('a killed worker is replaced, its viewers come back, the other worker never notices', async () => {
  const page = await openPage();
  const indexes = [];
  for (let cameraId = 1; cameraId <= 6; cameraId += 1) {
    indexes.push(await show(page, cameraId, 'sub'));
  }
  for (const index of indexes) await framesRise(page, index, 5);
  const [victim] = stage.relay.workerPids();
  if (victim === undefined) throw new Error('no worker');
  const restarts = stage.relay.counters().workerRestarts;
  const told = stage.told.closed.length;
  process.kill(victim, 'SIGKILL');
  await expect
    .poll(() => stage.relay.counters().workerRestarts, { timeout: 10_000 })
    .toBe(restarts + 1);
  expect(stage.relay.workerPids()).not.toContain(victim);
  for (const index of indexes) await framesRise(page, index, 15);
  expect(stage.told.closed.length).toBe(told + 1);
  const watches = (await facts(page)).map((shown) => shown.watches);
  expect(watches).toContain(1);
  expect(watches).toContain(2);
});

test('a camera that is unplugged is offline by code, and back by itself', async () => {
  const cameraId = cameraOf('KV-2100');
  const camera = stage.fleet.cameras[cameraId - 1];
  if (camera === undefined) throw new Error('no camera');
  const page = await openPage();
  const index = await show(page, cameraId, 'sub');
  await framesRise(page, index, 10);
  await stage.fleet.setFault(camera.plan.id, { kind: 'unplugged' });
  const other = await show(page, cameraId, 'main');
  await expect
    .poll(async () => (await facts(page))[other], { timeout: 15_000 })
    .toMatchObject({ state: 'waiting', fault: 'LIVE_UNAVAILABLE' });
  await stage.fleet.setFault(camera.plan.id, null);
  // The producer outlives the camera's session: the first view goes on without joining again.
  await framesRise(page, index, 15);
  expect((await facts(page))[index]?.watches).toBe(1);
  await framesRise(page, other, 10);
});
