import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Role } from '@nigehban/domain/permissions.ts';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildConsole, buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { makeScene, makeStill, slowScene } from './scenes.ts';

/** The console in a real browser against the mock server: what unit tests of its parts cannot see. */
const require = createRequire(import.meta.url);
const initialLimitBytes = 180 * 1024;
const chunkLimitBytes = 60 * 1024;

let webRoot: string;
let browser: Browser;
let server: MockServer;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-console-'));
  await buildMockConsole(webRoot);
  await makeScene(0);
  await makeStill(0);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
});

afterAll(async () => {
  await browser?.close();
  await rm(webRoot, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await startMockServer({ webRoot });
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(12_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/i.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) {
      complaints.push(`external request ${request.url()}`);
    }
  });
});

afterEach(async () => {
  await context.close();
  await server.close();
});

async function signIn(role: Role, path = '/'): Promise<void> {
  await page.goto(server.url + path);
  await page.getByTestId('sign-in-username').fill(role);
  await page.getByTestId('sign-in-password').fill('nigehban');
  await page.getByTestId('sign-in-submit').click();
  await page.getByRole('navigation').waitFor();
}

/** Polls for as long as a busy machine may need. */
function eventually<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 15_000 });
}

const tile = (id: number) => page.locator(`[data-testid=wall-tile][data-camera-id="${id}"]`);

