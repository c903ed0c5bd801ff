import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planColumnKeys } from '@nigehban/domain/plan-columns.ts';
import { buildList, type ListRow, listCsv } from '@nigehban/server/testing/plan-lists.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testPassword,
} from '@nigehban/server/testing/test-services.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConsole } from '../web-mock/build-mock-console.ts';
import { launchChromium } from './browser.ts';

/**
 * An administrator's evening: a list with an unknown heading and the defects of real lists is loaded
 * in the page, its columns named, its worst cells corrected in place, the rest left out, applied,
 * and undone. The real server and the real console.
 */
const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.PLAN_SHOTS;

let services: TestServices;
let server: TestServer;
let browser: Browser;
let page: Page;
let webRoot: string;
const complaints: string[] = [];

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-plan-console-'));
  await buildConsole(webRoot);
  services = await startTestServices({ redis: true });
  server = await startTestServer(services, { webRoot });
  browser = await launchChromium();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.message));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await services?.stop();
  await rm(webRoot, { recursive: true, force: true });
});

const header = planColumnKeys.map((column) => (column === 'station_no' ? 'Sr. of PS' : column));

/** Sixty cameras; two of an unknown district, one serial of two, a MAC that is none, two feeders of a station. */
function defectiveList(): ListRow[] {
  return buildList(60).map((row, index) => {
    if (index === 0 || index === 1) return { ...row, district_code: 'Lahroe' };
    if (index === 7) return { ...row, mac: 'sticker lost' };
    if (index === 21) return { ...row, feeder: 'LESCO-9' };
    if (index === 12) return { ...row, serial: buildList(14)[13]?.serial ?? '' };
    return row;
  });
}

const count = async (kind: string): Promise<number> =>
  Number(await page.getByTestId(`plan-count-${kind}`).textContent());

async function expectAccessible(): Promise<void> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then((result) =>
      result.violations.map((one) => one.id + ': ' + one.nodes[0].html.slice(0, 160)))`,
  );
  expect(violations).toEqual([]);
}

async function shoot(name: string): Promise<void> {
  if (shots === undefined) return;
  for (const [language, size] of [
    ['en', { width: 1440, height: 1000 }],
    ['ur', { width: 1440, height: 1000 }],
    ['ur', { width: 390, height: 844 }],
  ] as const) {
    await page.setViewportSize(size);
    await page.evaluate(`localStorage.setItem('nigehban.language', '${language}')`);
    await page.reload();
    await page.getByTestId('import-page').waitFor();
    await page.waitForTimeout(700);
    await page.screenshot({ path: join(shots, `${name}-${language}-${size.width}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 1000 });
  await page.evaluate(`localStorage.setItem('nigehban.language', 'en')`);
  await page.reload();
  await page.getByTestId('import-page').waitFor();
}

/** On the page of the station whose feeder the plan has set. */
async function changeFeeder(before: string, after: string): Promise<void> {
  const [station] = await server.sql<{ code: string }[]>`
    select code from station where feeder = ${before}`;
  await page.goto(`${server.url}/stations/${station?.code}`);
  await page.getByTestId('station-feeder').getByText(before).waitFor();
  await page.getByTestId('supply-change').click();
  await page.getByTestId('supply-feeder').fill(after);
  if (after === 'LHR-F10') await expectAccessible();
  await page.getByTestId('supply-save').click();
  await page.getByTestId('station-feeder').getByText(after, { exact: true }).waitFor();
}

test('a list with an unknown heading waits for its columns, also for who comes back', async () => {
  await page.goto(server.url);
  await page.getByTestId('sign-in-username').fill('administrator');
  await page.getByTestId('sign-in-password').fill(testPassword);
  await page.getByTestId('sign-in-submit').click();
  await page.getByRole('navigation').getByRole('link', { name: 'Plan' }).click();
  await page.getByTestId('plan-drop').waitFor();
  await expectAccessible();
  await shoot('1-file');
  await page.getByTestId('plan-file').setInputFiles({
    name: 'punjab-cameras.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`\ufeff${listCsv(defectiveList(), header)}`),
  });
  await page.getByTestId('plan-missing').waitFor();
  await page.reload();
  await page.getByTestId('plan-missing').getByText('Station number').waitFor();
  expect(await page.content()).not.toContain('Plan-2024');
  await expectAccessible();
  await shoot('2-columns');
  await page.getByLabel(/^What .*Sr\. of PS/).selectOption('station_no');
  await page.getByTestId('plan-map').click();
  await page.getByTestId('plan-counts').waitFor();
});

test('defects are named; a cell is corrected for all rows that have it', async () => {
  expect([await count('added'), await count('invalid')]).toEqual([54, 6]);
  const blocks = page.locator('[data-testid=plan-defects] [data-severity=block]');
  expect(
    await blocks.evaluateAll((all) =>
      all
        .map((one) => String(Reflect.get(Reflect.get(one, 'dataset'), 'code') ?? ''))
        .filter(Boolean),
    ),
  ).toEqual(['UNKNOWN_DISTRICT', 'DUPLICATE_SERIAL']);
  expect(await page.getByTestId('plan-apply').isDisabled()).toBe(true);
  await expectAccessible();
  await shoot('3-check');
  const row = page.locator(
    '[data-testid=plan-issues] tr[data-row="2"][data-code=UNKNOWN_DISTRICT]',
  );
  await row.getByRole('button').click();
  await row.getByRole('textbox').fill('Lahore');
  await row.getByRole('combobox').selectOption('same-value');
  await row.getByRole('textbox').press('Enter');
  await expect.poll(() => count('invalid'), { timeout: 15_000 }).toBe(4);
  const other = page.locator('[data-testid=plan-issues] tr[data-code=STATION_ROWS_DIFFER]');
  await other.getByRole('button', { name: /Power feeder.*LESCO-9/ }).click();
  await other.getByRole('textbox').fill('LHR-F9');
  await other.getByRole('combobox').selectOption('station');
  await other.getByRole('textbox').press('Enter');
  await expect.poll(() => count('invalid'), { timeout: 15_000 }).toBe(3);
  expect(await count('added')).toBe(57);
});

test('the rest is left out by a person, the good rows are applied, and undone', async () => {
  await page.getByLabel('Leave these rows out').check();
  await page.getByTestId('plan-confirm').check();
  await page.getByTestId('plan-apply').click();
  await page.getByTestId('plan-result').waitFor();
  const cameras = async () => (await server.sql`select id from camera`).length;
  expect(await cameras()).toBe(57);
  await expectAccessible();
  if (shots !== undefined) await page.screenshot({ path: join(shots, '4-result-en.png') });
  await changeFeeder('LHR-F9', 'LHR-F10');
  await changeFeeder('LHR-F10', 'LHR-F9');
  await page.goto(`${server.url}/admin/import`);
  await page.getByTestId('plan-undo').click();
  await page.getByTestId('plan-undo-confirm').click();
  await page.locator('[data-testid=plan-imports] [data-undone=true]').waitFor();
  expect(await cameras()).toBe(0);
  await shoot('5-undone');
  expect(complaints).toEqual([]);
});
