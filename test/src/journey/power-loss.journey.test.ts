import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { getJson, launchChromium, signIn } from './browser.ts';
import { type Constellation, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { inspectSegment, readChains, segmentsOf } from './footage-check.ts';

/** The power goes for the whole machine while it records; then it is back. */
let fleet: Fleet;
let constellation: Constellation;
let browser: Browser;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 6, scenes: 'tiny' });
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
  });
  browser = await launchChromium();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await constellation?.stop();
  await fleet?.stop();
});

const closedSegments = async () => segmentsOf(await readChains(constellation.footageFolder));

async function recordedCameras(page: Page): Promise<CameraView[]> {
  return eventually(
    'all cameras record',
    async () => {
      const cameras = await getJson<CameraView[]>(page, '/api/cameras');
      return cameras.length === 6 && cameras.every((camera) => camera.recording) && cameras;
    },
    30_000,
  );
}

test('kill -9 of everything: nothing unreadable, index equals disk, recording goes on', async () => {
  const before = await recordedCameras(await signIn(browser, constellation.url, 'supervisor'));
  await eventually(
    'each camera has two closed segments and one under way',
    async () => {
      const segments = await closedSegments();
      return before.every(({ id }) => segments.filter((one) => one.cameraId === id).length >= 2);
    },
    40_000,
  );
  const killedAtMs = Date.now();
  await constellation.kill9();
  await constellation.start();

  const page = await signIn(browser, constellation.url, 'supervisor');
  const cameras = await recordedCameras(page);
  const upAtMs = Date.now();
  await eventually(
    'each camera closed a segment that began after the restart',
    async () => {
      const segments = await closedSegments();
      return cameras.every(({ id }) =>
        segments.some((one) => one.cameraId === id && one.startUs > killedAtMs * 1000),
      );
    },
    40_000,
  );

  for (const { id } of cameras) {
    const entries = (await readChains(constellation.footageFolder))
      .filter((entry) => entry.cameraId === id)
      .sort((a, b) => a.sequence - b.sequence);
    const segments = segmentsOf(entries);
    const cut = segments.filter((one) => one.endUs <= killedAtMs * 1000 + 100_000).at(-1);
    // What was being written when the power went: at most a second of it is lost.
    expect(killedAtMs - (cut?.endUs ?? 0) / 1000).toBeLessThan(1_500);
    const restart = entries.filter((entry) => entry.kind === 'gap' && entry.cause === 'restart');
    expect(restart.some((gap) => Math.abs(gap.startUs - (cut?.endUs ?? 0)) < 1_000_000)).toBe(true);
    for (const segment of [cut, segments.at(-1)]) {
      const file = join(constellation.footageFolder, segment?.path ?? '');
      expect(existsSync(file)).toBe(true);
      const { frames, complaints } = await inspectSegment(file);
      expect(complaints).toBe('');
      expect(frames).toBe(segment?.frames);
    }

    await eventually(
      'the index has what the disk has',
      async () => {
        const timeline = await getJson<Timeline>(
          page,
          `/api/cameras/${id}/timeline?fromMs=${killedAtMs - 600_000}&toMs=${upAtMs}`,
        );
        const indexed = timeline.segments.filter((one) => !one.open && one.startMs < killedAtMs);
        const onDisk = segments.filter((one) => one.startUs < killedAtMs * 1000);
        expect(indexed.map((one) => one.startUs)).toEqual(onDisk.map((one) => one.startUs));
        return true;
      },
      15_000,
    );
  }

  await constellation.end();
  const { code, output } = await constellation.run('verify');
  expect(output).toContain('The footage is intact.');
  expect(code).toBe(0);
});
