import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { getJson, launchChromium, signIn } from './browser.ts';
import { type Constellation, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { readChains } from './footage-check.ts';

/** Four of six cameras misbehave from the first moment, each in its own way. */
let fleet: Fleet;
let constellation: Constellation;
let browser: Browser;
let technician: Page;
let ids: string[] = [];

beforeAll(async () => {
  fleet = await startFleet({ cameras: 6, scenes: 'tiny' });
  ids = fleet.plan.cameras.map(({ id }) => id);
  const [garbage = '', hanging = '', refusing = '', flooding = ''] = ids;
  await fleet.setFault(garbage, { kind: 'garbage-xml' });
  await fleet.setFault(hanging, { kind: 'blackhole' });
  await fleet.setFault(refusing, { kind: 'wrong-password', password: 'changed' });
  await fleet.setFault(flooding, { kind: 'flood' });
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
  });
  browser = await launchChromium();
  technician = await signIn(browser, constellation.url, 'technician');
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await constellation?.stop();
  await fleet?.stop();
});

async function cameraOf(code: string): Promise<CameraDetail> {
  const cameras = await getJson<CameraView[]>(technician, '/api/cameras');
  const camera = cameras.find((one) => one.code === code);
  return getJson<CameraDetail>(technician, `/api/cameras/${camera?.id}`);
}

test('the well-behaved neighbours are online at once and record without a hole', async () => {
  const well = ids.slice(4);
  await eventually(
    'the two others are online and recording',
    async () => {
      const cameras = await Promise.all(well.map(cameraOf));
      return cameras.every((camera) => camera.state === 'ONLINE' && camera.recording);
    },
    15_000,
  );
  const wellIds = (await Promise.all(well.map(cameraOf))).map(({ id }) => id);
  const entries = await eventually(
    'each of them has three segments',
    async () => {
      const all = (await readChains(constellation.footageFolder)).filter(({ cameraId }) =>
        wellIds.includes(cameraId),
      );
      const segments = (id: number) =>
        all.filter((entry) => entry.kind === 'segment' && entry.cameraId === id).length;
      return wellIds.every((id) => segments(id) >= 3) && all;
    },
    40_000,
  );
  // Before its first picture nothing could be recorded, and the chain says so; after it, no hole.
  const later = entries.filter((one) => one.kind === 'gap' && one.sequence > 1);
  expect(later).toEqual([]);
});

test('each misbehaving camera shows a coded fault and what to do about it', async () => {
  const [garbage = '', hanging = '', refusing = '', flooding = ''] = ids;
  const expected = new Map([
    [garbage, /^CAMERA_ANSWER_INVALID$/],
    [hanging, /^CAMERA_(TIMEOUT|UNREACHABLE)$/],
    [refusing, /^CAMERA_AUTH_REFUSED$/],
    [flooding, /^CAMERA_STREAM_INVALID$/],
  ]);
  for (const [code, fault] of expected) {
    const camera = await eventually(
      `${code} says ${fault}`,
      async () => {
        const detail = await cameraOf(code);
        return fault.test(detail.fault ?? '') && detail;
      },
      30_000,
    );
    expect(camera.nextAction).toMatch(/\w{4}/);
    expect(camera.evidence).toMatch(/\w{4}/);
    // In the page as a technician sees it, without a credential.
    await technician.goto(`${constellation.url}/cameras/${camera.id}`);
    await technician
      .getByText(camera.fault ?? 'none', { exact: true })
      .first()
      .waitFor();
    const whole = JSON.stringify(camera) + (await technician.content());
    expect(whole).not.toContain(fleet.plan.cameras[0]?.password);
  }
  expect(constellation.output()).not.toContain(fleet.plan.cameras[0]?.password);
});

test('a camera that was refused is tried once, not again and again', async () => {
  const refusing = fleet.camera(ids[2] ?? '');
  expect(refusing.counters.onvifAuthFailures).toBe(1);
  expect(refusing.counters.rtspAuthFailures).toBeLessThanOrEqual(1);
});

test('cured cameras come back by themselves', async () => {
  const [garbage = '', hanging = '', , flooding = ''] = ids;
  for (const code of [garbage, hanging, flooding]) await fleet.setFault(code, null);
  await eventually(
    'the cured cameras are online',
    async () => {
      const cameras = await Promise.all([garbage, hanging, flooding].map(cameraOf));
      return cameras.every((camera) => camera.state === 'ONLINE' && camera.recording);
    },
    90_000,
  );
});
