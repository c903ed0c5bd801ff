import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@nigehban/domain/permissions.ts';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { makeStill } from './scenes.ts';

/** The screens of technicians and approvers in a real browser against the mock server. */
const require = createRequire(import.meta.url);

let webRoot: string;
let browser: Browser;
let server: MockServer;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-health-console-'));
  await buildMockConsole(webRoot);
  await makeStill(0);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});

afterAll(async () => {
  await browser?.close();
  await rm(webRoot, { recursive: true, force: true });
});

beforeEach(async () => {
  complaints = [];
  server = await startMockServer({ webRoot });
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
  });
  page = await context.newPage();
  page.setDefaultTimeout(12_000);
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterEach(async () => {
  await context.close();
  await server.close();
});

async function open(role: Role, path: string): Promise<void> {
  await page.request.post(`${server.url}/api/session`, {
    data: { username: role, password: 'nigehban' },
  });
  await page.goto(server.url + path);
  await page.locator('h1').waitFor({ state: 'attached' });
}

const rows = () => page.getByTestId('health-row');
const count = async () => Number(await page.getByTestId('health-grid').getAttribute('data-rows'));
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 15_000 });

test('presets filter, headings sort by keys, Enter opens, and the export holds what is shown', async () => {
  server.setCamera(6, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  await open('technician', '/health');
  await rows().first().waitFor();
  expect(await count()).toBe(18);
  expect(await rows().first().getAttribute('data-camera-id')).toBe('6');
  await page.getByTestId('health-preset-drift').click();
  await page.waitForURL('**/health?status=drift');
  expect(await count()).toBe(3);
  const downloading = page.waitForEvent('download');
  await page.getByTestId('health-export').click();
  const download = await downloading;
  const csv = await readFile(await download.path(), 'utf8');
  expect(csv.trim().split('\r\n')).toHaveLength(4);
  await page.getByTestId('health-preset-drift').click();
  await page.getByTestId('health-grid').focus();
  const active = () =>
    page.evaluate<string>(
      `document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).innerText`,
    );
  await page.keyboard.press('ArrowUp');
  expect(await active()).toBe('Camera');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/health?sort=camera');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('End');
  expect(await active()).toContain('GE24-NA149-PS066-B2-C3');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/cameras/2');
  expect(complaints).toEqual([]);
});

test('a change is shown in its row at once and moves no row under the hand', async () => {
  await open('technician', '/health?sort=status');
  await rows().first().waitFor();
  await page.getByTestId('health-grid').focus();
  const order = () =>
    rows().evaluateAll((all) => all.map((one) => one.getAttribute('data-camera-id')));
  const before = await order();
  server.setCamera(15, 'SILENT', 'CAMERA_SILENT');
  await page.locator('[data-testid=health-row][data-camera-id="15"][data-state=SILENT]').waitFor();
  expect(await order()).toEqual(before);
  await page.getByTestId('health-again').click();
  await eventually(async () => (await order())[0]).toBe('15');
  expect(complaints).toEqual([]);
});

test('29,000 cameras filter and sort within 50 ms, and only rows in view exist', async () => {
  await server.close();
  server = await startMockServer({ webRoot, extraStations: 9_661 });
  await open('technician', '/health');
  await rows().first().waitFor({ timeout: 30_000 });
  expect(await count()).toBeGreaterThan(29_000);
  expect(await rows().count()).toBeLessThan(60);
  // A busy machine stretches single rounds: the quietest of a few counts.
  let best = { find: Number.POSITIVE_INFINITY, order: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 4 && Math.max(best.find, best.order) > 50; round += 1) {
    const measured = await measureRound();
    const p95Of = (name: string): number => {
      const sorted = measured
        .filter((one) => one.name === name)
        .map(({ duration }) => duration)
        .sort((a, b) => a - b);
      expect(sorted.length, name).toBeGreaterThan(3);
      return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.POSITIVE_INFINITY;
    };
    const found = { find: p95Of('health-find'), order: p95Of('health-order') };
    console.log(`p95: find ${found.find.toFixed(1)} ms, sort ${found.order.toFixed(1)} ms`);
    if (found.find + found.order < best.find + best.order) best = found;
  }
  expect(best.find).toBeLessThanOrEqual(50);
  expect(best.order).toBeLessThanOrEqual(50);
  expect(complaints).toEqual([]);
});

/** Types, sorts and presses presets; gives what each took in the page. */
async function measureRound(): Promise<readonly { name: string; duration: number }[]> {
  await page.evaluate('performance.clearMeasures()');
  for (const text of ['go', 'govt 1', 'booth', 'نمبر', 'v2.840', '']) {
    await page.getByTestId('health-search').fill(text);
    await page.waitForTimeout(30);
  }
  for (const column of ['station', 'station', 'clock', 'clock', 'bitrate', 'last-seen']) {
    await page.locator(`[role=columnheader][data-column=${column}]`).click({ force: true });
    await page.waitForTimeout(30);
  }
  return await page.evaluate(
    `performance.getEntriesByType('measure').filter((one) => one.name.startsWith('health-'))
      .map(({ name, duration }) => ({ name, duration }))`,
  );
}

test('the clock of a camera is set and its light turns green; a restart is asked for twice', async () => {
  await open('technician', '/cameras/4');
  const clock = page.locator('[data-check=clock]');
  await clock.and(page.locator('[data-tone=bad]')).waitFor();
  await page.getByTestId('tool-time').click();
  await clock.and(page.locator('[data-tone=ok]')).waitFor();
  await page.getByTestId('tool-snapshot').click();
  await page.getByTestId('snapshot-now').waitFor();
  await page.getByTestId('tool-ping').click();
  await eventually(() => page.getByTestId('ping-ports').locator('li').count()).toBe(2);
  await page.getByTestId('policy-correct').click();
  await page.getByTestId('policy-panel').getByText('Everything is as wanted').waitFor();
  await page.getByTestId('tool-reboot').click();
  await page.getByTestId('reboot-confirm').click();
  await page.getByTestId('reboot-done').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click();
  await page.getByTestId('tool-credentials').click();
  await page.getByTestId('credentials-username').fill('admin');
  await page.getByTestId('credentials-password').fill('right');
  await page.getByTestId('credentials-try').click();
  await page.getByTestId('credentials-answer').getByText('used from now on').waitFor();
  expect(await page.getByTestId('credentials-password').inputValue()).toBe('');
  expect(complaints).toEqual([]);
});

test('approval by keys: who approved first is said, the same person is refused, a reason is asked', async () => {
  await open('supervisor', '/approvals');
  const shown = () => page.getByTestId('approval').getAttribute('data-camera-id');
  await page.getByTestId('approval-picture').waitFor();
  expect(await shown()).toBe('11');
  await page
    .getByTestId('approval-state')
    .getByText(/Approved by .?nadia\.rehman/)
    .waitFor();
  await eventually(() => page.getByTestId('approval-approve').isEnabled()).toBe(true);
  await page.keyboard.press('a');
  await eventually(shown).toBe('14');
  await page.keyboard.press('r');
  await page.getByTestId('reject-reason').fill('It looks behind the voting screen');
  await page.keyboard.press('Enter');
  await eventually(shown).toBe('17');
  await page.getByTestId('approval-same').waitFor();
  expect(await page.getByTestId('approval-approve').isDisabled()).toBe(true);
  expect(await page.getByTestId('approval-count').textContent()).toBe('1 picture waits');
  expect(complaints).toEqual([]);
});

test('an operator sees a placeholder for a view that is not approved', async () => {
  await open('operator', '/stations/GE24-NA056-PS203');
  await page.getByTestId('card-unapproved').waitFor();
  await open('operator', '/cameras/11');
  await page.getByTestId('view-unapproved').waitFor();
  expect(await page.locator('video').count()).toBe(0);
});

test('a search is started, cancelled and run again; a found camera is put into its place', async () => {
  await open('technician', '/discovery');
  const start = page.getByTestId('discovery-start');
  await page.getByTestId('discovery-cidrs').fill('10.9.0.0/33');
  expect(await start.isDisabled()).toBe(true);
  await page.getByTestId('discovery-cidrs').fill('10.9.0.0/24');
  await start.click();
  const runs = page.getByTestId('discovery-run');
  await eventually(() => runs.count()).toBe(3);
  await runs.first().getByTestId('discovery-cancel').click();
  await runs.first().and(page.locator('[data-state=CANCELLED]')).waitFor();
  const devices = page.getByTestId('quarantine-device');
  expect(await devices.first().getAttribute('data-reason')).toBe('replaced');
  await devices.first().getByTestId('quarantine-bind').click();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.type('gulberg booth 1');
  await page.keyboard.press('Enter');
  await page.getByTestId('bind-confirm').click();
  await eventually(() => devices.count()).toBe(3);
  expect(complaints).toEqual([]);
});

const screens: readonly (readonly [path: string, role: Role])[] = [
  ['/health', 'technician'],
  ['/cameras/4', 'technician'],
  ['/cameras/11', 'supervisor'],
  ['/approvals', 'supervisor'],
  ['/discovery', 'technician'],
  ['/stations/GE24-NA056-PS203', 'operator'],
];

test.each([
  ['en', 1440],
  ['ur', 390],
] as const)('no axe violation and no sideways scrolling (%s, %d px)', async (language, width) => {
  await page.setViewportSize({ width, height: 844 });
  await page.addInitScript(`localStorage.setItem('nigehban.language', '${language}')`);
  const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  server.setCamera(6, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  for (const [path, role] of screens) {
    await open(role, path);
    await page.waitForLoadState('networkidle');
    await page.evaluate(axe);
    const found = await page.evaluate<string[]>(
      `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations }) => violations.map((one) => one.id + ' ' + one.nodes
          .map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')))`,
    );
    expect(found, path).toEqual([]);
    const overflow = await page.evaluate(
      "Math.max(document.documentElement.scrollWidth, document.querySelector('main').scrollWidth) - innerWidth",
    );
    expect(overflow, path).toBeLessThanOrEqual(0);
  }
  expect(complaints).toEqual([]);
});
