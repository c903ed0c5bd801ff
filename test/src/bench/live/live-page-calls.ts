import type { Page } from 'playwright-core';

interface ShownFacts {
  readonly state: string;
  readonly fault: string | null;
  readonly quality: string | null;
  readonly frames: number;
  readonly firstFrameMs: number | null;
}

export interface RecordedFrame {
  readonly atMs: number;
  readonly widthPx: number;
  readonly luma: readonly number[];
}

/** The page's own words (web/src/live/testing/live-page.ts); its types need a DOM. */
declare const livePage: {
  show(cameraId: number, quality: 'main' | 'sub'): number;
  hide(index: number): void;
  facts(): Promise<readonly ShownFacts[]>;
  record(index: number): void;
  recorded(index: number): readonly RecordedFrame[];
  nowMs(): number;
};

export const showCamera = (page: Page, cameraId: number, quality: 'main' | 'sub') =>
  page.evaluate(([id, asked]) => livePage.show(id, asked), [cameraId, quality] as const);

export const hidePicture = (page: Page, index: number) =>
  page.evaluate((at) => livePage.hide(at), index);

export const recordPicture = (page: Page, index: number) =>
  page.evaluate((at) => livePage.record(at), index);

export const recordedFrames = (page: Page, index: number) =>
  page.evaluate((at) => livePage.recorded(at), index);

/** Milliseconds from the wish to the first frame, once it is there. Throws when none comes in time. */
export async function firstFrameOf(
  page: Page,
  index: number,
  withinMs: number,
): Promise<{ readonly firstFrameMs: number; readonly quality: string | null }> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const facts = (await page.evaluate(() => livePage.facts()))[index];
    const { firstFrameMs = null, quality = null } = facts ?? {};
    if (firstFrameMs !== null) return { firstFrameMs, quality };
    if (performance.now() > endMs) throw new Error(`no picture: ${JSON.stringify(facts)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What to add to the page's clock to get this process's `performance.now()`. */
export async function pageClockOffsetMs(page: Page): Promise<number> {
  let shortestMs = Number.POSITIVE_INFINITY;
  let offsetMs = 0;
  for (let round = 0; round < 30; round += 1) {
    const askedMs = performance.now();
    const pageMs = await page.evaluate(() => livePage.nowMs());
    const answeredMs = performance.now();
    if (answeredMs - askedMs >= shortestMs) continue;
    shortestMs = answeredMs - askedMs;
    offsetMs = (askedMs + answeredMs) / 2 - pageMs;
  }
  return offsetMs;
}
