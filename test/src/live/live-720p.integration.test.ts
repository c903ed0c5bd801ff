import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFrameIndex } from '../fleet/streams/frame-code.ts';
import { type LiveStage, startLiveStage } from './live-stage.ts';

/** The page's own words (web/src/live/testing/live-page.ts); its types need a DOM. */
declare const livePage: {
  show(cameraId: number, quality: 'main' | 'sub'): number;
  facts(): Promise<
    readonly {
      readonly frames: number;
      readonly stats: {
        readonly packetsLost: number;
        readonly widthPx: number | null;
        readonly freezes: number;
      } | null;
    }[]
  >;
  record(index: number): void;
  recorded(index: number): readonly { readonly luma: readonly number[] }[];
};

let stage: LiveStage;

beforeAll(async () => {
  stage = await startLiveStage({ cameras: 2, scenes: 'exercise', settings: { workers: 1 } });
}, 180_000);
afterAll(async () => {
  await stage?.stop();
});

test('720p pictures of two cameras reach Chromium whole and in order', async () => {
  const page = await stage.newPage();
  for (const cameraId of [1, 2]) await page.evaluate((id) => livePage.show(id, 'main'), cameraId);
  const frames = async () =>
    (await page.evaluate(() => livePage.facts())).map((each) => each.frames);
  await expect
    .poll(async () => Math.min(...(await frames())), { timeout: 20_000 })
    .toBeGreaterThan(5);
  for (const index of [0, 1]) await page.evaluate((at) => livePage.record(at), index);
  const before = await frames();
  await expect
    .poll(
      async () => Math.min(...(await frames()).map((each, index) => each - (before[index] ?? 0))),
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThan(60);
  for (const index of [0, 1]) {
    const recorded = await page.evaluate((at) => livePage.recorded(at), index);
    const numbers = recorded.map((each) => readFrameIndex(Uint8Array.from(each.luma), 320));
    // Each shown picture is a whole one of the loop of 120, and none is shown before an earlier one.
    expect(numbers).not.toContain(null);
    const steps = numbers
      .slice(1)
      .map((number, at) => ((number ?? 0) - (numbers[at] ?? 0) + 120) % 120);
    expect(Math.max(...steps)).toBeLessThan(60);
  }
  for (const shown of await page.evaluate(() => livePage.facts())) {
    expect(shown.stats).toMatchObject({ widthPx: 1280, packetsLost: 0 });
  }
  await page.close();
});