test('signing in leads each role home, and a wrong password says what to do', async () => {
  await page.goto(server.url);
  await page.getByTestId('sign-in-username').fill('operator');
  await page.getByTestId('sign-in-password').fill('wrong');
  await page.getByTestId('sign-in-submit').click();
  await page.getByText('User name or password is wrong.').waitFor();
  expect(await page.getByTestId('sign-in-password').inputValue()).toBe('');
  await page.getByTestId('sign-in-password').fill('nigehban');
  await page.getByTestId('sign-in-submit').click();
  await page.waitForURL('**/wall/4');
  await page.getByTestId('sign-out').click();
  await signIn('technician');
  await page.waitForURL('**/health');
  await page.getByTestId('sign-out').click();
  await signIn('administrator');
  await page.waitForURL('**/stations');
  const links = page.getByRole('navigation').getByRole('link');
  expect(await links.filter({ hasText: 'Plan' }).count()).toBe(1);
  expect(await links.filter({ hasText: 'Live wall' }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('tiles play, go offline with their camera, and come back by themselves', async () => {
  await signIn('operator', '/wall/4?cams=1,2,5,6');
  const live = tile(2).and(page.locator('[data-status=LIVE]'));
  await live.waitFor();
  const video = tile(2).locator('video');
  const framesBefore = await video.evaluate((element) =>
    Number(Reflect.get(element, 'getVideoPlaybackQuality').call(element).totalVideoFrames),
  );
  await eventually(() =>
    video.evaluate((element) =>
      Number(Reflect.get(element, 'getVideoPlaybackQuality').call(element).totalVideoFrames),
    ),
  ).toBeGreaterThan(framesBefore + 3);
  server.setCamera(2, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  await tile(2).and(page.locator('[data-status=OFFLINE]')).waitFor();
  await tile(2).getByText('The network does not lead to the camera.').waitFor();
  expect(Number(await tile(2).getAttribute('data-frame-age-ms'))).toBeGreaterThanOrEqual(5_000);
  expect(await page.getByTestId('unacknowledged-count').getAttribute('data-count')).toBe('1');
  server.setCamera(2, 'ONLINE', null);
  await live.waitFor({ timeout: 30_000 });
  expect(complaints).toEqual([]);
});

test('the wall is worked by keys: move, enlarge, layout, page, choose a camera', async () => {
  await signIn('operator', '/wall/4');
  await page.getByTestId('wall-tile').first().waitFor();
  const ids = () =>
    page
      .getByTestId('wall-tile')
      .evaluateAll((tiles) => tiles.map((element) => element.getAttribute('data-camera-id')));
  const firstPage = await ids();
  await page.getByTestId('wall-tile').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/wall/4?big=${firstPage[3]}`);
  await page.keyboard.press('Escape');
  await page.waitForURL('**/wall/4');
  await page.keyboard.press(']');
  await page.waitForURL('**/wall/4?page=2');
  expect(await ids()).not.toEqual(firstPage);
  await page.keyboard.press('9');
  await page.waitForURL('**/wall/9**');
  await page.keyboard.press('c');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('counting shahdara');
  await page.keyboard.press('Enter');
  await page.waitForURL('**cams=**');
  await tile(4).waitFor();
  expect(complaints).toEqual([]);
});

test('an alert appears, waits its turn, is acknowledged, and closes in its place', async () => {
  await signIn('supervisor', '/alerts');
  await page.getByText('Nothing open').waitFor();
  server.setCamera(6, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  const row = page.locator('[data-testid=alert-row][data-station-code=GE24-NA122-PS108]');
  await row.waitFor();
  server.setCamera(8, 'SILENT', 'CAMERA_SILENT');
  const pill = page.getByTestId('alerts-new');
  await pill.waitFor();
  expect(await page.getByTestId('alert-row').count()).toBe(1);
  await page.keyboard.press('j');
  await page.getByTestId('alert-acknowledge').waitFor();
  await page.keyboard.press('a');
  await row.and(page.locator('[data-state=acknowledged]')).waitFor();
  await pill.click();
  await eventually(() => page.getByTestId('alert-row').count()).toBe(2);
  expect(await page.getByTestId('alert-row').first().getAttribute('data-state')).toBe('open');
  server.setCamera(6, 'ONLINE', null);
  await row.and(page.locator('[data-state=closed]')).waitFor();
  await page.getByRole('button', { name: 'Closed' }).click();
  await row.waitFor();
  expect(complaints).toEqual([]);
});

test('a broken link is said, and what changed meanwhile is there after it', async () => {
  await signIn('operator', '/stations');
  await page.getByTestId('station-row').first().waitFor();
  server.cutLinks(true);
  await page.getByText('No link to the server.').waitFor();
  server.setCamera(1, 'FAILED', 'CAMERA_ANSWER_INVALID');
  server.cutLinks(false);
  await page
    .locator('[data-testid=station-row][data-station-code=GE24-NA117-PS042][data-state=PARTIAL]')
    .waitFor({ timeout: 20_000 });
  await page.getByText('No link to the server.').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

test('playback keeps wall time, names a gap and skips it', async () => {
  const gapStartMs = server.bootMs - 26 * 60_000;
  await signIn('supervisor', `/cameras/1?t=${gapStartMs - 6_000}`);
  const video = page.getByTestId('playback-video');
  const at = async () => Number(await page.getByTestId('timeline').getAttribute('data-at-ms'));
  await eventually(() =>
    video.evaluate((element) => Number(Reflect.get(element, 'readyState'))),
  ).toBeGreaterThanOrEqual(3);
  const first = await at();
  await eventually(at).toBeGreaterThan(first + 800);
  expect(Math.abs(first - (gapStartMs - 6_000))).toBeLessThan(4_000);
  const message = page.getByTestId('playback-gap');
  await message.waitFor({ timeout: 20_000 });
  expect(await message.textContent()).toContain('camera sent no pictures');
  await eventually(at).toBeGreaterThan(gapStartMs + 115_000);
  await message.waitFor({ state: 'detached' });
  const timeline = page.getByTestId('timeline');
  await timeline.focus();
  await page.keyboard.press(' ');
  const paused = await at();
  await page.keyboard.press('Shift+ArrowRight');
  await eventually(at).toBeGreaterThan(paused + 55_000);
  await page.keyboard.press('t');
  await page.getByTestId('playback-time').fill('99:99');
  await page.keyboard.press('Enter');
  await page.getByText('Write a time like').waitFor();
  expect(complaints).toEqual([]);
});

test('a camera of two pictures a second is played up to its gap, and over it', async () => {
  const gapStartMs = server.bootMs - 26 * 60_000;
  await makeScene(slowScene);
  await signIn('supervisor', `/cameras/${slowScene + 1}?t=${gapStartMs - 4_000}`);
  await page.getByTestId('playback-gap').waitFor({ timeout: 20_000 });
  const at = async () => Number(await page.getByTestId('timeline').getAttribute('data-at-ms'));
  await eventually(at).toBeGreaterThan(gapStartMs + 115_000);
  expect(complaints).toEqual([]);
});

test('a marked range is exported, watched on its way, taken, or cancelled', async () => {
  await signIn('supervisor', `/cameras/1?t=${Date.now() - 600_000}`);
  await page.getByTestId('playback-video').waitFor();
  await page.keyboard.press('i');
  const panel = page.getByTestId('export-panel');
  await panel.getByText('Nothing of this camera was exported yet').waitFor();
  const request = page.getByTestId('export-request');
  expect(await request.isDisabled()).toBe(true);
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('o');
  expect(await request.isDisabled()).toBe(true);
  await page.getByLabel('Reason or case number').fill('Case 17');
  await request.click();
  await page.getByTestId('export-running').getByRole('progressbar').waitFor();
  const done = page.getByTestId('export-done');
  await done.waitFor();
  expect(await done.textContent()).toContain('1 gap');
  const links = page.getByTestId('export-download');
  expect(await links.count()).toBe(2);
  expect(await links.nth(1).getAttribute('href')).toMatch(
    /^\/api\/exports\/[0-9a-f-]{36}\/files\/1\.mp4\?part=2$/,
  );
  await request.click();
  await page.getByTestId('export-running').getByRole('button', { name: 'Cancel' }).click();
  await page.getByTestId('export-cancelled').waitFor();
  expect(complaints).toEqual([]);
});

test('a recording that the browser cannot decode is called so', async () => {
  const camera = server.fleet.cameras[1];
  if (camera === undefined) throw new Error('no camera');
  camera.live = ['sub'];
  await signIn('supervisor', `/cameras/2?t=${Date.now() - 600_000}`);
  await page.getByTestId('playback-unsupported').waitFor();
  expect(await page.getByTestId('playback-unsupported').textContent()).toContain('H.265');
});

test('playback is for those who may; a technician probes instead', async () => {
  await signIn('technician', `/cameras/1?t=${Date.now() - 600_000}`);
  await tile(1).waitFor();
  expect(await page.getByTestId('playback-video').count()).toBe(0);
  await page.getByTestId('camera-probe').click();
  await page.getByTestId('probe-calls').waitFor();
  expect(await page.getByTestId('probe-calls').locator('li').count()).toBe(5);
});

test('a list of thousands of stations keeps only what is in view', async () => {
  await server.close();
  server = await startMockServer({ webRoot, extraStations: 6_000, role: 'operator' });
  await page.goto(`${server.url}/stations?q=ملتان`);
  await page.getByTestId('station-row').first().waitFor();
  expect(await page.getByTestId('station-row').count()).toBeLessThan(60);
  await page.getByText('2,001 of 6,006 stations').waitFor();
});

const screens: readonly (readonly [name: string, path: string, role: Role])[] = [
  ['wall', '/wall/4', 'operator'],
  ['stations', '/stations', 'operator'],
  ['station', '/stations/GE24-NA122-PS108', 'operator'],
  ['alerts', '/alerts?sel=1', 'supervisor'],
  ['camera', '/cameras/6', 'technician'],
  ['playback', `/cameras/1?t=${Date.now() - 600_000}`, 'supervisor'],
];

async function findViolations(): Promise<readonly string[]> {
  const source = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const result = await page.evaluate(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  const { violations } = result as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations.map(
    (violation) =>
      `${violation.id}: ${violation.nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`,
  );
}

test.each(['en', 'ur'] as const)('no screen has an axe violation (%s)', async (language) => {
  await page.addInitScript(`localStorage.setItem('nigehban.language', '${language}')`);
  await page.goto(server.url);
  await page.getByTestId('sign-in-username').waitFor();
  expect(await findViolations(), 'sign-in').toEqual([]);
  server.setCamera(6, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  for (const [name, path, role] of screens) {
    await page.request.post(`${server.url}/api/session`, {
      data: { username: role, password: 'nigehban' },
    });
    await page.goto(server.url + path);
    await page.locator('h1').waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.locator('html').getAttribute('dir')).toBe(language === 'ur' ? 'rtl' : 'ltr');
    expect(await findViolations(), name).toEqual([]);
  }
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('combobox').waitFor();
  expect(await findViolations(), 'palette').toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  expect(await findViolations(), 'help').toEqual([]);
  expect(complaints).toEqual([]);
});

test('the console stays inside its weight', async () => {
  const shipped = join(webRoot, 'shipped');
  await buildConsole(shipped);
  const html = await readFile(join(shipped, 'index.html'), 'utf8');
  const names = (await readdir(join(shipped, 'assets'))).filter((name) => name.endsWith('.js'));
  const weights = new Map<string, number>();
  for (const name of names) {
    weights.set(name, gzipSync(await readFile(join(shipped, 'assets', name))).length);
  }
  const initial = names.filter((name) => html.includes(name));
  const initialBytes = initial.reduce((sum, name) => sum + (weights.get(name) ?? 0), 0);
  expect(initial.length).toBeGreaterThan(0);
  expect(initialBytes).toBeLessThanOrEqual(initialLimitBytes);
  const heavy = names.filter(
    (name) => !initial.includes(name) && (weights.get(name) ?? 0) > chunkLimitBytes,
  );
  expect(heavy).toEqual([]);
});
