import type { AlertDetail } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { getJson, launchChromium, signIn } from './browser.ts';
import { type Constellation, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';

/** Two people at two desks see the same alert and press the same key in the same moment. */
let fleet: Fleet;
let constellation: Constellation;
let browser: Browser;
let operator: Page;
let supervisor: Page;
let unplugged = '';

beforeAll(async () => {
  fleet = await startFleet({ cameras: 3, scenes: 'tiny' });
  unplugged = fleet.plan.cameras[0]?.id ?? '';
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 10,
  });
  browser = await launchChromium();
  [operator, supervisor] = await Promise.all([
    signIn(browser, constellation.url, 'operator'),
    signIn(browser, constellation.url, 'supervisor'),
  ]);
  await eventually(
    'the camera that will be unplugged is online',
    async () => {
      const cameras = await getJson<CameraView[]>(operator, '/api/cameras');
      return cameras.find((camera) => camera.code === unplugged)?.state === 'ONLINE';
    },
    60_000,
  );
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await constellation?.stop();
  await fleet?.stop();
});

/** Holds a page's acknowledgement back until it is let go. */
async function holdAcknowledgement(page: Page): Promise<{ asked: Promise<void>; go: () => void }> {
  let go = () => {};
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  let tell = () => {};
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  // In force before a key is pressed: else the request may pass it by.
  await page.route('**/api/alerts/*/acknowledge', async (route) => {
    tell();
    await released;
    await route.continue();
  });
  return { asked, go: () => go() };
}

test('of two who acknowledge at once one wins, the other is told who it was', async () => {
  await fleet.setFault(unplugged, { kind: 'unplugged' });
  const alert = await eventually(
    'the alert is open',
    async () => (await getJson<AlertView[]>(operator, '/api/alerts?state=open'))[0],
    30_000,
  );
  const pages = [operator, supervisor] as const;
  for (const page of pages) {
    await page.goto(`${constellation.url}/alerts?sel=${alert.id}`);
    await page.getByTestId('alert-acknowledge').waitFor();
  }
  // Pages may hold versions of before and after a change of severity: wait until nothing moves.
  await eventually(
    'the alert was paged',
    async () =>
      (await getJson<AlertDetail>(operator, `/api/alerts/${alert.id}`)).pagedAtMs !== null,
    40_000,
  );
  const holds = await Promise.all(pages.map(holdAcknowledgement));
  for (const page of pages) await page.keyboard.press('a');
  await Promise.all(holds.map(({ asked }) => asked));
  for (const { go } of holds) go();

  const states = await eventually(
    'both pages show it acknowledged',
    async () => {
      const rows = await Promise.all(
        pages.map((page) => page.getByTestId('alert-row').getAttribute('data-state')),
      );
      return rows.every((state) => state === 'acknowledged') ? rows : undefined;
    },
    15_000,
  );
  expect(states).toEqual(['acknowledged', 'acknowledged']);
  const detail = await getJson<AlertDetail>(operator, `/api/alerts/${alert.id}`);
  const winner = detail.acknowledgedBy ?? '';
  expect(['operator', 'supervisor']).toContain(winner);
  expect(detail.timeline.filter(({ step }) => step === 'acknowledged')).toEqual([
    expect.objectContaining({ actor: winner }),
  ]);
  const [first, second] = winner === 'operator' ? pages : [supervisor, operator];
  const conflict = second.getByTestId('alert-conflict');
  await conflict.waitFor();
  expect(await conflict.textContent()).toContain(winner);
  expect(await first.getByTestId('alert-conflict').count()).toBe(0);
});

test('the supervisor notes what was found and closes it with its cause; both desks see it', async () => {
  await supervisor.getByTestId('note-text').fill('Presiding officer: plug was pulled');
  await supervisor.getByTestId('note-text').press('Tab');
  await supervisor.keyboard.press('Enter');
  await supervisor.locator('q', { hasText: 'plug was pulled' }).waitFor();
  await supervisor.locator('h1').click();
  await supervisor.keyboard.press('c');
  await supervisor.locator('input[value=power]').check();
  await supervisor.getByTestId('close-submit').click();
  for (const page of [supervisor, operator]) {
    await page.locator('[data-testid=alert-row][data-state=closed]').waitFor();
  }
  const [closed] = await getJson<AlertView[]>(supervisor, '/api/alerts?state=closed');
  expect(closed?.resolution).toMatchObject({ cause: 'power', by: 'supervisor' });
});
