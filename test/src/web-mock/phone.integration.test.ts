import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@nigehban/domain/permissions.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { findPageFaults } from './page-faults.ts';

/** The console on a phone, in the light theme and in both languages; and by keys alone. */
let webRoot: string;
let browser: Browser;
let server: MockServer;
let page: Page;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-phone-'));
  await buildMockConsole(webRoot);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(webRoot, { recursive: true, force: true });
});

beforeEach(async () => {
  await server?.close();
  await page?.context().close();
  server = await startMockServer({ webRoot, role: 'operator' });
  page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  page.setDefaultTimeout(15_000);
});

async function open(role: Role, path: string): Promise<void> {
  await page.request.post(`${server.url}/api/session`, {
    data: { username: role, password: 'nigehban' },
  });
  await page.goto(server.url + path);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  // Names of style modules keep their class: grey rows stand for what is still asked for.
  await page.locator('[class*=skeleton]').first().waitFor({ state: 'detached' });
}

const screens: readonly (readonly [role: Role, path: string])[] = [
  ['operator', '/wall/4'],
  ['operator', '/stations'],
  ['operator', '/stations/GE24-NA122-PS108'],
  ['supervisor', '/alerts'],
  ['supervisor', '/alerts?sel=1'],
  ['supervisor', '/expected-dark'],
  ['supervisor', '/approvals'],
  ['supervisor', '/reports'],
  ['technician', '/health'],
  ['technician', '/cameras/4'],
  ['technician', '/discovery'],
  ['administrator', '/phases'],
  ['administrator', '/admin/users'],
  ['administrator', '/admin/audit'],
  ['administrator', '/admin/notices'],
  ['administrator', '/admin/notices?tab=messages'],
  ['administrator', '/admin/import'],
];

test('on a phone nothing is too wide, too small for fingers, unnamed or too pale', async () => {
  const found: string[] = [];
  await page.addInitScript(`localStorage.setItem('nigehban.theme', 'light')`);
  await page.goto(server.url);
  for (const [index, [role, path]] of screens.entries()) {
    // Each screen in one language here; both are looked at on a desk in the other tests.
    const language = index % 2 === 0 ? 'ur' : 'en';
    await page.evaluate(`localStorage.setItem('nigehban.language', '${language}')`);
    await open(role, path);
    const faults = await findPageFaults(page, true);
    // A name that ends in dots is meant to; what is said of it in full stands elsewhere.
    found.push(
      ...faults.filter((fault) => !fault.startsWith('cut:')).map((fault) => `${path} ${fault}`),
    );
  }
  expect(found).toEqual([]);
});

test('pages beyond the bar, the theme and the own password are behind "More"', async () => {
  await open('administrator', '/stations');
  const bar = page.getByRole('navigation').getByRole('link');
  expect(await bar.count()).toBe(4);
  await page.getByTestId('nav-more').click();
  const sheet = page.getByRole('dialog');
  expect(await findPageFaults(page, true)).toEqual([]);
  await sheet.getByRole('button', { name: 'Light theme' }).click();
  await sheet.waitFor({ state: 'detached' });
  expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
  await page.getByTestId('nav-more').click();
  await sheet.getByRole('link', { name: 'Plan' }).click();
  await page.getByTestId('import-page').waitFor();
  expect(await sheet.count()).toBe(0);
  expect(await page.getByTestId('nav-more').getAttribute('aria-current')).toBe('page');
});

const focused = '(document.activeElement?.id || document.activeElement?.tagName)';

test('keys alone: skip the navigation, stay inside a dialog, leave it where one came from', async () => {
  await page.setViewportSize({ width: 1366, height: 768 });
  await open('administrator', '/admin/users');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(focused)).toBe('content');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('user-add');
  await page.keyboard.press('Enter');
  await page.getByTestId('user-form').waitFor();
  for (let press = 0; press < 12; press++) {
    await page.keyboard.press('Tab');
    // After the last one comes the window itself, which is the body here.
    expect(
      await page.evaluate(
        `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`,
      ),
    ).toBe(true);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('user-add');
});
