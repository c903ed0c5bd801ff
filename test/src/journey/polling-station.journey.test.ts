import { join } from 'node:path';
import type { AuditPage } from '@nigehban/domain/api/audit-types.ts';
import type {
  AlertView,
  CameraDetail,
  CameraView,
  DiscoveryView,
} from '@nigehban/domain/api/http-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { generatedPlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import type { FleetPlan } from '../fleet/fleet-plan.ts';
import { readFrameIndex } from '../fleet/streams/frame-code.ts';
import {
  decodedFrames,
  getJson,
  heardEnergy,
  launchChromium,
  postJson,
  signIn,
  videoLuma,
  watchPeers,
} from './browser.ts';
import { type Constellation, type Form, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { inspectSegment, readChains, segmentsOf } from './footage-check.ts';

/**
 * The walking skeleton, as the people of a control room and a technician walk it: find the cameras,
 * watch them, trust the recording, play it back, and hear of a camera that is unplugged.
 */
const forms: readonly {
  readonly form: Form;
  readonly scenes: 'exercise' | 'tiny';
  readonly planned: number | FleetPlan;
}[] = [
  { form: 'one process', scenes: 'exercise', planned: 6 },
  { form: 'a process for each role', scenes: 'tiny', planned: planWithSound(6) },
];

/** The fourth camera has a microphone. */
function planWithSound(cameraCount: number): FleetPlan {
  const plan = generatedPlan(cameraCount);
  const cameras = plan.cameras.map((camera, index) => ({ ...camera, audio: index === 3 }));
  return { ...plan, cameras };
}

describe.each(forms)('a polling station, $form', ({ form, scenes, planned }) => {
  let fleet: Fleet;
  let constellation: Constellation;
  let browser: Browser;
  let operator: Page;
  let supervisor: Page;
  /** Fleet id → camera of the API. */
  const cameras = new Map<string, CameraView>();
  let watched: CameraView[] = [];

  beforeAll(async () => {
    fleet = await startFleet({ cameras: planned, scenes });
    // The plan knows who the cameras are, not where: that is for discovery to find.
    const unplaced = fleet.plan.cameras.map((camera) => ({ ...camera, address: '' }));
    constellation = await startConstellation({
      form,
      planCsv: buildPlanCsv({ stations: fleet.plan.stations, cameras: unplaced }),
      segmentSeconds: 10,
    });
    browser = await launchChromium();
    if (form !== 'one process') {
      const administrator = await signIn(browser, constellation.url, 'administrator');
      const response = await administrator.request.post(`${constellation.url}/api/plan`, {
        headers: { origin: constellation.url, 'content-type': 'text/csv' },
        data: buildPlanCsv({ stations: fleet.plan.stations, cameras: unplaced }),
      });
      expect(response.ok(), await response.text()).toBe(true);
    }
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await constellation?.stop();
    await fleet?.stop();
  });

  test('discovery finds the fleet and registration binds it by serial', async () => {
    const technician = await signIn(browser, constellation.url, 'technician');
    const first = fleet.plan.cameras[0]?.address ?? '';
    const { found } = await postJson<DiscoveryView>(technician, '/api/discovery', {
      cidrs: [first.replace(/\.\d+$/, '.0/28')],
      multicast: false,
    });
    expect(found.map(({ address, fault }) => [address, fault])).toEqual(
      fleet.plan.cameras.map(({ address }) => [address, null]),
    );
    expect(found.map((camera) => camera.boundTo)).toEqual(fleet.plan.cameras.map(({ id }) => id));
    await eventually(
      'all cameras are online and recording',
      async () => {
        for (const camera of await getJson<CameraView[]>(technician, '/api/cameras')) {
          cameras.set(camera.code, camera);
        }
        const all = [...cameras.values()];
        return all.length === 6 && all.every((one) => one.state === 'ONLINE' && one.recording);
      },
      30_000,
    );
    const some = [...cameras.values()][0];
    const detail = await getJson<CameraDetail>(technician, `/api/cameras/${some?.id}`);
    expect(detail.identity?.serial).toBe(
      fleet.plan.cameras.find((one) => one.id === some?.code)?.serial,
    );
  });

  test('three tiles play in the browser: frames rise and the burnt-in number moves', async () => {
    operator = await signIn(browser, constellation.url, 'operator');
    watched = fleet.plan.cameras.slice(0, 3).flatMap(({ id }) => cameras.get(id) ?? []);
    expect(watched).toHaveLength(3);
    const cams = watched.map((camera) => camera.id).join(',');
    await operator.goto(`${constellation.url}/wall/4?cams=${encodeURIComponent(`"${cams}"`)}`);
    await eventually(
      'three tiles are live',
      async () =>
        (await operator.locator('[data-testid=wall-tile][data-status=LIVE]').count()) === 3,
      30_000,
    );
    const before = await decodedFrames(operator);
    const seen = [new Set<number>(), new Set<number>(), new Set<number>()];
    await eventually(
      'each picture shows five different frame numbers',
      async () => {
        for (const [index, numbers] of seen.entries()) {
          const picture = await videoLuma(operator, index);
          const number = picture === null ? null : readFrameIndex(picture.luma, picture.width);
          if (number !== null) numbers.add(number);
        }
        return seen.every((numbers) => numbers.size >= 5);
      },
      30_000,
    );
    const after = await decodedFrames(operator);
    for (const index of [0, 1, 2]) {
      expect(after[index]).toBeGreaterThan((before[index] ?? 0) + 5);
    }
  });

  test('the segments of the last minute hold every frame and decode without complaint', async () => {
    const closed = await eventually(
      'each camera has two closed segments of the full length',
      async () => {
        const segments = segmentsOf(await readChains(constellation.footageFolder)).filter(
          (segment) => segment.endUs - segment.startUs > 9_000_000,
        );
        const counts = [...cameras.values()].map(
          ({ id }) => segments.filter((segment) => segment.cameraId === id).length,
        );
        return counts.every((count) => count >= 2) ? segments : undefined;
      },
      60_000,
    );
    for (const segment of closed.filter((one) => watched.some(({ id }) => id === one.cameraId))) {
      const { frames, complaints } = await inspectSegment(
        join(constellation.footageFolder, segment.path),
      );
      expect(complaints).toBe('');
      expect(frames).toBe(segment.frames);
      const expected = ((segment.endUs - segment.startUs) / 1e6) * 15;
      expect(Math.abs(frames - expected)).toBeLessThanOrEqual(Math.ceil(expected * 0.01));
    }
  });

  test('a supervisor plays the recording in the page', async () => {
    supervisor = await signIn(browser, constellation.url, 'supervisor');
    const camera = watched[0];
    const { segments } = await getJson<Timeline>(
      supervisor,
      `/api/cameras/${camera?.id}/timeline?fromMs=${Date.now() - 120_000}&toMs=${Date.now()}`,
    );
    const first = segments[0];
    expect(first).toBeDefined();
    await supervisor.goto(
      `${constellation.url}/cameras/${camera?.id}?t=${Math.floor((first?.startMs ?? 0) + 1_000)}`,
    );
    const video = supervisor.getByTestId('playback-video');
    await video.waitFor();
    const framesOf = async () => (await decodedFrames(supervisor)).at(0) ?? 0;
    await eventually('recorded frames play', async () => (await framesOf()) > 30, 30_000);
    await supervisor.getByTestId('timeline').waitFor();
  });

  if (typeof planned !== 'number') {
    test('a supervisor hears a camera, an operator while that is allowed, and the trail has who did', async () => {
      const cameraOf = (index: number) => cameras.get(fleet.plan.cameras[index]?.id ?? '');
      const heard = cameraOf(3);
      const silent = cameraOf(4);
      const path = `/wall/4?cams=${encodeURIComponent(`"${heard?.id},${silent?.id}"`)}`;
      const tile = (page: Page, camera: CameraView | undefined) =>
        page.locator(`[data-testid=wall-tile][data-camera-code="${camera?.code}"]`);
      const trail = async () =>
        (await getJson<AuditPage>(supervisor, '/api/audit?action=live.listen')).rows;
      const administrator = await signIn(browser, constellation.url, 'administrator');
      await administrator.goto(`${constellation.url}/admin/users`);
      const operatorsListen = administrator.locator('[data-testid=operators-listen]:enabled');
      await operatorsListen.waitFor();
      await operatorsListen.uncheck();
      const before = (await trail()).length;
      await operator.goto(`${constellation.url}${path}`);
      await watchPeers(supervisor);
      await supervisor.goto(`${constellation.url}${path}`);

      const button = tile(supervisor, heard).getByTestId('listen');
      await tile(supervisor, heard).locator('[data-listening=silent]').waitFor();
      await tile(supervisor, silent).getByTitle('This camera sends no sound').waitFor();
      expect(await heardEnergy(supervisor)).toBe(0);
      await tile(supervisor, heard).hover();
      await button.click();
      await tile(supervisor, heard).getByTestId('listening').waitFor();
      await eventually(
        'it is not silence',
        async () => (await heardEnergy(supervisor)) > 0.0005,
        15_000,
      );

      await supervisor.keyboard.press('m');
      await tile(supervisor, heard).locator('[data-listening=silent]').waitFor();
      await tile(operator, heard).locator('video').waitFor();
      expect(await operator.getByTestId('listen').count()).toBe(0);

      await operatorsListen.check();
      await eventually(
        'the operator may listen',
        async () => {
          await operator.reload();
          await tile(operator, heard).locator('video').waitFor();
          return (await tile(operator, heard).getByTestId('listen').count()) === 1;
        },
        10_000,
      );
      await tile(operator, heard).locator('[data-listening=silent]').waitFor();
      await tile(operator, heard).focus();
      await operator.keyboard.press('m');
      await tile(operator, heard).getByTestId('listening').waitFor();
      await operatorsListen.uncheck();
      await tile(operator, heard).getByTestId('listen').waitFor({ state: 'detached' });

      const listened = await eventually(
        'the trail has the ends',
        async () => {
          const rows = await trail();
          return rows.length === before + 4 ? rows.slice(0, 4) : undefined;
        },
        5_000,
      );
      expect(listened.map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
        ['live.listen-stop', 'operator', heard?.code],
        ['live.listen-start', 'operator', heard?.code],
        ['live.listen-stop', 'supervisor', heard?.code],
        ['live.listen-start', 'supervisor', heard?.code],
      ]);
    });
  }

  test('an unplugged camera raises one alert of its station, which closes when it is back', async () => {
    const camera = watched[0];
    const code = camera?.code ?? '';
    await operator.goto(`${constellation.url}/alerts`);
    await operator
      .getByText(/nothing|no open/i)
      .first()
      .waitFor();
    const cutAtMs = Date.now();
    await fleet.setFault(code, { kind: 'unplugged' });
    await eventually(
      'the alert is in the page',
      async () => {
        const pill = operator.getByTestId('alerts-new');
        if ((await pill.count()) > 0) await pill.click();
        return (await operator.getByTestId('alert-row').count()) === 1;
      },
      12_000,
      100,
    );
    const row = operator.getByTestId('alert-row');
    expect(await row.getAttribute('data-station-code')).toBe(camera?.stationCode);
    expect(await row.getAttribute('data-kind')).toBe('PARTIAL');
    const [alert] = await getJson<AlertView[]>(operator, '/api/alerts?state=open');
    expect(alert?.causes).toEqual([
      expect.objectContaining({ cameraCode: code, fault: 'CAMERA_UNREACHABLE' }),
    ]);

    await row.click();
    await operator.getByTestId('alert-acknowledge').click();
    await eventually(
      'the alert is acknowledged',
      async () => (await row.getAttribute('data-state')) === 'acknowledged',
      5_000,
    );
    await fleet.setFault(code, null);
    await eventually(
      'no alert is open',
      async () => (await getJson<AlertView[]>(operator, '/api/alerts?state=open')).length === 0,
      30_000,
    );
    const gap = await eventually(
      'the cut stands in the timeline as a gap',
      async () => {
        const { gaps } = await getJson<Timeline>(
          supervisor,
          `/api/cameras/${camera?.id}/timeline?fromMs=${cutAtMs - 5_000}&toMs=${Date.now()}`,
        );
        return gaps.find((one) => Math.abs(one.startMs - cutAtMs) < 2_000);
      },
      20_000,
    );
    // `failed` when the camera was back before the first redial could be refused.
    expect(['unreachable', 'failed']).toContain(gap.cause);
    expect(gap.endMs).toBeGreaterThan(gap.startMs);
  });
});
